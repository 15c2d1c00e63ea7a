#include "agent_engine/relational/lowering/lowering.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>

#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

struct DatePartName {
  std::string_view written;
  std::string_view part;
};

// "DATEPART (Transact-SQL)", arguments.
constexpr auto kDateParts = std::to_array<DatePartName>({
    {"d", "day"},
    {"day", "day"},
    {"dayofyear", "dayofyear"},
    {"dd", "day"},
    {"dw", "weekday"},
    {"dy", "dayofyear"},
    {"hh", "hour"},
    {"hour", "hour"},
    {"iso_week", "iso_week"},
    {"isowk", "iso_week"},
    {"isoww", "iso_week"},
    {"m", "month"},
    {"mcs", "microsecond"},
    {"mi", "minute"},
    {"microsecond", "microsecond"},
    {"millisecond", "millisecond"},
    {"minute", "minute"},
    {"mm", "month"},
    {"month", "month"},
    {"ms", "millisecond"},
    {"n", "minute"},
    {"nanosecond", "nanosecond"},
    {"ns", "nanosecond"},
    {"q", "quarter"},
    {"qq", "quarter"},
    {"quarter", "quarter"},
    {"s", "second"},
    {"second", "second"},
    {"ss", "second"},
    {"tz", "tzoffset"},
    {"tzoffset", "tzoffset"},
    {"w", "weekday"},
    {"week", "week"},
    {"weekday", "weekday"},
    {"wk", "week"},
    {"ww", "week"},
    {"y", "dayofyear"},
    {"year", "year"},
    {"yy", "year"},
    {"yyyy", "year"},
});

// Written out into one expression; each may use another one twice, which doubles at every step.
constexpr int32_t kMostComputed = 100;

// The computed columns around an expression, which it cannot use again, and how many may yet be
// written out.
struct Computing {
  std::vector<std::string_view> within;
  int32_t left = kMostComputed;
};

ExprPtr ComputedValue(const catalog::CatalogIndex& catalog, const catalog::Table& table,
                      tsql::Node expression, const LoweringOptions& options,
                      diagnostics::DiagnosticSink& sink, Computing& computing) {
  ExprPtr value = LowerOverTable(catalog, &table, expression, {}, options, sink);
  const std::function<void(ExprPtr&)> inline_computed = [&](ExprPtr& expr) {
    ForEachChild(*expr, inline_computed);
    if (expr->kind != ExprKind::kColumn || computing.left < 0) return;
    const auto column = std::ranges::find_if(table.columns, [&](const catalog::Column& candidate) {
      return !candidate.computed_expression.empty() &&
             catalog::EqualNames(candidate.name, expr->text);
    });
    if (column == table.columns.end() || std::ranges::count(computing.within, column->name) > 0) {
      return;
    }
    if (--computing.left < 0) {
      sink.Report({DiagnosticId::kUnsupportedConstruct,
                   expr->span,
                   {"a computed column over so many computed ones", options.target_name},
                   "",
                   "",
                   "",
                   {}});
      return;
    }
    const tsql::ParseResult parsed =
        tsql::ParseExpression(column->computed_expression, false, {}, sink);
    if (!parsed.ok) return;
    computing.within.push_back(column->name);
    ExprPtr computed = ComputedValue(catalog, table, parsed.tree.Root(), options, sink, computing);
    computing.within.pop_back();
    computed->span = {};
    expr = std::move(computed);
  };
  inline_computed(value);
  return value;
}

}  // namespace

std::string UpperText(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return upper;
}

std::string JoinedTokens(Node node, Role role, std::string_view separator) {
  std::string joined;
  if (!node) return joined;
  for (const tsql::Token* token : node.TokensOf(role)) {
    if (!joined.empty()) joined += separator;
    joined += UpperText(node.tree().TextOf(*token));
  }
  return joined;
}

std::vector<std::string> NamePartsOf(Node name) {
  std::vector<std::string> parts = tsql::NameParts(name);
  if (parts.empty()) parts.emplace_back();
  return parts;
}

std::string NormalDatePart(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto* row = std::ranges::find(kDateParts, std::string_view(lower), &DatePartName::written);
  return row == kDateParts.end() ? "" : std::string(row->part);
}

void Lowering::Report(DiagnosticId id, Node node, std::vector<std::string> arguments,
                      std::string hint) {
  ReportAt(id, SpanOf(node), std::move(arguments), std::move(hint));
}

void Lowering::ReportAt(DiagnosticId id, diagnostics::SourceSpan span,
                        std::vector<std::string> arguments, std::string hint) {
  diagnostics::Diagnostic diagnostic{
      id, span_override_.value_or(span), std::move(arguments), std::move(hint), "", "", {}};
  for (const diagnostics::Diagnostic& known : sink_.diagnostics()) {
    if (known.id == diagnostic.id && known.span.begin == diagnostic.span.begin &&
        known.arguments == diagnostic.arguments) {
      return;
    }
  }
  sink_.Report(std::move(diagnostic));
}

ExprPtr Lowering::Refuse(DiagnosticId id, Node node, std::vector<std::string> arguments,
                         std::string hint) {
  Report(id, node, std::move(arguments), std::move(hint));
  return MakeNull(SqlType{});
}

SqlType Lowering::TypeOf(Node data_type, int32_t default_length) {
  return LowerType(catalog_, data_type, default_length, sink_);
}

LoweredQuery LowerSelect(const catalog::CatalogIndex& catalog, tsql::Node select,
                         Variables variables, const LoweringOptions& options,
                         diagnostics::DiagnosticSink& sink) {
  Lowering lowering(catalog, options, std::move(variables), std::make_shared<ViewsInProgress>(),
                    sink);
  LoweredQuery result;
  result.query = select.Is(NodeKind::kQuery) ? lowering.LowerQuery(select, nullptr, true)
                                             : lowering.LowerSelectStatement(select, nullptr);
  result.reads = lowering.TakeReads();
  return result;
}

ExprPtr LowerOverTable(const catalog::CatalogIndex& catalog, const catalog::Table* table,
                       tsql::Node expression, Variables variables, const LoweringOptions& options,
                       diagnostics::DiagnosticSink& sink) {
  Lowering lowering(catalog, options, std::move(variables), std::make_shared<ViewsInProgress>(),
                    sink);
  Scope scope;
  if (table != nullptr) scope.ranges.push_back(lowering.TableRange(*table));
  return lowering.LowerExpr(expression, scope);
}

ExprPtr LowerComputed(const catalog::CatalogIndex& catalog, const catalog::Table& table,
                      tsql::Node expression, const LoweringOptions& options,
                      diagnostics::DiagnosticSink& sink) {
  Computing computing;
  return ComputedValue(catalog, table, expression, options, sink, computing);
}

ExprPtr ConvertTo(ExprPtr expr, const SqlType& type, diagnostics::DiagnosticSink& sink) {
  const catalog::Catalog empty;
  const catalog::CatalogIndex index(empty);
  const LoweringOptions options;
  Lowering lowering(index, options, {}, std::make_shared<ViewsInProgress>(), sink);
  return lowering.Assigned(std::move(expr), type);
}

ExprPtr Combine(std::string op, ExprPtr left, ExprPtr right, tsql::Node at,
                const LoweringOptions& options, diagnostics::DiagnosticSink& sink) {
  const catalog::Catalog empty;
  const catalog::CatalogIndex index(empty);
  Lowering lowering(index, options, {}, std::make_shared<ViewsInProgress>(), sink);
  return lowering.Arithmetic(std::move(op), std::move(left), std::move(right), at);
}

SqlType LowerType(const catalog::CatalogIndex& catalog, tsql::Node data_type,
                  int32_t default_length, diagnostics::DiagnosticSink& sink) {
  if (!data_type) {
    sink.Report({DiagnosticId::kUnknownType, {}, {"(none)"}, "", "", "", {}});
    return {};
  }
  const Node name = data_type.Child(Role::kName);
  std::vector<std::string> parts;
  std::string text;
  if (name) {
    for (const tsql::Token* token : name.TokensOf(Role::kPart)) {
      if (!text.empty()) text += ' ';
      text += tsql::UnquoteName(data_type.tree().TextOf(*token));
    }
    parts = tsql::NameParts(name);
  }
  catalog::DataType type;
  type.name = text;
  std::vector<int32_t> facets;
  for (const tsql::Token* token : data_type.TokensOf(Role::kParameter)) {
    const std::string facet = UpperText(data_type.tree().TextOf(*token));
    facets.push_back(facet == "MAX"
                         ? SqlType::kMax
                         : static_cast<int32_t>(std::strtol(facet.c_str(), nullptr, 10)));
  }
  static constexpr auto kLongNames = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"NATIONAL CHAR", "nchar"},
       {"NATIONAL CHARACTER", "nchar"},
       {"NATIONAL CHAR VARYING", "nvarchar"},
       {"NATIONAL CHARACTER VARYING", "nvarchar"},
       {"CHAR VARYING", "varchar"},
       {"CHARACTER VARYING", "varchar"},
       {"BINARY VARYING", "varbinary"},
       {"NATIONAL TEXT", "ntext"}});
  for (const auto& [long_name, short_name] : kLongNames) {
    if (UpperText(text) == long_name) type.name = short_name;
  }
  if (parts.size() > 1 && (FoldName(parts[parts.size() - 2]) == "sys")) type.name = parts.back();
  SqlType probe = tsql::FromCatalogType(type);
  if (probe.id == TypeId::kUnknown) {
    const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
    const catalog::UserType* user_type =
        parts.empty() ? nullptr : catalog.FindUserType(schema, parts.back());
    if (user_type != nullptr && user_type->columns.empty())
      return tsql::FromCatalogType(user_type->base);
    sink.Report({DiagnosticId::kUnknownType, data_type.span(), {text}, "", "", "", {}});
    return probe;
  }
  const bool is_sized = tsql::IsString(probe.id) || tsql::IsBinary(probe.id);
  if (is_sized && probe.length == 1) type.length = facets.empty() ? default_length : facets[0];
  if (probe.id == TypeId::kDecimal || probe.id == TypeId::kFloat) {
    type.precision = facets.empty() ? 0 : facets[0];
    type.scale = facets.size() > 1 ? facets[1] : 0;
  }
  if (probe.id == TypeId::kTime || probe.id == TypeId::kDateTime2 ||
      probe.id == TypeId::kDateTimeOffset) {
    type.scale = facets.empty() ? 7 : facets[0];
  }
  return tsql::FromCatalogType(type);
}

}  // namespace datamigrate::relational
