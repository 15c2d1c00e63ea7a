// A catalog while scripts are read: objects come, change and go in any order, and the result is
// checked at the end.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/source/scripts/definition_reader.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::source {

using ObjectValue = std::variant<catalog::Table, catalog::View, catalog::Routine, catalog::Trigger,
                                 catalog::Sequence, catalog::Synonym>;

struct DraftObject {
  ObjectValue value;
  std::string database;                             // Empty: the one that is migrated.
  const diagnostics::SourceFile* script = nullptr;  // The script that defines it.
  bool from_alter = false;  // Known from an ALTER that came before its CREATE.
  bool dropped = false;

  const catalog::ObjectName& name() const;
  const catalog::SourcePlace& place() const;
  std::string_view kind_word() const;  // "table", "view", ...
  catalog::Table* table() { return std::get_if<catalog::Table>(&value); }
};

class CatalogDraft {
 public:
  explicit CatalogDraft(diagnostics::DiagnosticSink& sink) : sink_(sink) {}

  // Null when there is none or it was dropped. Pointers stay valid.
  DraftObject* Find(const catalog::ObjectName& name);
  catalog::Table* FindTable(const catalog::ObjectName& name);

  enum class Mode {
    kCreate,        // A second definition is an error.
    kCreateIfNone,  // A second definition is passed over: it stands under a condition.
    kReplace,       // ALTER, CREATE OR ALTER.
  };
  void Add(DraftObject object, Mode mode);
  void AddType(catalog::UserType type, Mode mode);
  void DropType(const catalog::ObjectName& name) { types_by_name_.erase(Key(name)); }
  void AddSchema(std::string_view name);
  void Rename(DraftObject& object, std::string new_name);

  // Puts the elements of a CREATE TABLE or ALTER TABLE ADD into `table`. A column that it has
  // already is passed over, with a diagnostic unless `quietly`.
  void AddElements(catalog::Table& table, TableElements elements, bool is_trusted, bool quietly);
  // For ALTER COLUMN.
  void ChangeColumn(catalog::Table& table, ColumnDefinition definition);

  // Does `action` now or, when it returns false because what it is about is not defined yet, after
  // all scripts are read. If it cannot be done then either, `otherwise` is reported.
  void DoWhenDefined(std::function<bool()> action, diagnostics::Diagnostic otherwise);

  // Resolves alias types, keys and references, and gives the catalog. Objects of other databases
  // than the main one are left out with a diagnostic: the main one is the database most objects
  // belong to.
  catalog::Catalog Finish();

 private:
  static std::string Key(const catalog::ObjectName& name);
  void RunDeferred();
  std::string MainDatabase() const;
  void LeaveOutOtherDatabases(const std::string& main);
  void ResolveTypes();
  void ResolveType(catalog::DataType& type, const std::string& where,
                   const catalog::SourcePlace& place);
  void AddHistoryTables();
  void CheckKeys(catalog::Table& table);
  void CheckForeignKeys(catalog::Table& table);
  bool HasColumns(const catalog::Table& table, const std::vector<std::string>& columns,
                  const std::string& constraint, const catalog::Table& of,
                  diagnostics::DiagnosticId id);
  void Report(diagnostics::DiagnosticId id, const catalog::ObjectName& object,
              const catalog::SourcePlace& place, std::vector<std::string> arguments);

  diagnostics::DiagnosticSink& sink_;
  std::deque<DraftObject> objects_;
  absl::flat_hash_map<std::string, DraftObject*> by_name_;
  std::deque<catalog::UserType> types_;
  absl::flat_hash_map<std::string, catalog::UserType*> types_by_name_;
  std::vector<std::string> schemas_;
  std::vector<std::pair<std::function<bool()>, diagnostics::Diagnostic>> deferred_;
  // Columns whose nullability their alias type decides: table and folded name of the column. A
  // table is named, since the definition that is read moves into `objects_` later.
  std::vector<std::pair<catalog::ObjectName, std::string>> implied_nullability_;
};

}  // namespace datamigrate::source
