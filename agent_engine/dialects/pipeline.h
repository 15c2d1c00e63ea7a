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

// A routine that is one query: its SELECT and what its parameters and constants stand for.
struct RoutineBody {
  tsql::Node select;  // Absent after a report.
  relational::Variables variables;
  int64_t row_count = 0;  // SET ROWCOUNT: the most rows that the query returns; 0: all.
};

// Finds the query that an inline function is, or that a procedure is after SET options, constant
// declarations and PRINT. Reports the first construct that is more. `create` is the CREATE
// statement.
RoutineBody ReadRoutineBody(const catalog::CatalogIndex& catalog, const catalog::Routine& routine,
                            tsql::Node create, diagnostics::DiagnosticSink& sink);

}  // namespace datamigrate::dialects
