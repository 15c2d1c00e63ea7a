// Which objects of the catalog a definition reads, and an order in which they can be built.
#pragma once

#include <string>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::agents {

// Views, tables and routines of the catalog that are named below `node`, each once, in order of first use. Names without a
// schema are looked up in dbo.
std::vector<catalog::ObjectName> ReferencedObjects(tsql::Node node,
                                                   const catalog::CatalogIndex& catalog);

// For each object the length of the longest chain of objects it rests on: 0 for one that reads no other of the list.
// `reads[i]` has the indexes of the objects that object i reads. Objects of a cycle come one after another.
std::vector<int> DependencyOrder(const std::vector<std::vector<size_t>>& reads);

}  // namespace datamigrate::agents
