// Views, routines and expressions of the catalog: parse, lower, rewrite, print.
#include "agent_engine/dialects/translate.h"

#include <algorithm>

#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/pipeline.h"
#include "agent_engine/relational/lineage.h"
#include "agent_engine/relational/lowering/lowering.h"
#include "agent_engine/relational/rewrites/collation.h"
#include "agent_engine/relational/rewrites/column_lists.h"
#include "agent_engine/relational/rewrites/lateral_draws.h"
#include "agent_engine/relational/rewrites/laterals.h"
#include "agent_engine/relational/rewrites/limits.h"
#include "agent_engine/relational/rewrites/outer_columns.h"
#include "agent_engine/relational/rewrites/recursive_exists.h"
#include "agent_engine/relational/rewrites/shown_orders.h"
#include "agent_engine/relational/routines/administration.h"
#include "agent_engine/relational/routines/routine_effects.h"
#include "agent_engine/relational/routines/table_states.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::dialects {
namespace {

using diagnostics::DiagnosticId;
using diagnostics::DiagnosticSink;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

// The types of a query's columns, for a target.
std::vector<OutputColumn> OutputColumns(const relational::Query& query, const Dialect& dialect) {
  std::vector<OutputColumn> columns;
  for (const relational::OutputField& field : query.fields) {
    OutputColumn column;
    column.name = field.name;
    column.source_type = tsql::ToCatalogType(field.type);
    column.target_type = TypeName(dialect, field.type);
    column.nullable = field.type.nullable;
    columns.push_back(std::move(column));
  }
  return columns;
}

TranslatedQuery Refused(DiagnosticSink& sink) {
  TranslatedQuery result;
  result.diagnostics = sink.Take();
  return result;
}

const Dialect* DialectOrReport(Target target, DiagnosticSink& sink) {
  const Dialect* dialect = FindDialect(target);
  if (dialect == nullptr)
    sink.Report(
        {DiagnosticId::kTargetPlanned, {}, {std::string(TargetName(target))}, "", "", "", {}});
  return dialect;
}

// From a query to text: the rewrites that all targets share, then the printer.
std::string PrintText(const catalog::CatalogIndex& catalog, relational::Query& query,
                      const Dialect& dialect, const RelationNamer& namer, DiagnosticSink& sink) {
  PrepareQuery(query, catalog.catalog().collation, dialect, sink);
  Emitter emitter(dialect, namer, sink);
  emitter.set_pins_types(true);
  return Finish(emitter.EmitQuery(query));
}

TranslatedQuery Print(const catalog::CatalogIndex& catalog, relational::LoweredQuery lowered,
                      const Dialect& dialect, const RelationNamer& namer, DiagnosticSink& sink) {
  TranslatedQuery result;
  if (lowered.query && !sink.HasErrors()) {
    result.lineage = relational::TraceLineage(catalog, *lowered.query);
    std::string sql = PrintText(catalog, *lowered.query, dialect, namer, sink);
    if (!sink.HasErrors()) {
      result.sql = std::move(sql);
      result.columns = OutputColumns(*lowered.query, dialect);
      result.reads = std::move(lowered.reads);
    }
  }
  result.diagnostics = sink.Take();
  return result;
}

TranslatedPart PrintPart(const catalog::CatalogIndex& catalog, relational::Query& query,
                         const Dialect& dialect, const RelationNamer& namer, DiagnosticSink& sink) {
  TranslatedPart part;
  relational::ForEachPart(
      query,
      [&](relational::Source& source) {
        if (source.kind == relational::SourceKind::kRelation &&
            std::ranges::find(part.reads, source.relation) == part.reads.end()) {
          part.reads.push_back(source.relation);
        }
      },
      [](relational::Expr&) {});
  part.lineage = relational::TraceLineage(catalog, query);
  part.sql = PrintText(catalog, query, dialect, namer, sink);
  part.columns = OutputColumns(query, dialect);
  return part;
}

TranslatedQuery PrintEffects(const catalog::CatalogIndex& catalog,
                             relational::RoutineEffects effects, const Dialect& dialect,
                             const RelationNamer& namer, DiagnosticSink& sink) {
  std::vector<TranslatedPart> parts;
  TranslatedQuery result;
  if (!sink.HasErrors()) {
    for (relational::QueryPtr& query : effects.results)
      parts.push_back(PrintPart(catalog, *query, dialect, namer, sink));
    for (relational::TableEffect& effect : effects.tables) {
      parts.push_back(PrintPart(catalog, *effect.after, dialect, namer, sink));
      parts.back().table = effect.table;
    }
  }
  if (!sink.HasErrors()) {
    size_t first = 0;
    if (!effects.results.empty()) {
      result.sql = std::move(parts[0].sql);
      result.columns = std::move(parts[0].columns);
      result.reads = std::move(parts[0].reads);
      result.lineage = std::move(parts[0].lineage);
      first = 1;
    }
    for (size_t i = first; i < parts.size(); ++i) result.parts.push_back(std::move(parts[i]));
  }
  result.diagnostics = sink.Take();
  return result;
}

void CheckCorrelated(relational::Query& query, const Dialect& dialect, DiagnosticSink& sink) {
  const int32_t count = relational::CountCorrelated(query);
  if (count <= dialect.correlated_queries) return;
  sink.Report(
      {DiagnosticId::kUnsupportedConstruct,
       {},
       {"a query with " + std::to_string(count) + " sub-queries that see the rows around them",
        std::string(dialect.title)},
       "keep what the functions return that it calls in a table first",
       "",
       "",
       {}});
}

void ReportNotParsed(std::string_view name, const Node& root, DiagnosticSink& sink) {
  if (sink.HasErrors()) return;
  sink.Report({DiagnosticId::kDefinitionNotParsed,
               root ? root.span() : diagnostics::SourceSpan{},
               {std::string(name)},
               "",
               "",
               "",
               {}});
}

}  // namespace

void PrepareQuery(relational::Query& query, const std::string& collation, const Dialect& dialect,
                  DiagnosticSink& sink) {
  const bool joins = dialect.lateral == LateralJoin::kNone || !dialect.supports_limit_in_lateral;
  relational::JoinLaterals(query, {.supports_queries = !joins,
                                   .supports_values = dialect.supports_lateral_values,
                                   .hoists_conditions = !dialect.lateral_sees_inside,
                                   .joins_functions = dialect.supports_lateral_functions});
  relational::SpellOutLimits(query, {.supports_with_ties = dialect.supports_with_ties,
                                     .are_constant = dialect.limits_are_constant,
                                     .supports_qualify = dialect.supports_qualify});
  if (dialect.correlated_queries > 0) CheckCorrelated(query, dialect, sink);
  if (!dialect.laterals_draw) relational::DrawBesideLeft(query);
  if (!dialect.recursion_takes_exists) relational::SayExistsAsIn(query);
  if (!dialect.clauses_see_outside) relational::StepOutOfClauses(query);
  relational::KeepCollation(query, {.database_collation = collation}, sink);
  relational::OrderByShown(query, dialect.order_sees_result_alone);
  if (!dialect.supports_column_lists) relational::NameColumnsInside(query);
}

void RenameColumns(relational::Query& query, const std::vector<std::string>& names, Node node,
                   DiagnosticSink& sink) {
  if (names.size() != query.fields.size()) {
    if (!sink.HasErrors()) {
      sink.Report(
          {DiagnosticId::kColumnCountDiffers,
           node.span(),
           {"the column list", std::to_string(names.size()), std::to_string(query.fields.size())},
           "",
           "",
           "",
           {}});
    }
    return;
  }
  for (relational::OrderItem& item : query.order_by) {
    if (item.expr->kind != relational::ExprKind::kColumn || item.expr->range != -2) continue;
    const auto field =
        std::ranges::find(query.fields, item.expr->text, &relational::OutputField::name);
    if (field != query.fields.end()) item.expr->text = names[field - query.fields.begin()];
  }
  for (size_t i = 0; i < names.size(); ++i) query.fields[i].name = names[i];
  if (query.kind == relational::QueryKind::kSelect) {
    for (size_t i = 0; i < names.size() && i < query.items.size(); ++i)
      query.items[i].alias = names[i];
  } else {
    RenameColumns(*query.left, names, node, sink);
    RenameColumns(*query.right, names, node, sink);
  }
}

std::vector<std::string> ColumnNames(Node column_list) {
  std::vector<std::string> names;
  if (!column_list) return names;
  for (const Node item : column_list.Children(Role::kItem))
    names.push_back(tsql::UnquoteName(item.TokenText(Role::kPart)));
  return names;
}

RelationNamer QuotedRelationNamer(Target target) {
  return [target](const catalog::ObjectName& name) {
    const Dialect* dialect = FindDialect(target);
    if (dialect == nullptr) return name.ToString();
    return QuotedIdentifier(*dialect, name.schema) + "." + QuotedIdentifier(*dialect, name.name);
  };
}

TranslatedQuery TranslateView(const catalog::CatalogIndex& catalog, const catalog::View& view,
                              Target target, const RelationNamer& namer) {
  DiagnosticSink sink;
  const Dialect* dialect = DialectOrReport(target, sink);
  if (dialect == nullptr) return Refused(sink);
  const tsql::ParseResult parsed = tsql::ParseBatch(view.definition, {}, sink);
  const Node create = parsed.tree.Root().Child(Role::kStatement);
  if (!parsed.ok || !create.Is(NodeKind::kCreateView)) {
    ReportNotParsed(view.name.ToString(), parsed.tree.Root(), sink);
    return Refused(sink);
  }
  const std::vector<std::string> names = ColumnNames(create.Child(Role::kColumns));
  const relational::LoweringOptions options{.target_name = std::string(dialect->title),
                                            .require_names = names.empty()};
  relational::LoweredQuery lowered =
      relational::LowerSelect(catalog, create.Child(Role::kQuery), {}, options, sink);
  if (lowered.query && !names.empty())
    RenameColumns(*lowered.query, names, create.Child(Role::kColumns), sink);
  return Print(catalog, std::move(lowered), *dialect, namer, sink);
}

TranslatedQuery TranslateRoutine(const catalog::CatalogIndex& catalog,
                                 const catalog::Routine& routine, Target target,
                                 const RelationNamer& namer) {
  DiagnosticSink sink;
  const Dialect* dialect = DialectOrReport(target, sink);
  if (dialect == nullptr) return Refused(sink);
  if (routine.kind == catalog::RoutineKind::kClr) {
    sink.Report({DiagnosticId::kExternalCode, {}, {}, "", "", "", {}});
    return Refused(sink);
  }
  const tsql::ParseResult parsed = tsql::ParseBatch(routine.definition, {}, sink);
  const Node create = parsed.tree.Root().Child(Role::kStatement);
  if (!parsed.ok || !create) {
    ReportNotParsed(routine.name.ToString(), parsed.tree.Root(), sink);
    return Refused(sink);
  }
  relational::Variables parameters = RoutineParameters(catalog, routine, create, sink);
  const relational::LoweringOptions options{.target_name = std::string(dialect->title),
                                            .require_names = true};
  if (const Node query = create.Child(Role::kQuery)) {
    return Print(catalog,
                 relational::LowerSelect(catalog, query, std::move(parameters), options, sink),
                 *dialect, namer, sink);
  }
  if (create.Has(Role::kExternal)) {
    sink.Report({DiagnosticId::kExternalCode, create.span(), {}, "", "", "", {}});
    return Refused(sink);
  }
  if (routine.kind == catalog::RoutineKind::kProcedure) {
    const std::string what = relational::AdministrationOf(catalog, create);
    if (!what.empty()) {
      DiagnosticSink only;
      only.Report({DiagnosticId::kAdministrationOnly, create.span(), {what}, "", "", "", {}});
      TranslatedQuery result = Refused(only);
      result.is_administration = true;
      return result;
    }
  }
  return PrintEffects(
      catalog,
      relational::FollowRoutine(catalog, routine, create, std::move(parameters), options, sink),
      *dialect, namer, sink);
}

TranslatedExpression TranslateExpression(const catalog::CatalogIndex& catalog,
                                         const catalog::Table& table, std::string_view expression,
                                         bool is_condition, Target target) {
  DiagnosticSink sink;
  TranslatedExpression result;
  if (const Dialect* dialect = DialectOrReport(target, sink)) {
    const tsql::ParseResult parsed = tsql::ParseExpression(expression, is_condition, {}, sink);
    if (parsed.ok) {
      const relational::LoweringOptions options{.target_name = std::string(dialect->title)};
      relational::ExprPtr expr =
          is_condition
              ? relational::LowerOverTable(catalog, &table, parsed.tree.Root(), {}, options, sink)
              : relational::LowerComputed(catalog, table, parsed.tree.Root(), options, sink);
      relational::KeepCollation(expr, {.database_collation = catalog.catalog().collation}, sink);
      const RelationNamer namer = QuotedRelationNamer(target);
      std::string sql = Finish(Emitter(*dialect, namer, sink).EmitExpression(*expr));
      if (!sink.HasErrors()) {
        result.sql = std::move(sql);
        if (!is_condition) {
          result.source_type = tsql::ToCatalogType(expr->type);
          result.target_type = TypeName(*dialect, expr->type);
        }
      }
    } else {
      ReportNotParsed("the expression", parsed.tree.Root(), sink);
    }
  }
  result.diagnostics = sink.Take();
  return result;
}

std::string TargetType(const catalog::DataType& type, Target target) {
  const Dialect* dialect = FindDialect(target);
  return dialect == nullptr ? "" : TypeName(*dialect, tsql::FromCatalogType(type));
}

std::string EscapeText(std::string_view text, Target target) {
  const Dialect* dialect = FindDialect(target);
  const StringEscapes escapes = dialect == nullptr ? StringEscapes::kNone : dialect->string_escapes;
  std::string escaped;
  for (const char c : text) {
    if (c == '\'') escaped += escapes == StringEscapes::kByBackslash ? '\\' : '\'';
    if (c == '\\' && escapes != StringEscapes::kNone) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string QuoteIdentifier(std::string_view name, Target target) {
  const Dialect* dialect = FindDialect(target);
  if (dialect != nullptr) return QuotedIdentifier(*dialect, name);
  std::string quoted = "\"";
  for (const char c : name) {
    quoted += c;
    if (c == '"') quoted += c;
  }
  return quoted + "\"";
}

}  // namespace datamigrate::dialects
