#include "agent_engine/relational/rewrites/column_lists.h"

#include <algorithm>

namespace datamigrate::relational {
namespace {

void Rename(Query& query, const std::vector<std::string>& names) {
  for (OrderItem& item : query.order_by) {
    if (item.expr->kind != ExprKind::kColumn || item.expr->range != -2) continue;
    const auto field = std::ranges::find(query.fields, item.expr->text, &OutputField::name);
    const size_t index = field - query.fields.begin();
    if (index < names.size() && index < query.fields.size()) item.expr->text = names[index];
  }
  for (size_t i = 0; i < names.size() && i < query.fields.size(); ++i)
    query.fields[i].name = names[i];
  for (size_t i = 0; i < names.size() && i < query.items.size(); ++i)
    query.items[i].alias = names[i];
  if (query.left) Rename(*query.left, names);
  if (query.right) Rename(*query.right, names);
}

void VisitSource(Source* source) {
  if (source == nullptr) return;
  if (source->kind == SourceKind::kDerived && !source->column_names.empty()) {
    Rename(*source->query, source->column_names);
    source->column_names.clear();
  }
  VisitSource(source->left.get());
  VisitSource(source->right.get());
}

void VisitExpr(ExprPtr& expr) {
  if (expr->query) NameColumnsInside(*expr->query);
  ForEachChild(*expr, VisitExpr);
}

}  // namespace

void NameColumnsInside(Query& query) {
  for (CommonTable& cte : query.ctes) {
    if (!cte.column_names.empty()) Rename(*cte.query, cte.column_names);
    cte.column_names.clear();
  }
  VisitSource(query.from.get());
  ForEachQuery(query, NameColumnsInside);
  ForEachExpr(query, VisitExpr);
}

}  // namespace datamigrate::relational
