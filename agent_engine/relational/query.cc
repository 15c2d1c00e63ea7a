#include "agent_engine/relational/query.h"

namespace datamigrate::relational {
namespace {

ExprPtr CloneOrNull(const ExprPtr& expr) {
  return expr ? Clone(*expr) : nullptr;
}
QueryPtr CloneOrNull(const QueryPtr& query) {
  return query ? Clone(*query) : nullptr;
}

SourcePtr CopyOf(const Source* source) {
  if (source == nullptr) return nullptr;
  auto copy = std::make_unique<Source>();
  copy->kind = source->kind;
  copy->alias = source->alias;
  copy->relation = source->relation;
  copy->name_parts = source->name_parts;
  copy->query = CloneOrNull(source->query);
  for (const auto& row : source->rows) {
    auto& cells = copy->rows.emplace_back();
    for (const ExprPtr& cell : row) cells.push_back(Clone(*cell));
  }
  copy->call = CloneOrNull(source->call);
  copy->column_names = source->column_names;
  copy->lateral = source->lateral;
  copy->join = source->join;
  copy->left = CopyOf(source->left.get());
  copy->right = CopyOf(source->right.get());
  copy->condition = CloneOrNull(source->condition);
  copy->range = source->range;
  return copy;
}

GroupItem CloneGroup(const GroupItem& item) {
  GroupItem copy{item.kind, CloneOrNull(item.expr), {}};
  for (const GroupItem& below : item.items) copy.items.push_back(CloneGroup(below));
  return copy;
}

void VisitGroup(GroupItem& item, const std::function<void(ExprPtr&)>& visit) {
  if (item.expr) visit(item.expr);
  for (GroupItem& below : item.items) VisitGroup(below, visit);
}

void VisitSource(Source* source, const std::function<void(ExprPtr&)>& visit) {
  if (source == nullptr) return;
  for (auto& row : source->rows) {
    for (ExprPtr& cell : row) visit(cell);
  }
  if (source->call) visit(source->call);
  if (source->condition) visit(source->condition);
  VisitSource(source->left.get(), visit);
  VisitSource(source->right.get(), visit);
}

void VisitSourceQueries(Source* source, const std::function<void(Query&)>& visit) {
  if (source == nullptr) return;
  if (source->query) visit(*source->query);
  VisitSourceQueries(source->left.get(), visit);
  VisitSourceQueries(source->right.get(), visit);
}

void VisitLeaves(Source* source, const std::function<void(Source&)>& visit) {
  if (source == nullptr) return;
  if (source->kind == SourceKind::kJoin) {
    VisitLeaves(source->left.get(), visit);
    VisitLeaves(source->right.get(), visit);
    return;
  }
  visit(*source);
}

}  // namespace

SourcePtr CloneSource(const Source& source) {
  return CopyOf(&source);
}

QueryPtr Clone(const Query& query) {
  auto copy = std::make_unique<Query>();
  for (const CommonTable& cte : query.ctes) {
    copy->ctes.push_back({cte.name, cte.column_names, CloneOrNull(cte.query)});
  }
  copy->recursive = query.recursive;
  copy->kind = query.kind;
  copy->distinct = query.distinct;
  for (const SelectItem& item : query.items) copy->items.push_back({Clone(*item.expr), item.alias});
  copy->from = CopyOf(query.from.get());
  copy->where = CloneOrNull(query.where);
  for (const GroupItem& item : query.group_by) copy->group_by.push_back(CloneGroup(item));
  copy->is_grouped = query.is_grouped;
  copy->having = CloneOrNull(query.having);
  copy->qualify = CloneOrNull(query.qualify);
  copy->left = CloneOrNull(query.left);
  copy->right = CloneOrNull(query.right);
  for (const OrderItem& item : query.order_by) {
    copy->order_by.push_back({Clone(*item.expr), item.descending});
  }
  copy->limit = CloneOrNull(query.limit);
  copy->offset = CloneOrNull(query.offset);
  copy->with_ties = query.with_ties;
  copy->limit_is_percent = query.limit_is_percent;
  copy->fields = query.fields;
  return copy;
}

QueryPtr AsDerived(QueryPtr query, std::string alias) {
  auto outer = std::make_unique<Query>();
  outer->fields = query->fields;
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->alias = std::move(alias);
  for (size_t i = 0; i < query->fields.size(); ++i) {
    const std::string name = "c" + std::to_string(i + 1);
    auto column = MakeExpr(ExprKind::kColumn, query->fields[i].type);
    column->text = name;
    outer->items.push_back({std::move(column), query->fields[i].name});
    source->column_names.push_back(name);
  }
  source->query = std::move(query);
  outer->from = std::move(source);
  return outer;
}

void ForEachExpr(Query& query, const std::function<void(ExprPtr&)>& visit) {
  for (SelectItem& item : query.items) visit(item.expr);
  VisitSource(query.from.get(), visit);
  if (query.where) visit(query.where);
  for (GroupItem& item : query.group_by) VisitGroup(item, visit);
  if (query.having) visit(query.having);
  if (query.qualify) visit(query.qualify);
  for (OrderItem& item : query.order_by) visit(item.expr);
  if (query.limit) visit(query.limit);
  if (query.offset) visit(query.offset);
}

void ForEachQuery(Query& query, const std::function<void(Query&)>& visit) {
  for (CommonTable& cte : query.ctes) visit(*cte.query);
  if (query.left) visit(*query.left);
  if (query.right) visit(*query.right);
  VisitSourceQueries(query.from.get(), visit);
}

void ForEachChild(Expr& expr, const std::function<void(ExprPtr&)>& visit) {
  for (ExprPtr& argument : expr.arguments) visit(argument);
  for (OrderItem& item : expr.order_by) visit(item.expr);
  if (!expr.window) return;
  for (ExprPtr& part : expr.window->partition_by) visit(part);
  for (OrderItem& item : expr.window->order_by) visit(item.expr);
  if (expr.window->start.offset) visit(expr.window->start.offset);
  if (expr.window->end.offset) visit(expr.window->end.offset);
}

void ForEachPart(Expr& expr, const std::function<void(Source&)>& visit_source,
                 const std::function<void(Expr&)>& visit_expr) {
  visit_expr(expr);
  if (expr.query) ForEachPart(*expr.query, visit_source, visit_expr);
  ForEachChild(expr, [&](ExprPtr& child) { ForEachPart(*child, visit_source, visit_expr); });
}

void ForEachPart(Query& query, const std::function<void(Source&)>& visit_source,
                 const std::function<void(Expr&)>& visit_expr) {
  ForEachQuery(query, [&](Query& below) { ForEachPart(below, visit_source, visit_expr); });
  ForEachExpr(query, [&](ExprPtr& expr) { ForEachPart(*expr, visit_source, visit_expr); });
  // Last: a visitor may put a query in a source's place.
  VisitLeaves(query.from.get(), visit_source);
}

}  // namespace datamigrate::relational
