// Says a row that is drawn by chance for each row of a join's left side, for targets whose lateral
// sources draw nothing.
#pragma once

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

// A lateral source that takes the first row in a random order, TOP (1) ... ORDER BY NEWID(), counts
// and numbers its rows, and takes the one whose number a fraction tells that the left side draws.
// What draws in another way stays as it is; the printer refuses it.
void DrawBesideLeft(Query& query);

}  // namespace datamigrate::relational
