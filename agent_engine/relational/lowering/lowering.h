// Lowers a bound query: syntax tree in, relational form out, with every name resolved against the
// catalog, every type worked out by T-SQL's rules and every implicit conversion written down.
// Findings go to the sink; what has an error in it must not be used.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/relational/query.h"
#include "agent_engine/tsql/ast/syntax_tree.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::relational {

struct LoweringOptions {
  std::string target_name;     // For messages.
  bool keep_unknown = false;   // Relations that the catalog lacks keep their names; their columns
                               // have no known type.
  bool keep_order = false;     // ORDER BY without TOP at the outermost level is kept.
  bool require_names = false;  // Every output column must have a name, and names differ (views).
  bool gives_names = false;    // Where names are missing or the same, columns get others (results).
  bool allows_into = false;    // SELECT ... INTO: the caller takes the rows.
  bool assigns_variables = false;  // SELECT @a = x: a column named "a", which the caller takes.
  bool takes_all = false;  // TOP in a write is left out: it is repeated until no row is left.
  // What a function that has no translation gives where the caller knows it (OBJECT_ID of a table
  // that a routine has just dropped); asked by its upper-case name. Null: not known.
  std::function<ExprPtr(const std::string& function, const std::vector<tsql::Node>& arguments)>
      known_call{};
};

// What variables stand for, by folded name with its @.
using Variables = absl::flat_hash_map<std::string, ExprPtr>;

// Views whose columns one translation is working out: those that it must not begin again.
using ViewsInProgress = std::vector<const catalog::View*>;

struct LoweredQuery {
  QueryPtr query;                          // Null when the statement has none.
  std::vector<catalog::ObjectName> reads;  // Each once, in order of first use.
};

// `select` is a kSelectStatement, or a kQuery.
LoweredQuery LowerSelect(const catalog::CatalogIndex& catalog, tsql::Node select,
                         Variables variables, const LoweringOptions& options,
                         diagnostics::DiagnosticSink& sink);

// An expression or condition over the columns of `table`, or, where it is null, over none.
ExprPtr LowerOverTable(const catalog::CatalogIndex& catalog, const catalog::Table* table,
                       tsql::Node expression, Variables variables, const LoweringOptions& options,
                       diagnostics::DiagnosticSink& sink);
// The expression of a computed column, over the columns that the table stores: other computed ones
// that it names stand there as what they compute. SQL Server refuses to name them ("Specify
// computed columns in a table"), scripts for other tools do not.
ExprPtr LowerComputed(const catalog::CatalogIndex& catalog, const catalog::Table& table,
                      tsql::Node expression, const LoweringOptions& options,
                      diagnostics::DiagnosticSink& sink);


// `left op right` for op in + - * / % & | ^, with T-SQL's types: what a compound assignment at `at`
// does.
ExprPtr Combine(std::string op, ExprPtr left, ExprPtr right, tsql::Node at,
                const LoweringOptions& options, diagnostics::DiagnosticSink& sink);

// The type that a kDataType node names; alias types are resolved. kUnknown after a report when
// there is none. `default_length` is what a string without a length has: 30 in CAST and CONVERT, 1
// elsewhere.
SqlType LowerType(const catalog::CatalogIndex& catalog, tsql::Node data_type,
                  int32_t default_length, diagnostics::DiagnosticSink& sink);

// Converts as an assignment to that type does: what CAST does, constants folded.
ExprPtr ConvertTo(ExprPtr expr, const SqlType& type, diagnostics::DiagnosticSink& sink);

}  // namespace datamigrate::relational
