// What the evaluator's files share: how operators are read, how nesting is bounded.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::source {

// Levels of expressions within expressions. Frames are large; chains of operators do not count.
inline constexpr int kMaxExpressionDepth = 500;

// The operator's characters, which may be written apart.
inline std::string OperatorOf(tsql::Node node) {
  std::string text;
  for (const tsql::Token* token : node.TokensOf(tsql::Role::kOperator))
    text += node.tree().TextOf(*token);
  return text;
}

inline absl::Status UnsupportedNode(tsql::Node node) {
  return absl::UnimplementedError(absl::StrCat("a ", std::string(tsql::NodeKindText(node.kind())),
                                               " is not evaluated while scripts are read"));
}

// Counts nesting while it lives.
class DepthGuard {
 public:
  explicit DepthGuard(int& depth) : depth_(depth) { ++depth_; }
  ~DepthGuard() { --depth_; }

 private:
  int& depth_;
};

}  // namespace datamigrate::source
