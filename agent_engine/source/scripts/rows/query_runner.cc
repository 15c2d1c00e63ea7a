#include "agent_engine/source/scripts/rows/query_runner.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/scripts/definition_reader.h"
#include "agent_engine/source/scripts/rows/query_parts.h"

namespace datamigrate::source {

using catalog::FoldName;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

namespace {

// The column that the reference means within `columns`, with or without a qualifier.
std::optional<size_t> OwnColumn(Node reference, const std::vector<ScopeColumn>& columns) {
  if (!reference.Is(NodeKind::kColumnReference)) return std::nullopt;
  const auto parts = tsql::NameParts(reference.Child(Role::kName));
  if (parts.empty() || parts.size() > 2) return std::nullopt;
  const std::string name = FoldName(parts.back());
  for (size_t i = 0; i < columns.size(); ++i) {
    const bool fits = columns[i].name == name && !columns[i].is_missing &&
                      (parts.size() == 1 || columns[i].qualifier == FoldName(parts[0]));
    if (fits) return i;
  }
  return std::nullopt;
}

// Whether the expression's value does not depend on `columns`: a literal, a variable, or another
// source's column.
bool IsFromOutside(Node expression, const std::vector<ScopeColumn>& columns) {
  if (expression.Is(NodeKind::kLiteral) || expression.Is(NodeKind::kVariableReference)) return true;
  if (!expression.Is(NodeKind::kColumnReference)) return false;
  const auto parts = tsql::NameParts(expression.Child(Role::kName));
  const bool is_own = OwnColumn(expression, columns).has_value();
  return parts.size() == 2 && !is_own &&
         std::ranges::none_of(columns, [&](const ScopeColumn& column) {
           return column.qualifier == FoldName(parts[0]);
         });
}

}  // namespace

void QueryRunner::BeginCtes(Node with_clause) {
  for (Node cte : with_clause.Children(Role::kCte)) ctes_[AliasOf(cte)].push_back(cte);
}

void QueryRunner::EndCtes(Node with_clause) {
  for (Node cte : with_clause.Children(Role::kCte)) {
    auto& stack = ctes_[AliasOf(cte)];
    stack.pop_back();
    if (stack.empty()) ctes_.erase(AliasOf(cte));
  }
}

absl::StatusOr<QueryResult> QueryRunner::Run(Node query, const Scope* outer, int64_t max_rows) {
  if (query.Has(Role::kFor)) return Unsupported("FOR XML or FOR JSON");
  if (query.Has(Role::kOffsetFetch)) return Unsupported("OFFSET");
  return RunBody(query.Child(Role::kBody), query.Child(Role::kOrderBy), outer, max_rows);
}

absl::StatusOr<QueryResult> QueryRunner::RunBody(Node body, Node order_by, const Scope* outer,
                                                 int64_t max_rows) {
  if (body.Is(NodeKind::kQuerySpecification))
    return RunSpecification(body, order_by, outer, max_rows);
  if (body.Is(NodeKind::kParenthesizedQuery)) return Run(body.Child(Role::kQuery), outer, max_rows);
  if (!body.Is(NodeKind::kSetOperation)) return Unsupported("this query");
  auto result = RunSetOperation(body, outer);
  if (!result.ok() || !order_by) return result;
  std::vector<std::vector<SqlValue>> keys;
  for (const auto& row : result->rows) {
    auto key = OrderKeys(order_by, Scope(), result->names, row);
    if (!key.ok()) return key.status();
    keys.push_back(*std::move(key));
  }
  std::vector<size_t> order;
  if (absl::Status sorted = Sort(order_by, keys, order); !sorted.ok()) return sorted;
  std::vector<std::vector<SqlValue>> rows;
  for (const size_t i : order) rows.push_back(std::move(result->rows[i]));
  result->rows = std::move(rows);
  return result;
}

absl::StatusOr<QueryResult> QueryRunner::RunSetOperation(Node body, const Scope* outer) {
  // Chains of UNION ALL are long and lean to the left: they are walked, not recursed into.
  std::vector<std::pair<std::string, Node>> steps;
  Node first = body;
  while (first.Is(NodeKind::kSetOperation)) {
    steps.emplace_back(WordsOf(first, Role::kOperator), first.Child(Role::kRight));
    first = first.Child(Role::kLeft);
  }
  auto result = RunBody(first, Node(), outer, INT64_MAX);
  if (!result.ok()) return result;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    auto right = RunBody(step->second, Node(), outer, INT64_MAX);
    if (!right.ok()) return right;
    const auto& [operation, node] = *step;
    if (operation.starts_with("union")) {
      for (auto& row : right->rows) result->rows.push_back(std::move(row));
    }
    if (operation == "union all") continue;
    absl::flat_hash_set<std::string> in_right, seen;
    for (const auto& row : right->rows) in_right.insert(KeyOf(row));
    std::vector<std::vector<SqlValue>> kept;
    for (auto& row : result->rows) {
      const std::string key = KeyOf(row);
      const bool wanted =
          operation == "union" || in_right.contains(key) == (operation == "intersect");
      if (wanted && seen.insert(key).second) kept.push_back(std::move(row));
    }
    result->rows = std::move(kept);
  }
  return result;
}

std::shared_ptr<const QueryRunner::ColumnIndex> QueryRunner::IndexOf(const Relation& relation,
                                                                     size_t column) {
  constexpr size_t kMaxIndexes = 16;
  const size_t table = *relation.whole_table;
  const uint64_t version = tables_.version(table);
  for (const auto& index : indexes_) {
    if (index->table == table && index->column == column && index->version == version) return index;
  }
  auto index = std::make_shared<ColumnIndex>(ColumnIndex{table, column, version, {}});
  const catalog::DataType& type = relation.columns[column].type;
  for (size_t i = 0; i < relation.rows->size(); ++i) {
    const data::Cell& cell = (*relation.rows)[i][column];
    if (cell) index->places[KeyOf(SqlValue{type, cell})].push_back(i);
  }
  if (indexes_.size() < kMaxIndexes) {
    indexes_.push_back(index);
  } else {
    next_index_ = (next_index_ + 1) % kMaxIndexes;
    indexes_[next_index_] = index;
  }
  return index;
}

absl::StatusOr<QueryRunner::Found> QueryRunner::Candidates(const Relation& relation, Node where,
                                                           const Scope* outer) {
  constexpr size_t kMinRows = 50;
  static const std::vector<size_t> kNone;
  if (!relation.whole_table || relation.rows->size() < kMinRows) return Found();
  std::vector<Node> parts;
  SplitConjunction(where, parts);
  for (Node part : parts) {
    if (!part.Is(NodeKind::kComparison) || WordsOf(part, Role::kOperator) != "=") continue;
    for (const auto& [a, b] :
         {std::pair(Role::kLeft, Role::kRight), std::pair(Role::kRight, Role::kLeft)}) {
      const auto column = OwnColumn(part.Child(a), relation.columns);
      const Node other = part.Child(b);
      if (!column || !IsFromOutside(other, relation.columns)) continue;
      const catalog::DataType& type = relation.columns[*column].type;
      const TypeFamily family = FamilyOf(type);
      const auto value = evaluator_.Evaluate(other, outer);
      if (!value.ok()) return value.status();
      const TypeFamily given = FamilyOf(value->type);
      const bool comparable =
          family == given && (family == TypeFamily::kInteger || family == TypeFamily::kText);
      if (!comparable || value->is_null()) continue;
      auto index = IndexOf(relation, *column);
      const auto found = index->places.find(KeyOf(SqlValue{type, value->text}));
      const std::vector<size_t>* places = found == index->places.end() ? &kNone : &found->second;
      return Found{std::move(index), places};
    }
  }
  return Found();
}

absl::StatusOr<QueryRunner::Selected> QueryRunner::Select(Node body, const Scope* outer,
                                                          int64_t max_rows) {
  Selected selected;
  auto relation = From(body.Child(Role::kFrom), outer, false);
  if (!relation.ok()) return relation.status();
  selected.relation = *std::move(relation);
  const Node having = body.Child(Role::kHaving), list = body.Child(Role::kSelectList);
  selected.is_grouped = body.Has(Role::kGroupBy) || having || HasAggregate(list);
  const Node where = body.Child(Role::kWhere);
  const auto candidates = Candidates(selected.relation, where, outer);
  if (!candidates.ok()) return candidates.status();
  const std::vector<data::Row>& all = *selected.relation.rows;
  const std::vector<size_t>* places = candidates->places;
  const size_t count = places == nullptr ? all.size() : places->size();
  for (size_t i = 0; i < count; ++i) {
    const data::Row& row = all[places == nullptr ? i : (*places)[i]];
    const Scope scope{&selected.relation.columns, &row, nullptr, outer};
    const auto holds = evaluator_.Test(where, &scope);
    if (!holds.ok()) return holds.status();
    if (!holds->value_or(false)) continue;
    selected.rows.push_back(&row);
    if (!selected.is_grouped && static_cast<int64_t>(selected.rows.size()) >= max_rows) break;
  }
  if (selected.is_grouped) {
    if (absl::Status grouped = Group(body, outer, selected); !grouped.ok()) return grouped;
  }
  return selected;
}

absl::Status QueryRunner::Group(Node body, const Scope* outer, Selected& selected) {
  const Node group_by = body.Child(Role::kGroupBy);
  const auto items = group_by.Children(Role::kItem);
  if (group_by.Has(Role::kLegacyKind) || !WordsOf(group_by, Role::kLegacyKind).empty()) {
    return Unsupported("WITH ROLLUP");
  }
  absl::flat_hash_map<std::string, size_t> numbers;
  if (items.empty()) selected.groups.push_back(selected.rows);
  for (const data::Row* row : items.empty() ? std::vector<const data::Row*>() : selected.rows) {
    const Scope scope{&selected.relation.columns, row, nullptr, outer};
    std::vector<SqlValue> key;
    for (Node item : items) {
      auto value = evaluator_.Evaluate(item, &scope);
      if (!value.ok()) return value.status();
      key.push_back(*std::move(value));
    }
    const auto [found, is_new] = numbers.try_emplace(KeyOf(key), selected.groups.size());
    if (is_new) selected.groups.emplace_back();
    selected.groups[found->second].push_back(row);
  }
  const Node having = body.Child(Role::kHaving);
  if (!having) return absl::OkStatus();
  std::vector<std::vector<const data::Row*>> kept;
  for (auto& group : selected.groups) {
    const Scope scope{&selected.relation.columns, nullptr, &group, outer};
    const auto holds = evaluator_.Test(having, &scope);
    if (!holds.ok()) return holds.status();
    if (holds->value_or(false)) kept.push_back(std::move(group));
  }
  selected.groups = std::move(kept);
  return absl::OkStatus();
}

std::vector<std::string> QueryRunner::NamesOf(Node list,
                                              const std::vector<ScopeColumn>& columns) const {
  std::vector<std::string> names;
  for (Node item : list.Children(Role::kItem)) {
    const Node value = item.Child(Role::kValue);
    if (value.Is(NodeKind::kStar)) {
      const auto parts = tsql::NameParts(value.Child(Role::kName));
      const std::string qualifier = parts.empty() ? "" : FoldName(parts.back());
      for (const ScopeColumn& column : columns) {
        if (qualifier.empty() || column.qualifier == qualifier) names.push_back(column.name);
      }
      continue;
    }
    std::string name = tsql::UnquoteName(item.TokenText(Role::kAlias));
    if (name.empty() && value.Is(NodeKind::kColumnReference)) {
      const auto parts = tsql::NameParts(value.Child(Role::kName));
      if (!parts.empty()) name = parts.back();
    }
    names.push_back(FoldName(name));
  }
  return names;
}

absl::StatusOr<std::vector<SqlValue>> QueryRunner::SelectItems(Node list, const Scope& scope) {
  std::vector<SqlValue> values;
  for (Node item : list.Children(Role::kItem)) {
    const Node value_node = item.Child(Role::kValue);
    if (!item.Is(NodeKind::kSelectItem)) return Unsupported("an assignment here");
    if (!value_node.Is(NodeKind::kStar)) {
      auto value = evaluator_.Evaluate(value_node, &scope);
      if (!value.ok()) return value.status();
      values.push_back(*std::move(value));
      continue;
    }
    const auto parts = tsql::NameParts(value_node.Child(Role::kName));
    const std::string qualifier = parts.empty() ? "" : FoldName(parts.back());
    for (size_t i = 0; i < scope.columns->size(); ++i) {
      const ScopeColumn& column = (*scope.columns)[i];
      if (!qualifier.empty() && column.qualifier != qualifier) continue;
      if (column.is_missing) return Unsupported("the computed column " + column.name);
      values.push_back({column.type, scope.row == nullptr ? std::nullopt : (*scope.row)[i]});
    }
  }
  return values;
}

// A number is a place in the select list; a name of the select list goes before a column.
absl::StatusOr<std::vector<SqlValue>> QueryRunner::OrderKeys(Node order_by, const Scope& scope,
                                                             const std::vector<std::string>& names,
                                                             const std::vector<SqlValue>& row) {
  std::vector<SqlValue> keys;
  for (Node item : order_by.Children(Role::kItem)) {
    const Node value = item.Child(Role::kValue);
    std::optional<size_t> place;
    if (value.Is(NodeKind::kLiteral)) {
      const size_t number = std::strtoul(std::string(value.Text()).c_str(), nullptr, 10);
      if (number >= 1 && number <= row.size()) place = number - 1;
    } else if (value.Is(NodeKind::kColumnReference)) {
      const auto parts = tsql::NameParts(value.Child(Role::kName));
      const auto found =
          parts.size() == 1 ? std::ranges::find(names, FoldName(parts[0])) : names.end();
      if (found != names.end()) place = static_cast<size_t>(found - names.begin());
    }
    if (place) {
      keys.push_back(row[*place]);
      continue;
    }
    auto key = evaluator_.Evaluate(value, &scope);
    if (!key.ok()) return key.status();
    keys.push_back(*std::move(key));
  }
  return keys;
}

// NULL sorts first.
absl::Status QueryRunner::Sort(Node order_by, std::vector<std::vector<SqlValue>>& keys,
                               std::vector<size_t>& order) {
  order.resize(keys.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<bool> descending;
  for (Node item : order_by.Children(Role::kItem)) {
    descending.push_back(WordsOf(item, Role::kDirection) == "desc");
  }
  absl::Status failure;
  std::ranges::stable_sort(order, [&](size_t a, size_t b) {
    for (size_t i = 0; i < descending.size(); ++i) {
      const SqlValue &x = keys[a][i], &y = keys[b][i];
      int sign = static_cast<int>(x.is_null()) - static_cast<int>(y.is_null());
      if (sign != 0) {
        sign = -sign;
      } else if (!x.is_null()) {
        const auto compared = Compare(x, y, evaluator_.session().settings);
        if (!compared.ok())
          failure = compared.status();
        else
          sign = compared->value_or(0);
      }
      if (sign != 0) return descending[i] ? sign > 0 : sign < 0;
    }
    return false;
  });
  return failure;
}

absl::StatusOr<int64_t> QueryRunner::TopCount(Node body, int64_t available) {
  const Node top = body.Child(Role::kTop);
  if (!top) return available;
  if (top.TokenOf(Role::kWithTies)) return Unsupported("TOP WITH TIES");
  const auto value = evaluator_.Evaluate(top.Child(Role::kValue), nullptr);
  if (!value.ok()) return value.status();
  const double number = DoubleOf(*value).value_or(0);
  if (!top.TokenOf(Role::kPercent)) return std::min(available, static_cast<int64_t>(number));
  const double share = number / 100 * static_cast<double>(available);
  return std::min(available, static_cast<int64_t>(share) +
                                 (share > static_cast<double>(static_cast<int64_t>(share))));
}

absl::StatusOr<QueryResult> QueryRunner::RunSpecification(Node body, Node order_by,
                                                          const Scope* outer, int64_t max_rows) {
  const bool is_distinct = WordsOf(body, Role::kQuantifier) == "distinct";
  const bool may_stop = !order_by && !is_distinct && !body.Has(Role::kTop);
  auto selected = Select(body, outer, may_stop ? max_rows : INT64_MAX);
  if (!selected.ok()) return selected.status();
  QueryResult result;
  const Node list = body.Child(Role::kSelectList);
  result.names = NamesOf(list, selected->relation.columns);
  std::vector<std::vector<SqlValue>> keys;
  absl::flat_hash_set<std::string> seen;
  const size_t count = selected->is_grouped ? selected->groups.size() : selected->rows.size();
  for (size_t i = 0; i < count; ++i) {
    const Scope scope{&selected->relation.columns,
                      selected->is_grouped ? nullptr : selected->rows[i],
                      selected->is_grouped ? &selected->groups[i] : nullptr, outer};
    auto row = SelectItems(list, scope);
    if (!row.ok()) return row.status();
    if (is_distinct && !seen.insert(KeyOf(*row)).second) continue;
    if (order_by) {
      auto key = OrderKeys(order_by, scope, result.names, *row);
      if (!key.ok()) return key.status();
      keys.push_back(*std::move(key));
    }
    result.rows.push_back(*std::move(row));
  }
  if (order_by) {
    std::vector<size_t> order;
    if (absl::Status sorted = Sort(order_by, keys, order); !sorted.ok()) return sorted;
    std::vector<std::vector<SqlValue>> rows;
    for (const size_t i : order) rows.push_back(std::move(result.rows[i]));
    result.rows = std::move(rows);
  }
  const auto top = TopCount(body, static_cast<int64_t>(result.rows.size()));
  if (!top.ok()) return top.status();
  result.rows.resize(static_cast<size_t>(std::max<int64_t>(*top, 0)));
  return result;
}

absl::Status QueryRunner::ForEach(Node query, const Scope* outer, const Visitor& visit) {
  const Node body = query.Child(Role::kBody), order_by = query.Child(Role::kOrderBy);
  if (!body.Is(NodeKind::kQuerySpecification))
    return Unsupported("an assignment in a set operation");
  auto selected = Select(body, outer, INT64_MAX);
  if (!selected.ok()) return selected.status();
  const size_t count = selected->is_grouped ? selected->groups.size() : selected->rows.size();
  const auto scope_of = [&](size_t i) {
    return Scope{&selected->relation.columns, selected->is_grouped ? nullptr : selected->rows[i],
                 selected->is_grouped ? &selected->groups[i] : nullptr, outer};
  };
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  if (order_by) {
    std::vector<std::vector<SqlValue>> keys;
    for (size_t i = 0; i < count; ++i) {
      auto key = OrderKeys(order_by, scope_of(i), {}, {});
      if (!key.ok()) return key.status();
      keys.push_back(*std::move(key));
    }
    if (absl::Status sorted = Sort(order_by, keys, order); !sorted.ok()) return sorted;
  }
  const auto top = TopCount(body, static_cast<int64_t>(count));
  if (!top.ok()) return top.status();
  for (int64_t i = 0; i < *top; ++i) {
    const Scope scope = scope_of(order[static_cast<size_t>(i)]);
    if (absl::Status visited = visit(scope); !visited.ok()) return visited;
  }
  return absl::OkStatus();
}

}  // namespace datamigrate::source
