// Which tables a statement writes to, by their names.
#pragma once

#include <string>
#include <vector>

#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::tsql {

// Parts of the names, unquoted, last part last, of what an INSERT, UPDATE, DELETE or MERGE statement writes to. An alias
// stands for its table, and a common table expression or a derived table for every table below it, as each may be the one
// that is written. Empty for table variables and functions.
std::vector<std::vector<std::string>> WrittenObjects(Node statement);

}  // namespace datamigrate::tsql
