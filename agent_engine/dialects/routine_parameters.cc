// Parameters of routines as dbt variables.
#include <cctype>

#include "agent_engine/dialects/pipeline.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::dialects {
namespace {

using diagnostics::DiagnosticId;
using diagnostics::DiagnosticSink;
using tsql::Node;

// "dbo.Sales by Year" and "@Beginning_Date" make "sales_by_year__beginning_date".
std::string VariableName(const std::string& routine, const std::string& parameter) {
  std::string name;
  const auto append = [&](const std::string& text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) || c == '_')
        name += static_cast<char>(std::tolower(byte));
      else if (!name.empty() && name.back() != '_')
        name += '_';
    }
  };
  append(routine);
  name += "__";
  append(parameter.starts_with('@') ? parameter.substr(1) : parameter);
  return name;
}

// A default is kept when it is a constant other than NULL.
void SetDefault(const catalog::CatalogIndex& catalog, relational::Expr& parameter,
                const std::string& text) {
  if (text.empty()) return;
  DiagnosticSink ignored;
  const tsql::ParseResult parsed = tsql::ParseExpression(text, false, {}, ignored);
  if (!parsed.ok) return;
  relational::ExprPtr value =
      relational::LowerOverTable(catalog, nullptr, parsed.tree.Root(), {}, {}, ignored);
  value = relational::ConvertTo(std::move(value), parameter.type, ignored);
  using relational::ExprKind;
  const bool is_plain = value->kind == ExprKind::kString || value->kind == ExprKind::kNumber ||
                        value->kind == ExprKind::kTemporal || value->kind == ExprKind::kBit;
  if (!is_plain || ignored.HasErrors()) return;
  parameter.default_text = value->text;
  parameter.has_default = true;
}

}  // namespace

relational::Variables RoutineParameters(const catalog::CatalogIndex& catalog,
                                        const catalog::Routine& routine, Node create,
                                        DiagnosticSink& sink) {
  relational::Variables variables;
  for (const catalog::Parameter& parameter : routine.parameters) {
    const catalog::UserType* type =
        catalog.FindUserType(parameter.type.user_type.schema, parameter.type.user_type.name);
    const bool is_table = parameter.read_only || (type != nullptr && !type->columns.empty());
    auto expr = relational::MakeExpr(relational::ExprKind::kParameter,
                                     tsql::FromCatalogType(parameter.type), create.span());
    expr->text = VariableName(routine.name.name, parameter.name);
    SetDefault(catalog, *expr, parameter.default_expression);
    sink.Report(
        {is_table ? DiagnosticId::kParameterNamesRelation : DiagnosticId::kParameterBecomesVariable,
         create.span(),
         {parameter.name, expr->text},
         "",
         "",
         "",
         {}});
    variables[catalog::FoldName(parameter.name)] = std::move(expr);
  }
  return variables;
}

}  // namespace datamigrate::dialects
