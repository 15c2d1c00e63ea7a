// The table sources of QueryRunner: tables, views, derived tables, joins.
#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/scripts/definition_reader.h"
#include "agent_engine/source/scripts/rows/query_parts.h"
#include "agent_engine/source/scripts/rows/query_runner.h"

namespace datamigrate::source {

using catalog::FoldName;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

namespace {

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
std::optional<EqualColumns> FindEquality(Node condition, const Relation& left,
                                         const Relation& right) {
  std::vector<Node> parts;
  SplitConjunction(condition, parts);
  for (Node part : parts) {
    if (!part.Is(NodeKind::kComparison) || WordsOf(part, Role::kOperator) != "=") continue;
    for (const auto& [a, b] :
         {std::pair(Role::kLeft, Role::kRight), std::pair(Role::kRight, Role::kLeft)}) {
      const auto in_left = ColumnOf(part.Child(a), left.columns);
      const auto in_right = ColumnOf(part.Child(b), right.columns);
      if (!in_left || !in_right) continue;
      const TypeFamily x = FamilyOf(left.columns[*in_left].type);
      const TypeFamily y = FamilyOf(right.columns[*in_right].type);
      const bool comparable =
          x == y && (x == TypeFamily::kInteger || x == TypeFamily::kText || x == TypeFamily::kGuid);
      if (comparable) return EqualColumns{*in_left, *in_right};
    }
  }
  return std::nullopt;
}

constexpr std::string_view kRowNumber = "\x01row";

}  // namespace

std::optional<size_t> QueryRunner::FindTable(Node name) const {
  const auto parts = tsql::NameParts(name);
  if (parts.empty()) return std::nullopt;
  const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
  return tables_.Find(schema, parts.back(), default_schema_);
}

absl::StatusOr<Relation> QueryRunner::BaseTable(size_t number, const std::string& alias,
                                                bool with_numbers) {
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
    relation.columns.push_back(
        {qualifier, "", std::string(kRowNumber), {"bigint", 0, 0, 0, {}}, false});
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
    if (!running_ctes_.insert(key).second)
      return Unsupported("a recursive common table expression");
    const Node definition = cte->second.back();
    auto result = Run(definition.Child(Role::kQuery), outer, INT64_MAX);
    running_ctes_.erase(key);
    if (!result.ok()) return result.status();
    return ToRelation(*std::move(result), alias.empty() ? key : alias,
                      definition.Child(Role::kColumns));
  }
  if (reference.Has(Role::kForSystemTime)) return Unsupported("FOR SYSTEM_TIME");
  if (const auto table = FindTable(name)) return BaseTable(*table, alias, with_numbers);
  auto result = evaluator_.host().RunView(
      parts.size() > 1 ? parts[parts.size() - 2] : default_schema_, parts.back());
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
    const std::string name =
        i < names.size() ? tsql::UnquoteName(names[i].TokenText(Role::kPart)) : result.names[i];
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
    case NodeKind::kTableReference:
      return Named(source, outer, with_numbers);
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
    case NodeKind::kValuesTable:
      return Values(source, outer);
    case NodeKind::kParenthesizedTable:
      return Source(source.Child(Role::kSource), outer, with_numbers);
    case NodeKind::kJoin:
      return Join(source, outer, with_numbers);
    case NodeKind::kApply:
      return Apply(source, outer, with_numbers);
    case NodeKind::kFunctionTable:
      return TableFunction(source, outer);
    default:
      return Unsupported("a " + std::string(tsql::NodeKindText(source.kind())));
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
  return ToRelation(*std::move(result), alias.empty() ? FoldName(parts.back()) : alias,
                    source.Child(Role::kColumns));
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

absl::StatusOr<Relation> QueryRunner::Combine(const Relation& left, const Relation& right,
                                              Node condition, bool keeps_left, bool keeps_right,
                                              const Scope* outer) {
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
      const auto found = cell
                             ? by_key.find(KeyOf(SqlValue{left.columns[equality->left].type, cell}))
                             : by_key.end();
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

}  // namespace datamigrate::source
