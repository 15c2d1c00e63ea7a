#include "agent_engine/source/scripts/catalog_draft.h"

#include <algorithm>
#include <map>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/data_types.h"

namespace datamigrate::source {

using catalog::Column;
using catalog::EqualNames;
using catalog::FoldName;
using catalog::ObjectName;
using catalog::SourcePlace;
using catalog::Table;
using catalog::UserType;
using diagnostics::Diagnostic;
using diagnostics::DiagnosticId;

namespace {

std::string PlaceText(const SourcePlace& place) {
  return absl::StrCat(place.file, ":", place.line);
}

Column* FindColumn(Table& table, std::string_view name) {
  return const_cast<Column*>(table.FindColumn(name));
}

// "CREATE TABLE": what makes a column NOT NULL when nothing is written.
bool IsNotNullByItself(const Column& column) {
  return column.identity || column.period_role != catalog::PeriodRole::kNone ||
         column.type.name == "rowversion" ||
         (column.type.user_type.schema == "sys" && column.type.user_type.name == "sysname");
}

// The types with a name of their own that are built in nevertheless.
bool IsSystemAlias(const catalog::DataType& type) {
  return type.user_type.schema == "sys";
}

bool IsSystemDatabase(const std::string& folded) {
  return folded == "master" || folded == "tempdb" || folded == "msdb" || folded == "model";
}

template <typename T>
void Append(std::vector<T>& to, std::vector<T> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

std::vector<std::string> NamesOf(const std::vector<catalog::IndexColumn>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

}  // namespace

const ObjectName& DraftObject::name() const {
  return std::visit([](const auto& object) -> const ObjectName& { return object.name; }, value);
}

const SourcePlace& DraftObject::place() const {
  return std::visit([](const auto& object) -> const SourcePlace& { return object.place; }, value);
}

std::string_view DraftObject::kind_word() const {
  constexpr std::string_view kWords[] = {"table",   "view",     "routine",
                                         "trigger", "sequence", "synonym"};
  return kWords[value.index()];
}

std::string CatalogDraft::Key(const ObjectName& name) {
  return FoldName(name.schema) + '\x1f' + FoldName(name.name);
}

DraftObject* CatalogDraft::Find(const ObjectName& name) {
  const auto found = by_name_.find(Key(name));
  return found == by_name_.end() || found->second->dropped ? nullptr : found->second;
}

Table* CatalogDraft::FindTable(const ObjectName& name) {
  DraftObject* object = Find(name);
  return object == nullptr ? nullptr : object->table();
}

void CatalogDraft::AddSchema(std::string_view name) {
  const bool known = std::ranges::any_of(
      schemas_, [&](const std::string& schema) { return EqualNames(schema, name); });
  if (!known && !name.empty()) schemas_.emplace_back(name);
}

void CatalogDraft::Add(DraftObject object, Mode mode) {
  AddSchema(object.name().schema);
  if (DraftObject* existing = Find(object.name())) {
    const bool same_kind = existing->value.index() == object.value.index();
    if (mode == Mode::kCreateIfNone ||
        (mode == Mode::kCreate && existing->from_alter && same_kind)) {
      return;
    }
    if (mode == Mode::kReplace && same_kind) {
      *existing = std::move(object);
      return;
    }
    Report(
        DiagnosticId::kObjectDefinedTwice, object.name(), object.place(),
        {std::string(object.kind_word()), object.name().ToString(), PlaceText(existing->place())});
    return;
  }
  std::string key = Key(object.name());
  objects_.push_back(std::move(object));
  by_name_[std::move(key)] = &objects_.back();
}

void CatalogDraft::AddType(UserType type, Mode mode) {
  AddSchema(type.name.schema);
  const auto [found, is_new] = types_by_name_.try_emplace(Key(type.name));
  if (!is_new) {
    if (mode == Mode::kCreateIfNone) return;
    Report(DiagnosticId::kObjectDefinedTwice, type.name, type.place,
           {"type", type.name.ToString(), PlaceText(found->second->place)});
    return;
  }
  types_.push_back(std::move(type));
  found->second = &types_.back();
}

void CatalogDraft::Rename(DraftObject& object, std::string new_name) {
  by_name_.erase(Key(object.name()));
  for (auto& [table, column] : implied_nullability_) {
    if (Key(table) == Key(object.name())) table.name = new_name;
  }
  std::visit([&](auto& value) { value.name.name = std::move(new_name); }, object.value);
  by_name_[Key(object.name())] = &object;
}

void CatalogDraft::AddElements(Table& table, TableElements elements, bool is_trusted,
                               bool quietly) {
  absl::flat_hash_set<std::string> names;
  for (const Column& column : table.columns) names.insert(FoldName(column.name));
  for (ColumnDefinition& definition : elements.columns) {
    Column& column = definition.column;
    if (!names.insert(FoldName(column.name)).second) {
      if (!quietly) {
        Report(DiagnosticId::kColumnWrittenTwice, table.name, table.place,
               {table.name.ToString(), column.name});
      }
      continue;
    }
    column.nullable = definition.nullable.value_or(!IsNotNullByItself(column));
    if (!definition.nullable && !column.type.user_type.name.empty() &&
        !IsSystemAlias(column.type)) {
      implied_nullability_.emplace_back(table.name, FoldName(column.name));
    }
    Append(table.keys, std::move(definition.keys));
    for (catalog::ForeignKey& key : definition.foreign_keys) key.trusted = is_trusted;
    Append(table.foreign_keys, std::move(definition.foreign_keys));
    Append(table.checks, std::move(definition.checks));
    Append(table.indexes, std::move(definition.indexes));
    table.columns.push_back(std::move(column));
  }
  for (DefaultDefinition& written : elements.defaults) {
    if (Column* column = FindColumn(table, written.column)) {
      column->default_expression = std::move(written.expression);
      column->default_name = std::move(written.name);
    } else {
      Report(DiagnosticId::kTableLacksColumn, table.name, table.place,
             {"the default " + written.name, written.column, table.name.ToString()});
    }
  }
  for (catalog::ForeignKey& key : elements.foreign_keys) key.trusted = is_trusted;
  Append(table.keys, std::move(elements.keys));
  Append(table.foreign_keys, std::move(elements.foreign_keys));
  Append(table.checks, std::move(elements.checks));
  Append(table.indexes, std::move(elements.indexes));
  if (elements.period) {
    const ObjectName history = table.temporal ? table.temporal->history_table : ObjectName();
    table.temporal = std::move(elements.period);
    table.temporal->history_table = history;
  }
}

void CatalogDraft::ChangeColumn(Table& table, ColumnDefinition definition) {
  Column* column = FindColumn(table, definition.column.name);
  if (column == nullptr) {
    Report(DiagnosticId::kTableLacksColumn, table.name, table.place,
           {"ALTER COLUMN", definition.column.name, table.name.ToString()});
    return;
  }
  column->type = definition.column.type;
  column->nullable = definition.nullable.value_or(true);
  if (!definition.column.collation.empty()) column->collation = definition.column.collation;
  if (!definition.column.masking_function.empty()) {
    column->masking_function = definition.column.masking_function;
  }
}

void CatalogDraft::DoWhenDefined(std::function<bool()> action, Diagnostic otherwise) {
  if (!action()) deferred_.emplace_back(std::move(action), std::move(otherwise));
}

// Each round may define what the next one needs.
void CatalogDraft::RunDeferred() {
  for (bool progress = true; progress && !deferred_.empty();) {
    const size_t before = deferred_.size();
    std::vector<std::pair<std::function<bool()>, Diagnostic>> left;
    for (auto& entry : std::exchange(deferred_, {})) {
      if (!entry.first()) left.push_back(std::move(entry));
    }
    Append(deferred_, std::move(left));
    progress = deferred_.size() < before;
  }
  for (auto& [action, otherwise] : deferred_) sink_.Report(std::move(otherwise));
  deferred_.clear();
}

std::string CatalogDraft::MainDatabase() const {
  std::map<std::string, std::pair<int, std::string>> counts;
  for (const DraftObject& object : objects_) {
    if (object.dropped || object.database.empty()) continue;
    auto& [count, name] = counts[FoldName(object.database)];
    ++count;
    if (name.empty()) name = object.database;
  }
  std::string best;
  int best_count = 0;
  for (const auto& [folded, entry] : counts) {
    if (IsSystemDatabase(folded) && counts.size() > 1) continue;
    if (entry.first > best_count) {
      best_count = entry.first;
      best = entry.second;
    }
  }
  return best;
}

void CatalogDraft::LeaveOutOtherDatabases(const std::string& main) {
  for (DraftObject& object : objects_) {
    if (object.dropped || object.database.empty() || EqualNames(object.database, main)) continue;
    Report(DiagnosticId::kOtherDatabase, object.name(), object.place(),
           {object.name().ToString(), object.database, main});
    object.dropped = true;
  }
}

void CatalogDraft::ResolveType(catalog::DataType& type, const std::string& where,
                               const SourcePlace& place) {
  if (!type.name.empty() || type.user_type.name.empty()) return;
  const auto found = types_by_name_.find(Key(type.user_type));
  if (found == types_by_name_.end()) {
    Report(DiagnosticId::kTypeNotDefined, type.user_type, place,
           {type.user_type.ToString(), where});
    type.name = FoldName(type.user_type.name);
    return;
  }
  ResolveUserType(type, *found->second);
}

void CatalogDraft::ResolveTypes() {
  for (UserType& type : types_) {
    for (Column& column : type.columns) {
      ResolveType(column.type, type.name.ToString() + "." + column.name, type.place);
    }
  }
  for (DraftObject& object : objects_) {
    if (object.dropped) continue;
    const std::string name = object.name().ToString();
    if (Table* table = object.table()) {
      for (Column& column : table->columns)
        ResolveType(column.type, name + "." + column.name, table->place);
    } else if (auto* routine = std::get_if<catalog::Routine>(&object.value)) {
      for (auto& parameter : routine->parameters) {
        ResolveType(parameter.type, name + " " + parameter.name, routine->place);
      }
      for (Column& column : routine->return_columns) {
        ResolveType(column.type, name + "." + column.name, routine->place);
      }
      ResolveType(routine->returns, name, routine->place);
    } else if (auto* sequence = std::get_if<catalog::Sequence>(&object.value)) {
      ResolveType(sequence->type, name, sequence->place);
    }
  }
  for (const auto& [name, folded] : implied_nullability_) {
    Table* table = FindTable(name);
    Column* column = table == nullptr ? nullptr : FindColumn(*table, folded);
    const auto alias =
        column == nullptr ? types_by_name_.end() : types_by_name_.find(Key(column->type.user_type));
    if (alias != types_by_name_.end()) {
      column->nullable = alias->second->nullable && !IsNotNullByItself(*column);
    }
  }
}

// The server makes the history table that SYSTEM_VERSIONING names when there is none: "Creating a
// system-versioned temporal table". It has the columns without their constraints.
void CatalogDraft::AddHistoryTables() {
  for (size_t i = 0; i < objects_.size(); ++i) {
    const Table* table = objects_[i].dropped ? nullptr : objects_[i].table();
    if (table == nullptr || !table->temporal || table->temporal->history_table.name.empty())
      continue;
    if (Find(table->temporal->history_table) != nullptr) continue;
    Table history;
    history.name = table->temporal->history_table;
    history.place = table->place;
    for (Column column : table->columns) {
      column.identity = false;
      column.identity_seed = column.identity_increment = "";
      column.default_expression = column.default_name = column.computed_expression = "";
      column.period_role = catalog::PeriodRole::kNone;
      column.hidden = false;
      history.columns.push_back(std::move(column));
    }
    DraftObject object;
    object.value = std::move(history);
    object.database = objects_[i].database;
    object.script = objects_[i].script;
    Add(std::move(object), Mode::kCreate);
  }
}

bool CatalogDraft::HasColumns(const Table& table, const std::vector<std::string>& columns,
                              const std::string& constraint, const Table& of, DiagnosticId id) {
  for (const std::string& column : columns) {
    if (of.FindColumn(column) != nullptr) continue;
    Report(id, table.name, table.place, {constraint, column, of.name.ToString()});
    return false;
  }
  return true;
}

void CatalogDraft::CheckKeys(Table& table) {
  // Columns of graph tables such as $from_id are not written in the script.
  const bool is_graph = table.kind == "node" || table.kind == "edge";
  std::erase_if(table.keys, [&](const catalog::KeyConstraint& key) {
    const std::string constraint = "the key " + (key.name.empty() ? "of the table" : key.name);
    return !is_graph && !HasColumns(table, NamesOf(key.columns), constraint, table,
                                    DiagnosticId::kTableLacksColumn);
  });
  for (const catalog::KeyConstraint& key : table.keys) {
    for (const auto& part : key.columns) {
      Column* column = key.primary ? FindColumn(table, part.name) : nullptr;
      if (column != nullptr) column->nullable = false;
    }
  }
}

void CatalogDraft::CheckForeignKeys(Table& table) {
  std::erase_if(table.foreign_keys, [&](catalog::ForeignKey& key) {
    const std::string name = key.name.empty() ? "of " + table.name.ToString() : key.name;
    const Table* target = FindTable(key.referenced_table);
    if (target == nullptr && EqualNames(key.referenced_table.schema, "dbo")) {
      target = FindTable({table.name.schema, key.referenced_table.name});
    }
    if (target == nullptr) {
      Report(DiagnosticId::kForeignKeyTargetMissing, table.name, table.place,
             {name, key.referenced_table.ToString()});
      return true;
    }
    key.referenced_table = target->name;
    return !HasColumns(table, key.columns, name, table, DiagnosticId::kForeignKeyColumnMissing) ||
           !HasColumns(table, key.referenced_columns, name, *target,
                       DiagnosticId::kForeignKeyColumnMissing);
  });
}

catalog::Catalog CatalogDraft::Finish() {
  RunDeferred();
  catalog::Catalog catalog;
  catalog.database = MainDatabase();
  LeaveOutOtherDatabases(catalog.database);
  ResolveTypes();
  AddHistoryTables();
  for (DraftObject& object : objects_) {
    if (Table* table = object.dropped ? nullptr : object.table()) CheckKeys(*table);
  }
  for (DraftObject& object : objects_) {
    if (Table* table = object.dropped ? nullptr : object.table()) CheckForeignKeys(*table);
  }
  catalog.schemas = std::move(schemas_);
  const auto target = [&](auto& value) -> auto& {
    using T = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<T, Table>)
      return catalog.tables;
    else if constexpr (std::is_same_v<T, catalog::View>)
      return catalog.views;
    else if constexpr (std::is_same_v<T, catalog::Routine>)
      return catalog.routines;
    else if constexpr (std::is_same_v<T, catalog::Trigger>)
      return catalog.triggers;
    else if constexpr (std::is_same_v<T, catalog::Sequence>)
      return catalog.sequences;
    else
      return catalog.synonyms;
  };
  for (DraftObject& object : objects_) {
    if (object.dropped) continue;
    std::visit([&](auto& value) { target(value).push_back(std::move(value)); }, object.value);
  }
  for (UserType& type : types_) {
    if (types_by_name_.contains(Key(type.name))) catalog.user_types.push_back(std::move(type));
  }
  return catalog;
}

void CatalogDraft::Report(DiagnosticId id, const ObjectName& object, const SourcePlace& place,
                          std::vector<std::string> arguments) {
  sink_.Report({id,
                {},
                std::move(arguments),
                "",
                object.ToString(),
                place.file,
                {place.line, place.column}});
}

}  // namespace datamigrate::source
