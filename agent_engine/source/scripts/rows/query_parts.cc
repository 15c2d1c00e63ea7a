#include "agent_engine/source/scripts/rows/query_parts.h"

#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/scripts/definition_reader.h"

namespace datamigrate::source {

using catalog::FoldName;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

absl::Status Unsupported(const std::string& what) {
  return absl::UnimplementedError(absl::StrCat(what, " is not evaluated while scripts are read"));
}

std::string AliasOf(Node node) {
  return FoldName(tsql::UnquoteName(node.TokenText(Role::kAlias)));
}

std::string KeyOf(const SqlValue& value) {
  if (value.is_null()) return "\x01";
  std::string key = *value.text;
  if (FamilyOf(value.type) == TypeFamily::kText) {
    key = FoldName(key);
    key.erase(key.find_last_not_of(' ') + 1);
  }
  return "\x02" + key;
}

std::string KeyOf(const std::vector<SqlValue>& values) {
  std::string key;
  for (const SqlValue& value : values) {
    const std::string part = KeyOf(value);
    key += std::to_string(part.size()) + ":" + part;
  }
  return key;
}

void SplitConjunction(Node condition, std::vector<Node>& parts) {
  std::vector<Node> open = {condition};
  while (!open.empty()) {
    const Node at = open.back();
    open.pop_back();
    if (at.Is(NodeKind::kParenthesized)) {
      open.push_back(at.Child(Role::kOperand));
    } else if (at.Is(NodeKind::kLogical) && WordsOf(at, Role::kOperator) == "and") {
      open.push_back(at.Child(Role::kRight));
      open.push_back(at.Child(Role::kLeft));
    } else if (at) {
      parts.push_back(at);
    }
  }
}

}  // namespace datamigrate::source
