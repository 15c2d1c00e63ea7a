#include "agent_engine/relational/same_value.h"

#include <algorithm>

#include "agent_engine/relational/query.h"

namespace datamigrate::relational {
namespace {

bool SameQuery(const Query& left, const Query& right);

// Both are absent, or `same` holds for what they point to.
template <typename Pointer, typename Same>
bool BothOr(const Pointer& left, const Pointer& right, Same same) {
  if (!left || !right) return !left && !right;
  return same(*left, *right);
}

bool SameOptional(const ExprPtr& left, const ExprPtr& right) {
  return BothOr(left, right, SameValue);
}

bool SameList(const std::vector<ExprPtr>& left, const std::vector<ExprPtr>& right) {
  return std::ranges::equal(left, right, SameOptional);
}

bool SameOrder(const std::vector<OrderItem>& left, const std::vector<OrderItem>& right) {
  return std::ranges::equal(left, right, [](const OrderItem& a, const OrderItem& b) {
    return a.descending == b.descending && SameValue(*a.expr, *b.expr);
  });
}

bool SameBound(const FrameBound& left, const FrameBound& right) {
  return left.kind == right.kind && SameOptional(left.offset, right.offset);
}

bool SameWindow(const Window& left, const Window& right) {
  return left.has_frame == right.has_frame && left.is_rows == right.is_rows &&
         SameList(left.partition_by, right.partition_by) &&
         SameOrder(left.order_by, right.order_by) && SameBound(left.start, right.start) &&
         SameBound(left.end, right.end);
}

bool SameSource(const Source& left, const Source& right) {
  return left.kind == right.kind && left.alias == right.alias && left.relation == right.relation &&
         left.name_parts == right.name_parts && left.column_names == right.column_names &&
         left.lateral == right.lateral && left.join == right.join && left.range == right.range &&
         BothOr(left.query, right.query, SameQuery) &&
         std::ranges::equal(left.rows, right.rows, SameList) &&
         SameOptional(left.call, right.call) && BothOr(left.left, right.left, SameSource) &&
         BothOr(left.right, right.right, SameSource) &&
         SameOptional(left.condition, right.condition);
}

bool SameGroups(const std::vector<GroupItem>& left, const std::vector<GroupItem>& right) {
  return std::ranges::equal(left, right, [](const GroupItem& a, const GroupItem& b) {
    return a.kind == b.kind && SameOptional(a.expr, b.expr) && SameGroups(a.items, b.items);
  });
}

bool SameCommonTables(const Query& left, const Query& right) {
  return left.recursive == right.recursive &&
         std::ranges::equal(left.ctes, right.ctes, [](const CommonTable& a, const CommonTable& b) {
           return a.name == b.name && a.column_names == b.column_names &&
                  SameQuery(*a.query, *b.query);
         });
}

bool SameLimit(const Query& left, const Query& right) {
  return SameOrder(left.order_by, right.order_by) && SameOptional(left.limit, right.limit) &&
         SameOptional(left.offset, right.offset) && left.with_ties == right.with_ties &&
         left.limit_is_percent == right.limit_is_percent;
}

bool SameQuery(const Query& left, const Query& right) {
  return left.kind == right.kind && left.distinct == right.distinct &&
         left.is_grouped == right.is_grouped && SameCommonTables(left, right) &&
         std::ranges::equal(left.items, right.items,
                            [](const SelectItem& a, const SelectItem& b) {
                              return a.alias == b.alias && SameValue(*a.expr, *b.expr);
                            }) &&
         BothOr(left.from, right.from, SameSource) && SameOptional(left.where, right.where) &&
         SameGroups(left.group_by, right.group_by) && SameOptional(left.having, right.having) &&
         SameOptional(left.qualify, right.qualify) && BothOr(left.left, right.left, SameQuery) &&
         BothOr(left.right, right.right, SameQuery) && SameLimit(left, right);
}

bool SameOwnParts(const Expr& left, const Expr& right) {
  return left.kind == right.kind && left.text == right.text && left.part == right.part &&
         left.quantifier == right.quantifier && left.style == right.style &&
         left.negated == right.negated && left.distinct == right.distinct &&
         left.has_else == right.has_else && left.try_cast == right.try_cast &&
         left.ignore_nulls == right.ignore_nulls && left.fold_case == right.fold_case &&
         left.fold_accents == right.fold_accents && left.trim == right.trim &&
         left.json == right.json;
}

}  // namespace

bool SameValue(const Expr& left, const Expr& right) {
  if (left.kind == ExprKind::kColumn || (!left.query && left.arguments.empty() && !left.window))
    return SameExpr(left, right);
  if (left.kind == ExprKind::kCast && !(left.type == right.type)) return false;
  return SameOwnParts(left, right) && SameList(left.arguments, right.arguments) &&
         SameOrder(left.order_by, right.order_by) &&
         BothOr(left.window, right.window, SameWindow) &&
         BothOr(left.query, right.query, SameQuery);
}

}  // namespace datamigrate::relational
