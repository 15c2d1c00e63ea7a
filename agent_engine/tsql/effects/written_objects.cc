#include "agent_engine/tsql/effects/written_objects.h"

#include <algorithm>

namespace datamigrate::tsql {
namespace {

using Names = std::vector<std::vector<std::string>>;

bool IsSameName(std::string_view a, std::string_view b) {
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, fold, fold);
}

// The table references at and below `root`, in the order of the text.
std::vector<Node> TablesBelow(Node root) {
  std::vector<Node> tables;
  std::vector<Node> pending = {root};
  while (!pending.empty()) {
    const Node node = pending.back();
    pending.pop_back();
    if (node.Is(NodeKind::kTableReference)) tables.push_back(node);
    const std::vector<Node> children = node.Children();
    pending.insert(pending.end(), children.rbegin(), children.rend());
  }
  return tables;
}

Names NamesOf(const std::vector<Node>& tables) {
  Names names;
  for (const Node table : tables) names.push_back(NameParts(table.Child(Role::kName)));
  return names;
}

// What an alias of the FROM clause means: one table, or all below a derived one.
Names NamesOfAlias(Node from, std::string_view alias) {
  if (!from) return {};
  std::vector<Node> pending = {from};
  while (!pending.empty()) {
    const Node node = pending.back();
    pending.pop_back();
    if (node.Has(Role::kAlias) && IsSameName(UnquoteName(node.TokenText(Role::kAlias)), alias)) {
      return NamesOf(TablesBelow(node));
    }
    const std::vector<Node> children = node.Children();
    pending.insert(pending.end(), children.begin(), children.end());
  }
  return {};
}

bool NamesExpression(Node with, std::string_view name) {
  return std::ranges::any_of(with.Children(Role::kCte), [&](Node expression) {
    return IsSameName(UnquoteName(expression.TokenText(Role::kAlias)), name);
  });
}

}  // namespace

Names WrittenObjects(Node statement) {
  const Node target = statement.Child(Role::kTarget);
  if (!target.Is(NodeKind::kTableReference)) return {};
  std::vector<std::string> parts = NameParts(target.Child(Role::kName));
  if (parts.size() == 1) {
    Names aliased = NamesOfAlias(statement.Child(Role::kFrom), parts[0]);
    // An alias may stand for an expression, too.
    const std::string name =
        aliased.size() == 1 && aliased[0].size() == 1 ? aliased[0][0] : parts[0];
    const Node with = statement.Child(Role::kWith);
    if (NamesExpression(with, name)) return NamesOf(TablesBelow(with));
    if (!aliased.empty()) return aliased;
  }
  return {std::move(parts)};
}

}  // namespace datamigrate::tsql
