// Lowers INSERT, UPDATE, DELETE, TRUNCATE TABLE and MERGE to queries: what the written table holds
// after the statement, as a query over what it held before. Nothing is written; whoever runs
// statements one after another puts each query's result in the table's place.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent_engine/relational/lowering/lowering.h"

namespace datamigrate::relational {

struct LoweredWrite {
  const catalog::Table* table = nullptr;  // Null after a report.
  // All columns of the table, in order, but those whose computation has no translation. Reads the
  // table by its name, as it was before.
  QueryPtr after;
  // INSERT: the new rows alone, with the columns of `after`.
  QueryPtr added;
  // The rows that OUTPUT returns; null without an OUTPUT clause.
  QueryPtr output;
  tsql::Node output_into;     // Where OUTPUT ... INTO puts them: a table reference or a variable.
  tsql::Node output_columns;  // Its column list, perhaps absent.
  bool empties = false;       // Nothing is left: TRUNCATE TABLE, DELETE without a condition.
  // Rows that the statement touches: a query of one column and one row. Null where not known.
  QueryPtr row_count;
};

// A relation that a statement reads, and the columns that it names there, folded; "*": any.
struct RelationRead {
  catalog::ObjectName relation;
  std::set<std::string> columns{};
};
// Columns by range variable, and those that are named of one source.
using ColumnsByRange = std::map<int32_t, std::set<std::string>>;
std::set<std::string> ColumnsOf(const Source& source, const ColumnsByRange& columns);

// One UPDATE or DELETE for all rows of a source, as a loop would do it for one after another.
// Variables have columns of the source.
struct EachRow {
  SourcePtr source;              // Taken.
  ExprPtr condition;             // Rows that count; null: all.
  std::vector<std::string> key;  // Columns that together differ from row to row; may be empty.
  // WHERE CURRENT OF: columns of the written table and what the row has for them.
  std::vector<std::pair<std::string, ExprPtr>> current;
  ExprPtr order;  // The later row has the last word; null: any.
  // What comes back.
  std::vector<RelationRead> reads;      // What the statement reads, its target apart.
  std::map<std::string, ExprPtr> sets;  // New values of the target, by folded column.
  // The column of the target and the value that it must equal, where nothing else is asked.
  std::pair<std::string, ExprPtr> found_by;
  QueryPtr count;               // How many rows of the target one row finds; null with a join.
  bool finds_own_rows = false;  // No row of the target is touched for two rows of the source.
  std::string own_column;       // By this column, folded, where the key has one.
  bool builds_on_sets = false;  // It reads columns of the target that it sets.
  bool adds_up = false;  // But only to add to them: all rows of the source are added at once.
};

// The rows that an INSERT puts into a table, as its source gives them.
struct InsertedRows {
  const catalog::Table* table = nullptr;  // Null after a report.
  std::vector<std::string> columns;
  QueryPtr rows;
};

InsertedRows LowerInsertedRows(const catalog::CatalogIndex& catalog, tsql::Node statement,
                               Variables variables, const LoweringOptions& options,
                               diagnostics::DiagnosticSink& sink);

// `statement` is one of the five; anything else is refused. Tables that only the caller knows
// (temporary ones, table variables) are in `catalog` under their written name.
LoweredWrite LowerWrite(const catalog::CatalogIndex& catalog, tsql::Node statement,
                        Variables variables, const LoweringOptions& options,
                        diagnostics::DiagnosticSink& sink, EachRow* each = nullptr);

// The rows of `source`, whose columns are in the order of `columns` (empty: of the table), added to
// `table`: what INSERT does with a query. `at` is where findings are reported.
LoweredWrite LowerAddedRows(const catalog::CatalogIndex& catalog, const catalog::Table& table,
                            const std::vector<std::string>& columns, QueryPtr source, tsql::Node at,
                            const LoweringOptions& options, diagnostics::DiagnosticSink& sink);

// The columns of a table that a staging model can have: computed ones without a translation apart.
std::vector<OutputField> FieldsOf(const catalog::CatalogIndex& catalog, const catalog::Table& table,
                                  const LoweringOptions& options);

}  // namespace datamigrate::relational
