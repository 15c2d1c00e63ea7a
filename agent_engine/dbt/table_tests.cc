#include "agent_engine/dbt/table_tests.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "agent_engine/dbt/check_pattern.h"

namespace datamigrate::dbt {
namespace {

using catalog::Column;
using catalog::Table;
using diagnostics::Diagnostic;
using diagnostics::DiagnosticId;

constexpr auto kTextTypes = std::to_array<std::string_view>(
    {"char", "nchar", "ntext", "nvarchar", "sysname", "text", "varchar"});
constexpr auto kNumberTypes = std::to_array<std::string_view>(
    {"bigint", "decimal", "int", "money", "numeric", "smallint", "smallmoney", "tinyint"});

bool Contains(const auto& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

// The first error's message, or a plain sentence.
std::string Reason(const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostics::KindOf(diagnostic.id).severity == diagnostics::Severity::kError) {
      return diagnostics::Message(diagnostic);
    }
  }
  return "its condition has no translation";
}

bool HasCasedLetter(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return absl::ascii_isalpha(c) || static_cast<unsigned char>(c) >= 0x80; });
}

class TableTestMaker {
 public:
  TableTestMaker(const catalog::CatalogIndex& index, const Table& table, dialects::Target target,
                 const ProjectNames& names, const Translator& translator)
      : index_(index), table_(table), target_(target), names_(names), translator_(translator) {}

  TableTests Make() {
    AddNotNulls();
    for (const auto& key : table_.keys) AddKey(key.columns, key.name, "");
    for (const auto& index : table_.indexes) AddUniqueIndex(index);
    for (const auto& key : table_.foreign_keys) AddForeignKey(key);
    for (const auto& check : table_.checks) AddCheck(check);
    return std::move(result_);
  }

 private:
  // Adds `test` unless an equal one is there already.
  void Add(ModelTest test) {
    auto identity = std::make_tuple(test.kind, test.columns, test.to_model, test.to_columns,
                                    test.expression + "\x1f" + test.where);
    ++result_.coverage.tested;
    if (seen_.insert(std::move(identity)).second) result_.tests.push_back(std::move(test));
  }

  void Count() { ++result_.coverage.constraints; }

  void Untested(const std::string& constraint, DiagnosticId id, const std::string& reason,
                std::string hint) {
    result_.coverage.untested.push_back(table_.name.ToString() + ": " + constraint);
    Report(id, {constraint, reason}, std::move(hint));
  }

  void Report(DiagnosticId id, std::vector<std::string> arguments, std::string hint) {
    Diagnostic diagnostic{id,
                          {},
                          std::move(arguments),
                          std::move(hint),
                          table_.name.ToString(),
                          table_.place.file,
                          {table_.place.line, table_.place.column}};
    result_.diagnostics.push_back(std::move(diagnostic));
  }

  bool IsRequired(const Column& column) const {
    if (!column.nullable) return true;
    const auto* key = table_.PrimaryKey();
    return key != nullptr && std::ranges::any_of(key->columns, [&](const auto& key_column) {
             return catalog::EqualNames(key_column.name, column.name);
           });
  }

  void AddNotNulls() {
    for (const Column& column : table_.columns) {
      if (!IsRequired(column) || !column.computed_expression.empty()) continue;
      Count();
      ModelTest test;
      test.columns = {column.name};
      Add(std::move(test));
    }
  }

  // The columns' names as the table spells them; empty when one is missing.
  std::vector<std::string> Spelled(const Table& table, const std::vector<std::string>& columns) {
    std::vector<std::string> spelled;
    for (const std::string& name : columns) {
      const Column* column = table.FindColumn(name);
      if (column == nullptr) return {};
      spelled.push_back(column->name);
    }
    return spelled;
  }

  void AddKey(const std::vector<catalog::IndexColumn>& columns, const std::string& constraint,
              std::string where) {
    std::vector<std::string> listed;
    for (const auto& column : columns) listed.push_back(column.name);
    ModelTest test;
    test.columns = Spelled(table_, listed);
    if (test.columns.empty()) return;
    Count();
    test.kind = test.columns.size() == 1 ? TestKind::kUnique : TestKind::kUniqueCombination;
    test.where = std::move(where);
    test.constraint = constraint;
    Add(std::move(test));
  }

  void AddUniqueIndex(const catalog::Index& index) {
    if (!index.unique) return;
    if (index.filter.empty()) return AddKey(index.columns, index.name, "");
    const auto filter = translator_.expression(index_, table_, index.filter, true, target_);
    if (!filter.sql.empty()) return AddKey(index.columns, index.name, filter.sql);
    Count();
    Untested(index.name, DiagnosticId::kCheckWithoutTest, Reason(filter.diagnostics),
             "Write a test of the filtered unique index by hand.");
  }

  void AddForeignKey(const catalog::ForeignKey& key) {
    if (!key.enabled) return Report(DiagnosticId::kConstraintNotEnforced, {key.name}, "");
    Count();
    const Table* parent = index_.FindTable(key.referenced_table.schema, key.referenced_table.name);
    if (parent == nullptr) {
      return Untested(key.name, DiagnosticId::kForeignKeyWithoutTest,
                      key.referenced_table.ToString() + " is not in the source",
                      "Add the script that creates the referenced table.");
    }
    ModelTest test;
    test.columns = Spelled(table_, key.columns);
    test.to_columns = Spelled(*parent, ReferencedColumns(key, *parent));
    if (test.columns.empty() || test.columns.size() != test.to_columns.size()) {
      return Untested(key.name, DiagnosticId::kForeignKeyWithoutTest,
                      "its columns do not match those it refers to", "");
    }
    test.to_model = names_.ModelOf(parent->name);
    test.folded_columns = ComparedWithoutCase(test.columns);
    const bool is_plain = test.columns.size() == 1 && test.folded_columns.empty();
    test.kind = is_plain ? TestKind::kRelationships : TestKind::kForeignKey;
    test.constraint = key.name;
    test.only_warns = !key.trusted || LacksParentRows(key, *parent);
    Add(std::move(test));
  }

  // Scripts often come with the rows of some tables only: the test would fail for a reason that is
  // no fault of the data.
  bool LacksParentRows(const catalog::ForeignKey& key, const Table& parent) {
    if (table_.row_count <= 0 || parent.row_count > 0) return false;
    Report(DiagnosticId::kParentWithoutRows, {key.name, parent.name.ToString()},
           "Load the rows of the referenced table, then generate the project again.");
    return true;
  }

  static std::vector<std::string> ReferencedColumns(const catalog::ForeignKey& key,
                                                    const Table& parent) {
    if (!key.referenced_columns.empty() || parent.PrimaryKey() == nullptr) {
      return key.referenced_columns;
    }
    std::vector<std::string> columns;
    for (const auto& column : parent.PrimaryKey()->columns) columns.push_back(column.name);
    return columns;
  }

  std::vector<std::string> ComparedWithoutCase(const std::vector<std::string>& columns) const {
    std::vector<std::string> folded;
    for (const std::string& name : columns) {
      const Column* column = table_.FindColumn(name);
      const bool is_text = IsText(Resolved(*column));
      if (is_text && IgnoresCase(index_.catalog(), *column)) folded.push_back(name);
    }
    return folded;
  }

  // The column's type with an alias type replaced by its base.
  catalog::DataType Resolved(const Column& column) const {
    const auto& alias = column.type.user_type;
    if (alias.name.empty() || !column.type.name.empty()) return column.type;
    const auto* user_type = index_.FindUserType(alias.schema, alias.name);
    return user_type == nullptr ? column.type : user_type->base;
  }

  void AddCheck(const catalog::CheckConstraint& check) {
    if (!check.enabled) return Report(DiagnosticId::kConstraintNotEnforced, {check.name}, "");
    Count();
    if (auto test = ValueTest(check)) return Add(std::move(*test));
    const auto condition = translator_.expression(index_, table_, check.expression, true, target_);
    if (condition.sql.empty()) {
      return Untested(check.name.empty() ? check.expression : check.name,
                      DiagnosticId::kCheckWithoutTest, Reason(condition.diagnostics),
                      "Write a test of the staging model by hand.");
    }
    ModelTest test;
    test.kind = TestKind::kExpressionHolds;
    test.expression = condition.sql;
    test.constraint = check.name;
    Add(std::move(test));
  }

  // A test of accepted values where the check is a list of them and the literals have the column's
  // kind of type.
  std::optional<ModelTest> ValueTest(const catalog::CheckConstraint& check) const {
    const auto list = FindValueList(check.expression);
    const Column* column = list ? table_.FindColumn(list->column) : nullptr;
    if (column == nullptr) return std::nullopt;
    const catalog::DataType type = Resolved(*column);
    if (list->are_text ? !IsText(type) : !Contains(kNumberTypes, type.name)) return std::nullopt;
    ModelTest test;
    test.columns = {column->name};
    test.values = list->values;
    test.values_are_text = list->are_text;
    test.kind = list->are_text && MeetsOtherSpellings(*column, type, list->values)
                    ? TestKind::kAcceptedValuesIgnoringCase
                    : TestKind::kAcceptedValues;
    test.constraint = check.name;
    return test;
  }

  // Whether SQL Server takes other strings as equal to one of the values: in another case, or
  // padded with blanks.
  bool MeetsOtherSpellings(const Column& column, const catalog::DataType& type,
                           const std::vector<std::string>& values) const {
    const bool ignores_case = IgnoresCase(index_.catalog(), column);
    return std::ranges::any_of(values, [&](const std::string& value) {
      const bool is_padded = type.length != static_cast<int32_t>(value.size());
      return is_padded || (ignores_case && HasCasedLetter(value));
    });
  }

  const catalog::CatalogIndex& index_;
  const Table& table_;
  dialects::Target target_;
  const ProjectNames& names_;
  const Translator& translator_;
  TableTests result_;
  std::set<std::tuple<TestKind, std::vector<std::string>, std::string, std::vector<std::string>,
                      std::string>>
      seen_;
};

}  // namespace

bool IsText(const catalog::DataType& type) {
  return Contains(kTextTypes, type.name);
}

bool IgnoresCase(const catalog::Catalog& catalog, const Column& column) {
  const std::string collation =
      absl::AsciiStrToUpper(column.collation.empty() ? catalog.collation : column.collation);
  return collation.find("_CS") == std::string::npos && collation.find("_BIN") == std::string::npos;
}

TableTests MakeTableTests(const catalog::CatalogIndex& index, const Table& table,
                          dialects::Target target, const ProjectNames& names,
                          const Translator& translator) {
  return TableTestMaker(index, table, target, names, translator).Make();
}

}  // namespace datamigrate::dbt
