#include "agent_engine/source/scripts/rows/query_runner.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/scripts/definition_reader.h"

namespace datamigrate::source {

using catalog::FoldName;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

namespace {

absl::Status Unsupported(const std::string& what) {
  return absl::UnimplementedError(absl::StrCat(what, " is not evaluated while scripts are read"));
}

std::string AliasOf(Node node) { return FoldName(tsql::UnquoteName(node.TokenText(Role::kAlias))); }

// Equal for values that compare as equal, within one type.
std::string KeyOf(const SqlValue& value) {
  if (value.is_null()) return "\x01";
  std::string key = *value.text;
  if (FamilyOf(value.type) == TypeFamily::kText) {
    key = FoldName(key);
    key.erase(key.find_last_not_of(' ') + 1);
  }
  return "\x02" + key;
}

std::string KeyOf(const std::vector<SqlValue>& values) {
  std::string key;
  for (const SqlValue& value : values) {
    const std::string part = KeyOf(value);
    key += std::to_string(part.size()) + ":" + part;
  }
  return key;
}

void SplitConjunction(Node condition, std::vector<Node>& parts) {
  if (condition.Is(NodeKind::kParenthesized)) return SplitConjunction(condition.Child(Role::kOperand), parts);
  if (condition.Is(NodeKind::kLogical) && WordsOf(condition, Role::kOperator) == "and") {
    SplitConjunction(condition.Child(Role::kLeft), parts);
    SplitConjunction(condition.Child(Role::kRight), parts);
    return;
  }
  if (condition) parts.push_back(condition);
}

// The only column of `columns` that the reference means; none when it is another's or not clear.
std::optional<size_t> ColumnOf(Node reference, const std::vector<ScopeColumn>& columns) {
  if (!reference.Is(NodeKind::kColumnReference)) return std::nullopt;
  const auto parts = tsql::NameParts(reference.Child(Role::kName));
  if (parts.size() != 2) return std::nullopt;
  const std::string qualifier = FoldName(parts[0]), name = FoldName(parts[1]);
  for (size_t i = 0; i < columns.size(); ++i) {
    const ScopeColumn& column = columns[i];
    if (column.qualifier == qualifier && column.name == name && !column.is_missing) return i;
  }
  return std::nullopt;
}

struct EqualColumns {
  size_t left;
  size_t right;
};

// A conjunct left.a = right.b over columns whose equality is that of their keys.
std::optional<EqualColumns> FindEquality(Node condition, const Relation& left, const Relation& right) {
  std::vector<Node> parts;
  SplitConjunction(condition, parts);
  for (Node part : parts) {
    if (!part.Is(NodeKind::kComparison) || WordsOf(part, Role::kOperator) != "=") continue;
    for (const auto& [a, b] : {std::pair(Role::kLeft, Role::kRight), std::pair(Role::kRight, Role::kLeft)}) {
      const auto in_left = ColumnOf(part.Child(a), left.columns);
      const auto in_right = ColumnOf(part.Child(b), right.columns);
      if (!in_left || !in_right) continue;
      const TypeFamily x = FamilyOf(left.columns[*in_left].type);
      const TypeFamily y = FamilyOf(right.columns[*in_right].type);
      const bool comparable = x == y && (x == TypeFamily::kInteger || x == TypeFamily::kText || x == TypeFamily::kGuid);
      if (comparable) return EqualColumns{*in_left, *in_right};
    }
  }
  return std::nullopt;
}

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

// Whether the expression's value does not depend on `columns`: a literal, a variable, or another source's column.
bool IsFromOutside(Node expression, const std::vector<ScopeColumn>& columns) {
  if (expression.Is(NodeKind::kLiteral) || expression.Is(NodeKind::kVariableReference)) return true;
  if (!expression.Is(NodeKind::kColumnReference)) return false;
  const auto parts = tsql::NameParts(expression.Child(Role::kName));
  const bool is_own = OwnColumn(expression, columns).has_value();
  return parts.size() == 2 && !is_own &&
         std::ranges::none_of(columns, [&](const ScopeColumn& column) { return column.qualifier == FoldName(parts[0]); });
}

constexpr std::string_view kRowNumber = "\x01row";

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

std::optional<size_t> QueryRunner::FindTable(Node name) const {
  const auto parts = tsql::NameParts(name);
  if (parts.empty()) return std::nullopt;
  const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
  return tables_.Find(schema, parts.back(), default_schema_);
}

// -- Sources -------------------------------------------------------------------------------------

absl::StatusOr<Relation> QueryRunner::BaseTable(size_t number, const std::string& alias, bool with_numbers) {
  const catalog::Table& table = tables_.table(number);
  auto rows = tables_.Rows(number);
  if (!rows.ok()) return rows.status();
  Relation relation;
  const std::string qualifier = alias.empty() ? FoldName(table.name.name) : alias;
  const std::string schema = alias.empty() ? FoldName(table.name.schema) : "";
  for (const size_t i : tables_.stored_columns(number)) {
    const catalog::Column& column = table.columns[i];
    relation.columns.push_back({qualifier, schema, FoldName(column.name), column.type, false});
  }
  if (with_numbers) {
    auto numbered = std::make_shared<std::vector<data::Row>>(**rows);
    for (size_t i = 0; i < numbered->size(); ++i) (*numbered)[i].push_back(std::to_string(i));
    relation.bases.push_back({qualifier, number, relation.columns.size()});
    relation.columns.push_back({qualifier, "", std::string(kRowNumber), {"bigint", 0, 0, 0, {}}, false});
    relation.rows = std::move(numbered);
  } else {
    relation.rows = *rows;
    relation.whole_table = number;
  }
  for (const catalog::Column& column : table.columns) {
    if (column.computed_expression.empty()) continue;
    relation.columns.push_back({qualifier, schema, FoldName(column.name), column.type, true});
  }
  return relation;
}

absl::StatusOr<Relation> QueryRunner::Named(Node reference, const Scope* outer, bool with_numbers) {
  const Node name = reference.Child(Role::kName);
  const std::string alias = AliasOf(reference);
  const auto parts = tsql::NameParts(name);
  const auto cte = parts.size() == 1 ? ctes_.find(FoldName(parts[0])) : ctes_.end();
  if (cte != ctes_.end()) {
    const std::string key = cte->first;
    if (!running_ctes_.insert(key).second) return Unsupported("a recursive common table expression");
    const Node definition = cte->second.back();
    auto result = Run(definition.Child(Role::kQuery), outer, INT64_MAX);
    running_ctes_.erase(key);
    if (!result.ok()) return result.status();
    return ToRelation(*std::move(result), alias.empty() ? key : alias, definition.Child(Role::kColumns));
  }
  if (reference.Has(Role::kForSystemTime)) return Unsupported("FOR SYSTEM_TIME");
  if (const auto table = FindTable(name)) return BaseTable(*table, alias, with_numbers);
  auto result = evaluator_.host().RunView(parts.size() > 1 ? parts[parts.size() - 2] : default_schema_, parts.back());
  if (!result.ok()) return result.status();
  return ToRelation(*std::move(result), alias.empty() ? FoldName(parts.back()) : alias, Node());
}

absl::StatusOr<Relation> QueryRunner::Values(Node values, const Scope* outer) {
  QueryResult result;
  for (Node row : values.Children(Role::kRow)) {
    std::vector<SqlValue> cells;
    for (Node item : row.Children(Role::kItem)) {
      auto value = evaluator_.Evaluate(item, outer);
      if (!value.ok()) return value.status();
      cells.push_back(*std::move(value));
    }
    result.rows.push_back(std::move(cells));
  }
  if (!result.rows.empty()) result.names.resize(result.rows[0].size());
  return ToRelation(std::move(result), AliasOf(values), values.Child(Role::kColumns));
}

Relation QueryRunner::ToRelation(QueryResult result, const std::string& alias, Node columns) {
  Relation relation;
  const auto names = columns.Children(Role::kItem);
  for (size_t i = 0; i < result.names.size(); ++i) {
    const std::string name = i < names.size() ? tsql::UnquoteName(names[i].TokenText(Role::kPart)) : result.names[i];
    catalog::DataType type;
    for (const auto& row : result.rows) type = CommonType(type, row[i].type);
    relation.columns.push_back({alias, "", FoldName(name), type, false});
  }
  auto rows = std::make_shared<std::vector<data::Row>>();
  for (auto& values : result.rows) {
    data::Row row;
    for (size_t i = 0; i < values.size(); ++i) {
      auto converted = Convert(values[i], relation.columns[i].type, evaluator_.session().settings);
      row.push_back(converted.ok() ? std::move(converted->text) : std::move(values[i].text));
    }
    rows->push_back(std::move(row));
  }
  relation.rows = std::move(rows);
  return relation;
}

absl::StatusOr<Relation> QueryRunner::Source(Node source, const Scope* outer, bool with_numbers) {
  switch (source.kind()) {
    case NodeKind::kTableReference: return Named(source, outer, with_numbers);
    case NodeKind::kVariableTable: {
      const std::string name(source.TokenText(Role::kValue));
      const auto table = tables_.Find("", name, "");
      if (!table) return Unsupported("the table variable " + name);
      return BaseTable(*table, AliasOf(source), with_numbers);
    }
    case NodeKind::kDerivedTable: {
      auto result = Run(source.Child(Role::kQuery), outer, INT64_MAX);
      if (!result.ok()) return result.status();
      return ToRelation(*std::move(result), AliasOf(source), source.Child(Role::kColumns));
    }
    case NodeKind::kValuesTable: return Values(source, outer);
    case NodeKind::kParenthesizedTable: return Source(source.Child(Role::kSource), outer, with_numbers);
    case NodeKind::kJoin: return Join(source, outer, with_numbers);
    case NodeKind::kApply: return Apply(source, outer, with_numbers);
    case NodeKind::kFunctionTable: return TableFunction(source, outer);
    default: return Unsupported("a " + std::string(tsql::NodeKindText(source.kind())));
  }
}

absl::StatusOr<Relation> QueryRunner::Join(Node join, const Scope* outer, bool with_numbers) {
  auto left = Source(join.Child(Role::kLeft), outer, with_numbers);
  if (!left.ok()) return left;
  auto right = Source(join.Child(Role::kRight), outer, with_numbers);
  if (!right.ok()) return right;
  const std::string kind = WordsOf(join, Role::kJoinKind);
  const bool is_full = kind.find("full") != std::string::npos;
  return Combine(*left, *right, join.Child(Role::kCondition), is_full || kind.starts_with("left"),
                 is_full || kind.starts_with("right"), outer);
}

absl::StatusOr<Relation> QueryRunner::TableFunction(Node source, const Scope* outer) {
  const Node call = source.Child(Role::kCall);
  const auto parts = tsql::NameParts(call.Child(Role::kName));
  if (!call.Is(NodeKind::kFunctionCall) || parts.size() < 2 || source.Has(Role::kSchema)) {
    return Unsupported("the table function " + std::string(call.Text()));
  }
  std::vector<SqlValue> arguments;
  for (Node argument : call.Children(Role::kArgument)) {
    auto value = evaluator_.Evaluate(argument, outer);
    if (!value.ok()) return value.status();
    arguments.push_back(*std::move(value));
  }
  auto result = evaluator_.host().RunTableFunction(parts, arguments);
  if (!result.ok()) return result.status();
  const std::string alias = AliasOf(source);
  return ToRelation(*std::move(result), alias.empty() ? FoldName(parts.back()) : alias, source.Child(Role::kColumns));
}

absl::StatusOr<Relation> QueryRunner::Apply(Node apply, const Scope* outer, bool with_numbers) {
  auto left = Source(apply.Child(Role::kLeft), outer, with_numbers);
  if (!left.ok()) return left;
  const bool keeps_left = WordsOf(apply, Role::kJoinKind).starts_with("outer");
  Relation applied;
  auto rows = std::make_shared<std::vector<data::Row>>();
  for (const data::Row& row : *left->rows) {
    const Scope scope{&left->columns, &row, nullptr, outer};
    auto right = Source(apply.Child(Role::kRight), &scope, false);
    if (!right.ok()) return right;
    Relation one = *left;
    one.rows = std::make_shared<std::vector<data::Row>>(1, row);
    auto combined = Combine(one, *right, Node(), keeps_left, false, outer);
    if (!combined.ok()) return combined;
    rows->insert(rows->end(), combined->rows->begin(), combined->rows->end());
    if (applied.columns.empty()) {
      applied.columns = combined->columns;
      applied.bases = combined->bases;
    }
  }
  if (applied.columns.empty()) return Unsupported("APPLY to no rows");
  applied.rows = std::move(rows);
  return applied;
}

absl::StatusOr<Relation> QueryRunner::Combine(const Relation& left, const Relation& right, Node condition,
                                              bool keeps_left, bool keeps_right, const Scope* outer) {
  // Cells of both sides first, then the columns without a cell.
  Relation joined;
  const auto copy = [&](const Relation& from, bool missing) {
    for (const ScopeColumn& column : from.columns) {
      if (column.is_missing == missing) joined.columns.push_back(column);
    }
  };
  copy(left, false);
  const size_t left_cells = joined.columns.size();
  copy(right, false);
  const size_t cells = joined.columns.size();
  copy(left, true);
  copy(right, true);
  joined.bases = left.bases;
  for (Relation::Base base : right.bases) {
    base.row_number += left_cells;
    joined.bases.push_back(std::move(base));
  }
  auto rows = std::make_shared<std::vector<data::Row>>();
  const auto equality = condition ? FindEquality(condition, left, right) : std::nullopt;
  absl::flat_hash_map<std::string, std::vector<size_t>> by_key;
  if (equality) {
    for (size_t i = 0; i < right.rows->size(); ++i) {
      const data::Cell& cell = (*right.rows)[i][equality->right];
      if (cell) by_key[KeyOf(SqlValue{right.columns[equality->right].type, cell})].push_back(i);
    }
  }
  std::vector<size_t> all(equality ? 0 : right.rows->size());
  std::iota(all.begin(), all.end(), size_t{0});
  std::vector<bool> matched(right.rows->size(), false);
  static const std::vector<size_t> kNone;
  for (const data::Row& left_row : *left.rows) {
    const std::vector<size_t>* candidates = &all;
    if (equality) {
      const data::Cell& cell = left_row[equality->left];
      const auto found = cell ? by_key.find(KeyOf(SqlValue{left.columns[equality->left].type, cell})) : by_key.end();
      candidates = found == by_key.end() ? &kNone : &found->second;
    }
    bool has_match = false;
    for (const size_t i : *candidates) {
      if (absl::Status step = evaluator_.host().CountStep(); !step.ok()) return step;
      data::Row row = left_row;
      row.insert(row.end(), (*right.rows)[i].begin(), (*right.rows)[i].end());
      const Scope scope{&joined.columns, &row, nullptr, outer};
      const auto holds = evaluator_.Test(condition, &scope);
      if (!holds.ok()) return holds.status();
      if (!holds->value_or(false)) continue;
      has_match = matched[i] = true;
      rows->push_back(std::move(row));
    }
    if (!has_match && keeps_left) {
      data::Row row = left_row;
      row.resize(cells);
      rows->push_back(std::move(row));
    }
  }
  for (size_t i = 0; keeps_right && i < matched.size(); ++i) {
    if (matched[i]) continue;
    data::Row row(left_cells);
    row.insert(row.end(), (*right.rows)[i].begin(), (*right.rows)[i].end());
    rows->push_back(std::move(row));
  }
  joined.rows = std::move(rows);
  return joined;
}

absl::StatusOr<Relation> QueryRunner::From(Node from, const Scope* outer, bool with_numbers) {
  Relation relation;
  bool is_first = true;
  for (Node source : from.Children(Role::kSource)) {
    auto next = Source(source, outer, with_numbers);
    if (!next.ok()) return next;
    if (is_first) {
      relation = *std::move(next);
    } else {
      auto combined = Combine(relation, *next, Node(), false, false, outer);
      if (!combined.ok()) return combined;
      relation = *std::move(combined);
    }
    is_first = false;
  }
  // A query without FROM has one row without columns.
  if (is_first) relation.rows = std::make_shared<std::vector<data::Row>>(1);
  return relation;
}

absl::StatusOr<Relation> QueryRunner::RowsWithNumbers(Node from, Node where, const Scope* outer) {
  auto relation = From(from, outer, true);
  if (!relation.ok()) return relation;
  auto kept = std::make_shared<std::vector<data::Row>>();
  for (const data::Row& row : *relation->rows) {
    const Scope scope{&relation->columns, &row, nullptr, outer};
    const auto holds = evaluator_.Test(where, &scope);
    if (!holds.ok()) return holds.status();
    if (holds->value_or(false)) kept->push_back(row);
  }
  relation->rows = std::move(kept);
  return relation;
}

absl::StatusOr<Relation> QueryRunner::TableWithNumbers(size_t table, Node where) {
  auto relation = BaseTable(table, "", true);
  if (!relation.ok()) return relation;
  auto kept = std::make_shared<std::vector<data::Row>>();
  for (const data::Row& row : *relation->rows) {
    const Scope scope{&relation->columns, &row, nullptr, nullptr};
    const auto holds = evaluator_.Test(where, &scope);
    if (!holds.ok()) return holds.status();
    if (holds->value_or(false)) kept->push_back(row);
  }
  relation->rows = std::move(kept);
  return relation;
}

// -- Queries -------------------------------------------------------------------------------------

absl::StatusOr<QueryResult> QueryRunner::Run(Node query, const Scope* outer, int64_t max_rows) {
  if (query.Has(Role::kFor)) return Unsupported("FOR XML or FOR JSON");
  if (query.Has(Role::kOffsetFetch)) return Unsupported("OFFSET");
  return RunBody(query.Child(Role::kBody), query.Child(Role::kOrderBy), outer, max_rows);
}

absl::StatusOr<QueryResult> QueryRunner::RunBody(Node body, Node order_by, const Scope* outer,
                                                 int64_t max_rows) {
  if (body.Is(NodeKind::kQuerySpecification)) return RunSpecification(body, order_by, outer, max_rows);
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
      const bool wanted = operation == "union" || in_right.contains(key) == (operation == "intersect");
      if (wanted && seen.insert(key).second) kept.push_back(std::move(row));
    }
    result->rows = std::move(kept);
  }
  return result;
}

std::shared_ptr<const QueryRunner::ColumnIndex> QueryRunner::IndexOf(const Relation& relation, size_t column) {
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
    for (const auto& [a, b] : {std::pair(Role::kLeft, Role::kRight), std::pair(Role::kRight, Role::kLeft)}) {
      const auto column = OwnColumn(part.Child(a), relation.columns);
      const Node other = part.Child(b);
      if (!column || !IsFromOutside(other, relation.columns)) continue;
      const catalog::DataType& type = relation.columns[*column].type;
      const TypeFamily family = FamilyOf(type);
      const auto value = evaluator_.Evaluate(other, outer);
      if (!value.ok()) return value.status();
      const TypeFamily given = FamilyOf(value->type);
      const bool comparable = family == given && (family == TypeFamily::kInteger || family == TypeFamily::kText);
      if (!comparable || value->is_null()) continue;
      auto index = IndexOf(relation, *column);
      const auto found = index->places.find(KeyOf(SqlValue{type, value->text}));
      const std::vector<size_t>* places = found == index->places.end() ? &kNone : &found->second;
      return Found{std::move(index), places};
    }
  }
  return Found();
}

absl::StatusOr<QueryRunner::Selected> QueryRunner::Select(Node body, const Scope* outer, int64_t max_rows) {
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

std::vector<std::string> QueryRunner::NamesOf(Node list, const std::vector<ScopeColumn>& columns) const {
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
      const auto found = parts.size() == 1 ? std::ranges::find(names, FoldName(parts[0])) : names.end();
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
        if (!compared.ok()) failure = compared.status();
        else sign = compared->value_or(0);
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
  return std::min(available, static_cast<int64_t>(share) + (share > static_cast<double>(static_cast<int64_t>(share))));
}

absl::StatusOr<QueryResult> QueryRunner::RunSpecification(Node body, Node order_by, const Scope* outer,
                                                          int64_t max_rows) {
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
    const Scope scope{&selected->relation.columns, selected->is_grouped ? nullptr : selected->rows[i],
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
  if (!body.Is(NodeKind::kQuerySpecification)) return Unsupported("an assignment in a set operation");
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
