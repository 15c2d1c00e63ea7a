// Orders by columns of the result instead of by what they are made of.
#pragma once

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

// In ORDER BY of queries that are distinct, grouped or have windows there, what the query shows is
// named, or given by its place where it has no name: targets whose ORDER BY `sees_result_alone` do
// not find the columns that it is made of. For others, only windows of the query itself, where it
// is distinct, are: they are not always taken for the ones that the query shows.
void OrderByShown(Query& query, bool sees_result_alone);

}  // namespace datamigrate::relational
