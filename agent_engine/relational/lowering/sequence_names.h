// Sequences by their names, and the variables under which their numbers are known while a routine
// is followed.
#pragma once

#include <string>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::relational {

// `next_value` is a kNextValueFor. Null where the catalog has no such sequence.
const catalog::Sequence* FindSequence(const catalog::Catalog& catalog, tsql::Node next_value);
// "@@last:schema.name", folded: the number that was drawn last.
std::string LastNumberVariable(tsql::Node next_value);
// "@@next:schema.name": the same, while a statement that may draw numbers is lowered.
std::string NextNumberVariable(tsql::Node next_value);
bool IsLastNumberVariable(const std::string& name);

int64_t StepOf(const catalog::Sequence& sequence);
// The first number, as far as the definition says it: "CREATE SEQUENCE (Transact-SQL)".
int64_t StartOf(const catalog::Sequence& sequence);

}  // namespace datamigrate::relational
