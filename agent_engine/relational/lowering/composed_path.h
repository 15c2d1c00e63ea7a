// JSON paths that are put together when the query runs: '$."' + @key + '"'.
#pragma once

#include <optional>
#include <vector>

#include "agent_engine/relational/expr.h"
#include "agent_engine/relational/json_path.h"

namespace datamigrate::relational {

// In the keys of its steps, kPart and a digit stand for one of the parts. A path that is constant
// has none.
struct ComposedPath {
  static constexpr char kPart = '\x01';

  JsonPath path;
  std::vector<ExprPtr> parts;

  bool is_constant() const { return parts.empty(); }
};

// Empty for what is no path to one value, and for one whose expressions do not stand between the
// quotes of a key: they may give any piece of a path.
std::optional<ComposedPath> ComposePath(const Expr& text);

// The key of a step as text.
ExprPtr KeyOf(const ComposedPath& path, const JsonStep& step);
// The first `count` steps as an argument of the JSON functions: a constant path, or a call of
// JSON_POINTER with the pointer of RFC 6901 and the path, of which dialects take one.
ExprPtr PathArgument(const ComposedPath& path, size_t count);

}  // namespace datamigrate::relational
