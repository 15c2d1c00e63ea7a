// Says EXISTS in recursive common tables as IN, for targets that fail on what it finds there.
#pragma once

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

// EXISTS (SELECT ... WHERE inner = outer AND ...) in a recursive common table becomes
// COALESCE(outer IN (SELECT inner ... WHERE ...), false), where that equality is all that sees the
// outer query. Others stay as they are.
void SayExistsAsIn(Query& query);

}  // namespace datamigrate::relational
