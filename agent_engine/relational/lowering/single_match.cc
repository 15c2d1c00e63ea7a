#include "agent_engine/relational/lowering/single_match.h"

#include <algorithm>
#include <set>

namespace datamigrate::relational {
namespace {

// A column of a range variable that equals an expression over other ones.
struct Equality {
  int32_t range;
  std::string column;  // Folded.
  std::set<int32_t> sources;
};

const Expr& WithoutImplicitCasts(const Expr& expr) {
  const Expr* inner = &expr;
  while (inner->kind == ExprKind::kCast && inner->implicit) inner = inner->arguments[0].get();
  return *inner;
}

// The range variables that the expression reads; false where a sub-query may read more.
bool RangesOf(const Expr& expr, std::set<int32_t>& ranges) {
  if (expr.query || expr.window) return false;
  if (expr.kind == ExprKind::kColumn) ranges.insert(expr.range);
  return std::ranges::all_of(expr.arguments,
                             [&](const ExprPtr& child) { return RangesOf(*child, ranges); });
}

void AddEquality(const Expr& side, const Expr& other, std::vector<Equality>& equalities) {
  const Expr& column = WithoutImplicitCasts(side);
  if (column.kind != ExprKind::kColumn) return;
  Equality equality{column.range, FoldName(column.text), {}};
  if (RangesOf(other, equality.sources)) equalities.push_back(std::move(equality));
}

void AddEqualities(const Expr& condition, std::vector<Equality>& equalities) {
  if (condition.kind == ExprKind::kAnd) {
    for (const ExprPtr& part : condition.arguments) AddEqualities(*part, equalities);
  } else if (condition.kind == ExprKind::kCompare && condition.text == "=") {
    AddEquality(*condition.arguments[0], *condition.arguments[1], equalities);
    AddEquality(*condition.arguments[1], *condition.arguments[0], equalities);
  }
}

using Key = std::vector<std::string>;

// The columns by which the rows of a grouped query differ; none where not all are shown.
Key GroupKey(const Query& query) {
  Key key;
  for (const GroupItem& group : query.group_by) {
    if (group.kind != GroupKind::kExpr) return {};
    const auto shown = std::ranges::find_if(
        query.items, [&](const SelectItem& item) { return SameExpr(*item.expr, *group.expr); });
    if (shown == query.items.end() || shown->alias.empty()) return {};
    key.push_back(FoldName(shown->alias));
  }
  return key;
}

// The columns of VALUES whose constants all differ, each a key by itself.
std::vector<Key> KeysOfRows(const Source& values) {
  std::vector<Key> keys;
  for (size_t column = 0; column < values.column_names.size(); ++column) {
    std::set<std::string> seen;
    const bool is_key = std::ranges::all_of(values.rows, [&](const auto& row) {
      const bool is_plain = column < row.size() && (row[column]->kind == ExprKind::kNumber ||
                                                    row[column]->kind == ExprKind::kString);
      return is_plain && seen.insert(FoldName(row[column]->text)).second;
    });
    if (is_key) keys.push_back({FoldName(values.column_names[column])});
  }
  return keys;
}

struct Leaf {
  int32_t range;
  std::vector<Key> keys;
};

void Collect(const Source& source, const std::vector<RangeVariable>& ranges,
             std::vector<Leaf>& leaves, std::vector<Equality>& equalities) {
  if (source.kind == SourceKind::kJoin) {
    Collect(*source.left, ranges, leaves, equalities);
    Collect(*source.right, ranges, leaves, equalities);
    if (source.condition) AddEqualities(*source.condition, equalities);
    return;
  }
  Leaf leaf{source.range, {}};
  for (const RangeVariable& range : ranges) {
    if (range.id != source.range || range.keys == nullptr) continue;
    for (const auto& columns : *range.keys) {
      Key& key = leaf.keys.emplace_back();
      for (const std::string& column : columns) key.push_back(FoldName(column));
    }
  }
  if (source.kind == SourceKind::kValues) leaf.keys = KeysOfRows(source);
  if (source.kind == SourceKind::kDerived && source.query->kind == QueryKind::kSelect) {
    if (Key key = GroupKey(*source.query); !key.empty()) leaf.keys.push_back(std::move(key));
  }
  leaves.push_back(std::move(leaf));
}

}  // namespace

bool MatchesOnce(const Source& from, const Expr* where, int32_t written,
                 const std::vector<RangeVariable>& ranges) {
  std::vector<Leaf> leaves;
  std::vector<Equality> equalities;
  Collect(from, ranges, leaves, equalities);
  if (where != nullptr) AddEqualities(*where, equalities);
  std::set<int32_t> determined{written};
  const auto is_fixed = [&](int32_t range, const std::string& column) {
    return std::ranges::any_of(equalities, [&](const Equality& equality) {
      return equality.range == range && equality.column == column &&
             !equality.sources.contains(range) &&
             std::ranges::includes(determined, equality.sources);
    });
  };
  for (size_t round = 0; round < leaves.size(); ++round) {
    for (const Leaf& leaf : leaves) {
      const bool has_key = std::ranges::any_of(leaf.keys, [&](const Key& key) {
        return !key.empty() && std::ranges::all_of(key, [&](const std::string& column) {
          return is_fixed(leaf.range, column);
        });
      });
      if (has_key) determined.insert(leaf.range);
    }
  }
  return std::ranges::all_of(leaves,
                             [&](const Leaf& leaf) { return determined.contains(leaf.range); });
}

}  // namespace datamigrate::relational
