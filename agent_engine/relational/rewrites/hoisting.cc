#include "agent_engine/relational/rewrites/hoisting.h"

#include <algorithm>
#include <optional>
#include <set>

#include "agent_engine/relational/rewrites/ranges.h"

namespace datamigrate::relational {
namespace {

// The selects that UNION ALL joins; false where there is more than rows and conditions.
bool TakeBranches(Query& query, std::vector<Query*>& branches) {
  if (query.limit || query.offset || !query.ctes.empty()) return false;
  if (query.kind == QueryKind::kUnionAll)
    return TakeBranches(*query.left, branches) && TakeBranches(*query.right, branches);
  const bool is_plain = query.kind == QueryKind::kSelect && !query.distinct && !query.is_grouped &&
                        query.group_by.empty() && !query.having && !query.qualify &&
                        std::ranges::none_of(query.items, [](const SelectItem& item) {
                          return ContainsAggregate(*item.expr) || ContainsWindow(*item.expr);
                        });
  if (is_plain) branches.push_back(&query);
  return is_plain;
}

// The condition over the derived table's columns; null where it shows too few.
ExprPtr Shown(const Expr& condition, const Query& branch, const std::set<int32_t>& ranges,
              const Source& source) {
  ExprPtr shown = Clone(condition);
  bool is_shown = true;
  VisitExpr(shown, [&](ExprPtr& expr) {
    is_shown = is_shown && !expr->query;
    if (expr->kind != ExprKind::kColumn || !ranges.contains(expr->range)) return;
    const auto item = std::ranges::find_if(branch.items, [&](const SelectItem& candidate) {
      return candidate.expr->kind == ExprKind::kColumn && candidate.expr->range == expr->range &&
             candidate.expr->text == expr->text;
    });
    const size_t index = item - branch.items.begin();
    if (index >= branch.items.size() || index >= source.query->fields.size()) {
      is_shown = false;
      return;
    }
    auto column = MakeExpr(ExprKind::kColumn, expr->type, expr->span);
    column->text = source.query->fields[index].name;
    column->qualifier = source.alias;
    column->range = source.range;
    expr = std::move(column);
  });
  return is_shown ? std::move(shown) : nullptr;
}

struct Conditions {
  std::vector<ExprPtr> moved;
  std::vector<ExprPtr> kept;
};

// None where a condition that sees the outside must stay.
std::optional<Conditions> Divide(Query& branch, const Source& source) {
  std::set<int32_t> ranges;
  CollectRanges(branch, ranges);
  Conditions conditions;
  if (!branch.where) return conditions;
  std::vector<ExprPtr> parts;
  if (branch.where->kind == ExprKind::kAnd) {
    for (const ExprPtr& part : branch.where->arguments) parts.push_back(Clone(*part));
  } else {
    parts.push_back(Clone(*branch.where));
  }
  for (ExprPtr& part : parts) {
    bool sees_outside = false;
    VisitExpr(part, [&](ExprPtr& expr) {
      sees_outside = sees_outside || (expr->kind == ExprKind::kColumn && expr->range >= 0 &&
                                      !ranges.contains(expr->range));
    });
    if (!sees_outside) {
      conditions.kept.push_back(std::move(part));
      continue;
    }
    ExprPtr shown = Shown(*part, branch, ranges, source);
    if (!shown) return std::nullopt;
    conditions.moved.push_back(std::move(shown));
  }
  return conditions;
}

ExprPtr Conjunction(std::vector<ExprPtr> parts, ExprPtr first = nullptr) {
  for (ExprPtr& part : parts)
    first =
        first ? MakeLogical(ExprKind::kAnd, std::move(first), std::move(part)) : std::move(part);
  return first;
}

bool AreSame(const std::vector<ExprPtr>& left, const std::vector<ExprPtr>& right) {
  return std::ranges::equal(left, right,
                            [](const ExprPtr& a, const ExprPtr& b) { return SameExpr(*a, *b); });
}

// Adds what is moved to `condition`.
void HoistFrom(Source& source, ExprPtr& condition) {
  if (source.kind == SourceKind::kJoin) {
    // A condition on what an outer join fills with NULLs is one of the join, not of the whole.
    const bool is_left = source.join == JoinKind::kLeft && source.condition;
    if (source.join != JoinKind::kInner && source.join != JoinKind::kCross && !is_left) return;
    HoistFrom(*source.left, condition);
    HoistFrom(*source.right, is_left ? source.condition : condition);
    return;
  }
  if (source.kind != SourceKind::kDerived || source.lateral || !source.column_names.empty() ||
      source.range < 0)
    return;
  std::vector<Query*> branches;
  if (!TakeBranches(*source.query, branches)) return;
  std::vector<Conditions> divided;
  for (Query* branch : branches) {
    std::optional<Conditions> conditions = Divide(*branch, source);
    if (!conditions || (!divided.empty() && !AreSame(conditions->moved, divided[0].moved))) return;
    divided.push_back(std::move(*conditions));
  }
  if (divided.empty() || divided[0].moved.empty()) return;
  for (size_t i = 0; i < branches.size(); ++i)
    branches[i]->where = Conjunction(std::move(divided[i].kept));
  condition = Conjunction(std::move(divided[0].moved), std::move(condition));
}

}  // namespace

void HoistConditions(Query& query) {
  if (query.kind == QueryKind::kSelect && query.from) HoistFrom(*query.from, query.where);
}

}  // namespace datamigrate::relational
