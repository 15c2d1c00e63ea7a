// Where the numbers of a sequence are kept.
#pragma once

#include <string>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::relational {

struct NumberColumn {
  catalog::ObjectName table;
  std::string column;
};

// The columns of tables that take numbers of a sequence, each once: those whose default draws one,
// and those that an INSERT of a routine gives a number that was just drawn; where a key is among
// them, keys only. `last_number` is the
// sequence's LastNumberVariable().
std::vector<NumberColumn> ColumnsOfSequence(const catalog::CatalogIndex& catalog,
                                            const std::string& last_number);

// Every NEXT VALUE FOR at or below the node.
void CollectDraws(tsql::Node node, std::vector<tsql::Node>& draws);

// How many rows a statement numbers: those of VALUES, 1 without rows; 0 where they are not known.
int64_t CountOfDraws(tsql::Node statement);

}  // namespace datamigrate::relational
