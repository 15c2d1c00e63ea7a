// The statements of StatementRunner that change rows.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/catalog_builder.h"
#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/scripts/definition_reader.h"
#include "agent_engine/source/scripts/rows/statement_runner.h"

namespace datamigrate::source {

using catalog::FoldName;
using diagnostics::DiagnosticId;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

namespace {

bool IsDefaultKeyword(Node node) {
  return node.Is(NodeKind::kLiteral) &&
         catalog::EqualNames(node.TokenText(Role::kValue), "default");
}

bool IsRowVersion(const catalog::Column& column) {
  return column.type.name == "rowversion";
}

std::optional<size_t> ColumnNumber(const catalog::Table& table, std::string_view name) {
  const catalog::Column* column = table.FindColumn(name);
  if (column == nullptr) return std::nullopt;
  return static_cast<size_t>(column - table.columns.data());
}

absl::Status NoColumn(const catalog::Table& table, std::string_view name) {
  return absl::InvalidArgumentError(
      absl::StrCat("the table ", table.name.ToString(), " has no column ", std::string(name)));
}

}  // namespace

absl::Status StatementRunner::InStore(absl::Status status) {
  if (!status.ok() && store_failure_.ok()) store_failure_ = status;
  return status;
}

absl::StatusOr<size_t> StatementRunner::TargetTable(Node target) {
  if (target.Is(NodeKind::kVariableTable)) {
    const std::string name(target.TokenText(Role::kValue));
    if (const auto found = tables_.Find("", name, "")) return *found;
    return absl::InvalidArgumentError(
        absl::StrCat("the table variable ", name, " is not declared"));
  }
  if (!target.Is(NodeKind::kTableReference)) return absl::UnimplementedError("this target");
  const Node name = target.Child(Role::kName);
  if (const auto found = queries_->FindTable(name)) return *found;
  return absl::UnimplementedError(
      absl::StrCat("no script defines the table ", std::string(name.Text())));
}

// -- INSERT --------------------------------------------------------------------------------------

absl::Status StatementRunner::Insert(Node statement) {
  const auto table = TargetTable(statement.Child(Role::kTarget));
  if (!table.ok()) return table.status();
  const auto columns = TargetColumns(*table, statement.Child(Role::kColumns));
  if (!columns.ok()) return columns.status();
  const Node with = statement.Child(Role::kWith);
  queries_->BeginCtes(with);
  auto rows = GivenRows(statement.Child(Role::kSource), nullptr);
  queries_->EndCtes(with);
  if (!rows.ok()) return rows.status();
  for (Node output : statement.Children(Role::kOutput)) {
    if (output.Has(Role::kInto)) {
      Report(DiagnosticId::kStatementNotRun, output,
             {"OUTPUT INTO", std::string(output.Child(Role::kInto).Text()),
              "OUTPUT is not run while scripts are read"});
    }
  }
  return InsertRows(*table, *columns, *std::move(rows));
}

// Without a list: every column that takes a value; the identity only while IDENTITY_INSERT is on.
absl::StatusOr<std::vector<size_t>> StatementRunner::TargetColumns(size_t number,
                                                                   Node column_list) {
  const catalog::Table& table = tables_.table(number);
  std::vector<size_t> columns;
  for (Node item : column_list.Children(Role::kItem)) {
    const std::string name = tsql::UnquoteName(item.TokenText(Role::kPart));
    const auto column = ColumnNumber(table, name);
    if (!column) return NoColumn(table, name);
    columns.push_back(*column);
  }
  if (column_list) return columns;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const catalog::Column& column = table.columns[i];
    const bool is_given = column.computed_expression.empty() && !column.hidden &&
                          !IsRowVersion(column) && (!column.identity || identity_insert_ == number);
    if (is_given) columns.push_back(i);
  }
  return columns;
}

absl::StatusOr<std::vector<StatementRunner::GivenRow>> StatementRunner::GivenRows(
    Node source, const Scope* scope) {
  std::vector<GivenRow> rows;
  if (source.Is(NodeKind::kDefaultValues)) return std::vector<GivenRow>(1);
  if (source.Is(NodeKind::kValuesClause)) {
    for (Node row : source.Children(Role::kRow)) {
      GivenRow given;
      for (Node item : row.Children(Role::kItem)) {
        if (IsDefaultKeyword(item)) {
          given.emplace_back();
          continue;
        }
        auto value = evaluator_->Evaluate(item, scope);
        if (!value.ok()) return value.status();
        given.emplace_back(*std::move(value));
      }
      rows.push_back(std::move(given));
    }
    return rows;
  }
  if (source.Is(NodeKind::kSelectStatement)) source = source.Child(Role::kQuery);
  if (!source.Is(NodeKind::kQuery)) {
    return absl::UnimplementedError(
        absl::StrCat("INSERT from a ", std::string(tsql::NodeKindText(source.kind()))));
  }
  auto result = queries_->Run(source, nullptr, INT64_MAX);
  if (!result.ok()) return result.status();
  for (auto& values : result->rows) {
    GivenRow given;
    for (SqlValue& value : values) given.emplace_back(std::move(value));
    rows.push_back(std::move(given));
  }
  return rows;
}

absl::StatusOr<data::Row> StatementRunner::PlaceValues(size_t number,
                                                       const std::vector<size_t>& columns,
                                                       GivenRow row) {
  if (!row.empty() && row.size() != columns.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the row has ", row.size(), " values for ", columns.size(), " columns"));
  }
  GivenRow values(tables_.table(number).columns.size());
  for (size_t i = 0; i < row.size(); ++i) values[columns[i]] = std::move(row[i]);
  return CompleteRow(number, std::move(values));
}

absl::Status StatementRunner::InsertRows(size_t number, const std::vector<size_t>& columns,
                                         std::vector<GivenRow> rows) {
  std::vector<data::Row> complete;
  complete.reserve(rows.size());
  for (GivenRow& row : rows) {
    auto made = PlaceValues(number, columns, std::move(row));
    if (!made.ok()) return made.status();
    complete.push_back(*std::move(made));
  }
  session_.row_count = static_cast<int64_t>(complete.size());
  return InStore(tables_.Append(number, std::move(complete)));
}

absl::StatusOr<data::Cell> StatementRunner::CellFor(size_t number, const catalog::Column& column,
                                                    const SqlValue& value) const {
  ConversionSettings settings = session_.settings;
  settings.place = ConversionPlace::kColumn;
  auto converted = Convert(value, column.type, settings);
  if (!converted.ok()) {
    return absl::Status(
        converted.status().code(),
        absl::StrCat(std::string(converted.status().message()), " (column ", column.name, ")"));
  }
  if (converted->is_null() && !column.nullable) {
    return absl::InvalidArgumentError(absl::StrCat("NULL does not fit the column ", column.name,
                                                   " of ", tables_.table(number).name.ToString()));
  }
  return std::move(converted->text);
}

absl::StatusOr<data::Row> StatementRunner::CompleteRow(size_t number, GivenRow values) {
  const catalog::Table& table = tables_.table(number);
  data::Row row;
  row.reserve(tables_.stored_columns(number).size());
  for (const size_t i : tables_.stored_columns(number)) {
    const catalog::Column& column = table.columns[i];
    std::optional<SqlValue>& given = values[i];
    if (IsRowVersion(column)) {
      std::string bytes;
      ++row_version_;
      for (int shift = 56; shift >= 0; shift -= 8)
        bytes += static_cast<char>(row_version_ >> shift);
      row.push_back(FormatHex(bytes));
      continue;
    }
    if (column.identity) {
      if (given && identity_insert_ != number) {
        return absl::InvalidArgumentError(
            absl::StrCat("the identity column ", column.name,
                         " takes a value only while IDENTITY_INSERT is on"));
      }
      const SqlValue value =
          given ? *given : SqlValue{{"bigint", 0, 0, 0, {}}, tables_.NextIdentity(number)};
      auto cell = CellFor(number, column, value);
      if (!cell.ok()) return cell.status();
      if (given && *cell) tables_.NoteIdentity(number, **cell);
      session_.last_identity = SqlValue{{"decimal", 0, 38, 0, {}}, *cell};
      row.push_back(*std::move(cell));
      continue;
    }
    SqlValue value;
    if (given) {
      value = *std::move(given);
    } else {
      auto default_value = DefaultOf(number, i);
      if (!default_value.ok()) return default_value.status();
      value = *std::move(default_value);
    }
    auto cell = CellFor(number, column, value);
    if (!cell.ok()) return cell.status();
    row.push_back(*std::move(cell));
  }
  return row;
}

absl::StatusOr<SqlValue> StatementRunner::DefaultOf(size_t number, size_t column_number) {
  const catalog::Column& column = tables_.table(number).columns[column_number];
  if (column.period_role == catalog::PeriodRole::kRowStart) {
    return SqlValue{column.type, FormatCell(session_.now, column.type)};
  }
  if (column.period_role == catalog::PeriodRole::kRowEnd) {
    const auto end = RoundTo({kMaxDay, kTicksPerDay - 1, 0}, column.type);
    return SqlValue{column.type, end ? std::optional(FormatCell(*end, column.type)) : std::nullopt};
  }
  if (column.default_expression.empty()) return NullValue();
  auto& parsed = defaults_[{number, column_number}];
  if (!parsed) {
    parsed = std::make_unique<ParsedExpression>();
    parsed->text = column.default_expression;
    diagnostics::DiagnosticSink ignored;
    parsed->parsed = tsql::ParseExpression(parsed->text, false, {}, ignored);
  }
  auto value = evaluator_->Evaluate(parsed->parsed.tree.Root(), nullptr);
  if (value.ok()) return value;
  return absl::Status(value.status().code(), absl::StrCat("the default of ", column.name, ": ",
                                                          std::string(value.status().message())));
}

absl::Status StatementRunner::SelectInto(Node query, Node into) {
  const auto parts = tsql::NameParts(into);
  auto result = queries_->Run(query, nullptr, INT64_MAX);
  if (!result.ok()) return result.status();
  if (!parts.empty() && IsTemporary(parts.back())) {
    catalog::Table table;
    table.name = {"", parts.back()};
    for (size_t i = 0; i < result->names.size(); ++i) {
      catalog::Column& column = table.columns.emplace_back();
      column.name = result->names[i];
      for (const auto& row : result->rows) column.type = CommonType(column.type, row[i].type);
      if (column.type.length > 0) column.type.length = catalog::DataType::kMax;
    }
    tables_.AddTemporary(std::move(table));
  }
  const auto table = queries_->FindTable(into);
  if (!table) return absl::UnimplementedError("the columns of the new table are not known");
  const std::vector<size_t> columns = tables_.stored_columns(*table);
  std::vector<GivenRow> rows;
  for (auto& values : result->rows) {
    GivenRow given;
    for (SqlValue& value : values) given.emplace_back(std::move(value));
    rows.push_back(std::move(given));
  }
  const auto before = std::exchange(identity_insert_, *table);
  const absl::Status inserted = InsertRows(*table, columns, std::move(rows));
  identity_insert_ = before;
  return inserted;
}

// -- UPDATE, DELETE, TRUNCATE --------------------------------------------------------------------

absl::StatusOr<Relation> StatementRunner::TargetRows(Node statement, Relation::Base& base) {
  if (statement.Has(Role::kCurrentOf) || !statement.TokenText(Role::kCurrentOf).empty()) {
    return absl::UnimplementedError("WHERE CURRENT OF is not run while scripts are read");
  }
  if (statement.Has(Role::kTop))
    return absl::UnimplementedError("TOP is not run here while scripts are read");
  const Node target = statement.Child(Role::kTarget), from = statement.Child(Role::kFrom);
  const Node where = statement.Child(Role::kWhere);
  if (!from) {
    const auto table = TargetTable(target);
    if (!table.ok()) return table.status();
    auto relation = queries_->TableWithNumbers(*table, where);
    if (relation.ok()) base = relation->bases[0];
    return relation;
  }
  // The target is an alias of FROM, or a table that FROM names.
  auto relation = queries_->RowsWithNumbers(from, where, nullptr);
  if (!relation.ok()) return relation;
  const auto parts = tsql::NameParts(target.Child(Role::kName));
  const std::string name =
      parts.empty() ? FoldName(target.TokenText(Role::kValue)) : FoldName(parts.back());
  const auto by_alias = std::ranges::find(relation->bases, name, &Relation::Base::qualifier);
  if (by_alias != relation->bases.end()) {
    base = *by_alias;
    return relation;
  }
  const auto table = TargetTable(target);
  if (!table.ok()) return table.status();
  const auto by_table = std::ranges::find(relation->bases, *table, &Relation::Base::table);
  if (by_table == relation->bases.end())
    return absl::UnimplementedError("FROM does not name the target");
  base = *by_table;
  return relation;
}

absl::Status StatementRunner::Update(Node statement) {
  const Node with = statement.Child(Role::kWith);
  queries_->BeginCtes(with);
  Relation::Base base{};
  auto relation = TargetRows(statement, base);
  queries_->EndCtes(with);
  if (!relation.ok()) return relation.status();
  const auto assignments = ReadAssignments(base.table, statement.Children(Role::kSet));
  if (!assignments.ok()) return assignments.status();
  const auto rows = tables_.Rows(base.table);
  if (!rows.ok()) return rows.status();
  std::vector<data::Row> changed = **rows;
  absl::flat_hash_set<size_t> done;
  for (const data::Row& row : *relation->rows) {
    const data::Cell& row_number = row[base.row_number];
    const size_t number =
        row_number ? std::strtoull(row_number->c_str(), nullptr, 10) : changed.size();
    // A row that joins with several is changed once.
    if (number >= changed.size() || !done.insert(number).second) continue;
    const Scope scope{&relation->columns, &row, nullptr, nullptr};
    if (absl::Status applied = ApplyAssignments(base.table, *assignments, scope, changed[number]);
        !applied.ok()) {
      return applied;
    }
  }
  session_.row_count = static_cast<int64_t>(done.size());
  if (done.empty()) return absl::OkStatus();
  return InStore(tables_.Replace(base.table, std::move(changed)));
}

absl::StatusOr<std::vector<StatementRunner::Assignment>> StatementRunner::ReadAssignments(
    size_t number, const std::vector<Node>& set_clauses) {
  const catalog::Table& table = tables_.table(number);
  const std::vector<size_t>& stored = tables_.stored_columns(number);
  std::vector<Assignment> assignments;
  for (Node set : set_clauses) {
    const auto targets = set.Children(Role::kTarget);
    if (targets.size() != 1 || !targets[0].Is(NodeKind::kColumnReference)) {
      return absl::UnimplementedError("this form of SET is not run while scripts are read");
    }
    const auto parts = tsql::NameParts(targets[0].Child(Role::kName));
    const auto column = ColumnNumber(table, parts.back());
    const auto cell = column ? std::ranges::find(stored, *column) : stored.end();
    if (cell == stored.end()) return NoColumn(table, parts.back());
    assignments.push_back({static_cast<size_t>(cell - stored.begin()),
                           WordsOf(set, Role::kOperator), set.Child(Role::kValue)});
  }
  return assignments;
}

absl::Status StatementRunner::ApplyAssignments(size_t number,
                                               const std::vector<Assignment>& assignments,
                                               const Scope& scope, data::Row& row) {
  const std::vector<size_t>& stored = tables_.stored_columns(number);
  const data::Row before = row;
  for (const Assignment& assignment : assignments) {
    const catalog::Column& column = tables_.table(number).columns[stored[assignment.cell]];
    auto value = IsDefaultKeyword(assignment.value)
                     ? DefaultOf(number, stored[assignment.cell])
                     : evaluator_->Evaluate(assignment.value, &scope);
    if (value.ok() && assignment.operation != "=") {
      const SqlValue old{column.type, before[assignment.cell]};
      value = evaluator_->ComputeBinary(old, assignment.operation.substr(0, 1), *value);
    }
    if (!value.ok()) return value.status();
    auto cell = CellFor(number, column, *value);
    if (!cell.ok()) return cell.status();
    row[assignment.cell] = *std::move(cell);
  }
  return absl::OkStatus();
}

absl::Status StatementRunner::Delete(Node statement) {
  if (!statement.Has(Role::kWhere) && !statement.Has(Role::kFrom) && !statement.Has(Role::kTop)) {
    const auto table = TargetTable(statement.Child(Role::kTarget));
    if (!table.ok()) return table.status();
    return tables_.Clear(*table);
  }
  const Node with = statement.Child(Role::kWith);
  queries_->BeginCtes(with);
  Relation::Base base{};
  auto relation = TargetRows(statement, base);
  queries_->EndCtes(with);
  if (!relation.ok()) return relation.status();
  absl::flat_hash_set<size_t> dropped;
  for (const data::Row& row : *relation->rows) {
    const data::Cell& number = row[base.row_number];
    if (number) dropped.insert(std::strtoull(number->c_str(), nullptr, 10));
  }
  const auto rows = tables_.Rows(base.table);
  if (!rows.ok()) return rows.status();
  std::vector<data::Row> kept;
  for (size_t i = 0; i < (*rows)->size(); ++i) {
    if (!dropped.contains(i)) kept.push_back((**rows)[i]);
  }
  session_.row_count = static_cast<int64_t>(dropped.size());
  if (dropped.empty()) return absl::OkStatus();
  return InStore(tables_.Replace(base.table, std::move(kept)));
}

absl::Status StatementRunner::Truncate(Node statement) {
  const auto table = queries_->FindTable(statement.Child(Role::kName));
  if (!table) return absl::UnimplementedError("no script defines the table");
  if (absl::Status cleared = tables_.Clear(*table); !cleared.ok()) return cleared;
  tables_.ResetIdentity(*table);
  return absl::OkStatus();
}

}  // namespace datamigrate::source
