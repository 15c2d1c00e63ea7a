// What a SQL Server database holds, as read from its scripts or a live server.
//
// Plain values. Names are as written in the source, without their quotes; compare them with
// EqualNames(), as SQL Server's default collation does. Expressions are kept as T-SQL text.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace datamigrate::catalog {

struct ObjectName {
  std::string schema;
  std::string name;

  // "schema.name", for messages and keys people read.
  std::string ToString() const { return schema + "." + name; }
  bool operator==(const ObjectName&) const = default;
};

// Where an object's definition begins; line and column count from 1.
struct SourcePlace {
  std::string file;
  uint32_t line = 1;
  uint32_t column = 1;
};

struct DataType {
  static constexpr int32_t kMax = -1;

  std::string name;       // Base type in lower case: "int", "nvarchar", "decimal", ...
  int32_t length = 0;     // Characters or bytes; kMax for (max); 0 where the type has none.
  int32_t precision = 0;  // decimal, numeric, float.
  int32_t scale = 0;  // decimal and numeric; fractional digits of time, datetime2, datetimeoffset.
  ObjectName user_type{};  // The alias type it was declared with, if any.

  // As T-SQL writes it: "nvarchar(50)", "decimal(18, 2)", "datetime2(7)".
  std::string ToString() const;
  bool operator==(const DataType&) const = default;
};

enum class PeriodRole : uint8_t { kNone, kRowStart, kRowEnd };

struct Column {
  std::string name;
  DataType type;
  bool nullable = true;
  std::string collation;
  std::string default_expression;  // Empty when none.
  std::string default_name;
  std::string computed_expression;  // Empty for an ordinary column.
  bool persisted = false;
  bool identity = false;
  std::string identity_seed;
  std::string identity_increment;
  bool row_guid = false;
  bool sparse = false;
  PeriodRole period_role = PeriodRole::kNone;
  bool hidden = false;
  std::string masking_function;
  std::string description;
};

struct IndexColumn {
  std::string name;
  bool descending = false;
};

struct KeyConstraint {
  std::string name;
  bool primary = false;
  bool clustered = false;
  std::vector<IndexColumn> columns;
};

struct ForeignKey {
  std::string name;
  std::vector<std::string> columns;
  ObjectName referenced_table;
  std::vector<std::string> referenced_columns;  // Empty: the primary key.
  std::string on_delete = "NO ACTION";
  std::string on_update = "NO ACTION";
  bool enabled = true;
  bool trusted = true;
};

struct CheckConstraint {
  std::string name;
  std::string expression;
  bool enabled = true;
  std::string column;  // Set when written beside a column.
};

struct Index {
  std::string name;
  bool unique = false;
  std::string kind = "nonclustered";
  std::vector<IndexColumn> columns;
  std::vector<std::string> included_columns;
  std::string filter;
};

struct Temporal {
  std::string start_column;
  std::string end_column;
  ObjectName history_table;
};

struct Table {
  ObjectName name;
  std::vector<Column> columns;
  std::vector<KeyConstraint> keys;
  std::vector<ForeignKey> foreign_keys;
  std::vector<CheckConstraint> checks;
  std::vector<Index> indexes;
  std::optional<Temporal> temporal;
  std::string kind = "table";  // "table", "external", "memory_optimized", "node", "edge".
  std::string description;
  SourcePlace place;
  int64_t row_count = -1;  // Rows that the source carries; -1 when unknown.

  // By EqualNames; null when there is none.
  const Column* FindColumn(std::string_view column) const;
  const KeyConstraint* PrimaryKey() const;
};

struct View {
  ObjectName name;
  std::string definition;  // The whole CREATE VIEW statement.
  std::string description;
  bool schema_bound = false;
  bool check_option = false;
  SourcePlace place;
  std::vector<Index> indexes;
};

struct Parameter {
  std::string name;  // With its @.
  DataType type;
  std::string default_expression;
  bool output = false;
  bool read_only = false;
};

enum class RoutineKind : uint8_t {
  kProcedure,
  kScalarFunction,
  kInlineFunction,
  kTableFunction,
  kClr,
};

struct Routine {
  ObjectName name;
  RoutineKind kind = RoutineKind::kProcedure;
  std::vector<Parameter> parameters;
  DataType returns;                    // Scalar functions.
  std::vector<Column> return_columns;  // Multi-statement table functions.
  std::string definition;              // The whole CREATE statement.
  std::string description;
  SourcePlace place;
};

struct Trigger {
  ObjectName name;
  ObjectName table;  // Empty for a database or server trigger.
  std::string events;
  bool instead_of = false;
  std::string definition;
  SourcePlace place;
};

struct Sequence {
  ObjectName name;
  DataType type;
  std::string start;
  std::string increment;
  std::string minimum;
  std::string maximum;
  bool cycle = false;
  SourcePlace place;
};

struct Synonym {
  ObjectName name;
  std::string target;  // One to four parts, as written.
  SourcePlace place;
};

struct UserType {
  ObjectName name;
  DataType base;  // Alias types.
  bool nullable = true;
  std::vector<Column> columns;  // Table types; empty for alias types.
  SourcePlace place;
};

// Not thread-safe while it is filled; const access is.
struct Catalog {
  std::string database;
  std::string collation;
  std::vector<std::string> schemas;
  std::vector<Table> tables;
  std::vector<View> views;
  std::vector<Routine> routines;
  std::vector<Trigger> triggers;
  std::vector<Sequence> sequences;
  std::vector<Synonym> synonyms;
  std::vector<UserType> user_types;
};

// Compares names as a case-insensitive SQL Server does: Unicode simple case folding, accents kept.
bool EqualNames(std::string_view left, std::string_view right);
// Folds a name so that EqualNames(a, b) == (FoldName(a) == FoldName(b)).
std::string FoldName(std::string_view name);

// What another layer works out once about the objects of a catalog; kept with the catalog's index.
class DerivedFacts {
 public:
  DerivedFacts() = default;
  virtual ~DerivedFacts() = default;
  DerivedFacts(const DerivedFacts&) = delete;
  DerivedFacts& operator=(const DerivedFacts&) = delete;
};

// Finds objects of a catalog by name in O(1). Borrows the catalog, which must outlive it unchanged.
class CatalogIndex {
 public:
  explicit CatalogIndex(const Catalog& catalog);
  // Finds objects of `own` first, then those of `outer`; borrows both. catalog() is the outer one.
  CatalogIndex(const CatalogIndex& outer, const Catalog& own);

  const Catalog& catalog() const { return outer_ != nullptr ? outer_->catalog() : catalog_; }
  // An empty schema means dbo. Null when there is none.
  const Table* FindTable(std::string_view schema, std::string_view name) const;
  const View* FindView(std::string_view schema, std::string_view name) const;
  const Routine* FindRoutine(std::string_view schema, std::string_view name) const;
  const Synonym* FindSynonym(std::string_view schema, std::string_view name) const;
  const UserType* FindUserType(std::string_view schema, std::string_view name) const;

  // The index whose own catalog has the object; this one for objects of no catalog.
  const CatalogIndex& HomeOf(const Table& table) const;
  const CatalogIndex& HomeOf(const View& view) const;
  // The facts that `make` gives at the first call; all calls pass the same kind. Thread-safe.
  DerivedFacts& Facts(std::unique_ptr<DerivedFacts> (*make)()) const;

 private:
  template <typename Object>
  using ByName = absl::flat_hash_map<std::string, const Object*>;

  const Catalog& catalog_;
  const CatalogIndex* outer_ = nullptr;
  ByName<Table> tables_;
  ByName<View> views_;
  ByName<Routine> routines_;
  ByName<Synonym> synonyms_;
  ByName<UserType> user_types_;
  mutable std::once_flag facts_made_;
  mutable std::unique_ptr<DerivedFacts> facts_;
};

}  // namespace datamigrate::catalog
