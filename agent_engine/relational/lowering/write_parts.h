// Pieces that queries of writes are put together from.
#pragma once

#include <string>
#include <vector>

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

// The sources of a join, from left to right.
void CollectLeaves(const Source& source, std::vector<const Source*>& leaves);
// Takes `leaf` out of inner joins; their conditions go to `conditions`. False where an outer join
// is in the way; then the tree must not be used.
bool TakeLeaf(SourcePtr& node, const Source* leaf, std::vector<ExprPtr>& conditions);
void AddItem(Query& query, ExprPtr expr, std::string name);
SourcePtr Derived(QueryPtr query, std::string alias);
std::vector<CommonTable> CloneTables(const std::vector<CommonTable>& tables);
// Both conditions; either may be null.
ExprPtr And(ExprPtr left, ExprPtr right);

}  // namespace datamigrate::relational
