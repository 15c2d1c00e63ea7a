// The steps that translating a view, a routine and a batch have in common.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/dialects/dialect.h"
#include "agent_engine/relational/lowering/lowering.h"
#include "agent_engine/relational/query.h"
#include "agent_engine/tsql/ast/syntax_tree.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::dialects {

// The rewrites between lowering and printing.
void PrepareQuery(relational::Query& query, const std::string& collation, const Dialect& dialect,
                  diagnostics::DiagnosticSink& sink);

// Gives the query's columns other names; reports when there are more or fewer of them.
void RenameColumns(relational::Query& query, const std::vector<std::string>& names, tsql::Node node,
                   diagnostics::DiagnosticSink& sink);

// The names of a kColumnList, unquoted; none for an absent one.
std::vector<std::string> ColumnNames(tsql::Node column_list);

// What stands for a routine's parameters, by folded name: dbt variables, each with the parameter's
// default where that is a constant. `create` is the CREATE statement.
relational::Variables RoutineParameters(const catalog::CatalogIndex& catalog,
                                        const catalog::Routine& routine, tsql::Node create,
                                        diagnostics::DiagnosticSink& sink);

}  // namespace datamigrate::dialects
