// What the query runner's files share.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "agent_engine/source/scripts/values/sql_value.h"
#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::source {

// kUnimplemented: `what` is not evaluated while scripts are read.
absl::Status Unsupported(const std::string& what);

// The folded alias of a table source or CTE; empty when it has none.
std::string AliasOf(tsql::Node node);

// Equal for values that compare as equal, within one type.
std::string KeyOf(const SqlValue& value);
std::string KeyOf(const std::vector<SqlValue>& values);

// Appends the conditions that AND joins.
void SplitConjunction(tsql::Node condition, std::vector<tsql::Node>& parts);

}  // namespace datamigrate::source
