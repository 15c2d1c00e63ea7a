// Which definitions the descending parser reads itself. All others are rows of the grammar.
#include "agent_engine/tsql/parser/parse_ddl.h"

namespace datamigrate::tsql {

bool Parser::ParseDdlStatement(Role role) {
  if (PeekIs(0, Keyword::kCreate)) {
    return ParseCreateTable(*this, role) || ParseCreateIndex(*this, role);
  }
  return PeekIs(0, Keyword::kAlter) && ParseAlterTable(*this, role);
}

}  // namespace datamigrate::tsql
