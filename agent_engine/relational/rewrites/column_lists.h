// Names columns by aliases in the query instead of lists behind a table's name, for targets that
// have no such lists.
#pragma once

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

void NameColumnsInside(Query& query);

}  // namespace datamigrate::relational
