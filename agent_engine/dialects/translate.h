// T-SQL in, a target's SQL and diagnostics out: the one door to lexer, parser, binder, relational
// form and printers. Pure functions of their input; safe to call from any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/dialects/target.h"
#include "agent_engine/relational/lineage.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::dialects {

// Prints a relation of the catalog where a query reads it: a quoted name, or dbt's {{ ref('…') }}.
using RelationNamer = std::function<std::string(const catalog::ObjectName&)>;

// Quotes schema and name as the target does.
RelationNamer QuotedRelationNamer(Target target);

// One column of a translated query.
struct OutputColumn {
  std::string name;
  catalog::DataType source_type;  // By T-SQL's rules; its name is empty where it is not known.
  std::string target_type;        // As the target writes it; empty where it is not known.
  bool nullable = true;
};

// What else a routine leaves: a table that it writes, or a further result.
struct TranslatedPart {
  catalog::ObjectName
      table;        // The table, with its rows as they are afterwards; empty for a result.
  std::string sql;  // One SELECT, without a final semicolon.
  std::vector<OutputColumn> columns;
  std::vector<catalog::ObjectName> reads;
  relational::QueryLineage lineage{};  // Of the columns, in order.
};

struct TranslatedQuery {
  std::string sql;  // One SELECT, without a final semicolon; empty when refused, and for a routine
                    // that returns no rows.
  std::vector<OutputColumn> columns;  // In order.
  std::vector<catalog::ObjectName>
      reads;  // Relations of the catalog, each once, in order of first use.
  std::vector<diagnostics::Diagnostic> diagnostics;  // Positions are in the definition's text.
  relational::QueryLineage lineage{};                // Of the columns, in order.
  std::vector<TranslatedPart> parts{};               // Of routines.
  bool is_administration = false;  // A procedure without any part in a warehouse; not converted.

  bool converted() const { return !sql.empty() || !parts.empty(); }
};

// Translates a view's query. References to other views, tables and synonyms go through `namer`;
// inline functions are expanded in place.
TranslatedQuery TranslateView(const catalog::CatalogIndex& catalog, const catalog::View& view,
                              Target target, const RelationNamer& namer);

// Translates what a routine returns, and what it leaves in the tables that it writes: each is a
// query over the tables as they were before (relational/routines). A scalar function is a query of
// one row. Parameters become dbt variables, {{ var('name', default) }}. What has no set form is
// refused with its reason.
TranslatedQuery TranslateRoutine(const catalog::CatalogIndex& catalog,
                                 const catalog::Routine& routine, Target target,
                                 const RelationNamer& namer);

struct TranslatedExpression {
  std::string sql;  // Empty when refused.
  std::vector<diagnostics::Diagnostic> diagnostics;
  catalog::DataType source_type{};  // By T-SQL's rules; its name is empty where it is not known,
                                    // and for conditions.
  std::string target_type{};        // As the target writes it; empty where it is not known.
};

// Translates the expression of a computed column, a DEFAULT, or (`is_condition`) a CHECK, over the
// columns of `table`.
TranslatedExpression TranslateExpression(const catalog::CatalogIndex& catalog,
                                         const catalog::Table& table, std::string_view expression,
                                         bool is_condition, Target target);

struct TranslatedBatch {
  bool ok = false;  // Every statement of the batch was translated.
  std::string sql;  // The translated statements, each ended by a semicolon.
  std::vector<diagnostics::Diagnostic> diagnostics;
};

// Translates one batch of statements on its own (`datamigrate transpile`); names that the catalog
// does not know are kept.
TranslatedBatch TranslateBatch(const catalog::CatalogIndex& catalog, std::string_view batch,
                               Target target);

// The target's type for a column type: "VARCHAR", "DECIMAL(19, 4)", "TIMESTAMP", …. Empty when the
// target has none that keeps the values; alias types must be resolved already.
std::string TargetType(const catalog::DataType& type, Target target);

// What stands between the quotes of a string literal of that text: quotes and backslashes escaped
// as the target does.
std::string EscapeText(std::string_view text, Target target);

// An identifier quoted for the target, always with quotes, inner quotes doubled.
std::string QuoteIdentifier(std::string_view name, Target target);

}  // namespace datamigrate::dialects
