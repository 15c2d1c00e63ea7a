#include "agent_engine/source/scripts/system_procedures.h"

#include <algorithm>
#include <utility>

#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/scripts/definition_reader.h"

namespace datamigrate::source {

using catalog::EqualNames;
using catalog::FoldName;
using catalog::ObjectName;
using catalog::Table;
using diagnostics::DiagnosticId;
using tsql::Node;
using tsql::Role;

namespace {

void RenameColumn(Table& table, const std::string& from, const std::string& to) {
  const auto rename = [&](std::string& name) {
    if (EqualNames(name, from)) name = to;
  };
  for (auto& column : table.columns) rename(column.name);
  for (auto& key : table.keys) {
    for (auto& column : key.columns) rename(column.name);
  }
  for (auto& key : table.foreign_keys) std::ranges::for_each(key.columns, rename);
  for (auto& index : table.indexes) {
    for (auto& column : index.columns) rename(column.name);
    std::ranges::for_each(index.included_columns, rename);
  }
}

template <typename Parts>
bool RenamePart(Parts& parts, const std::string& from, const std::string& to) {
  const auto found =
      std::ranges::find_if(parts, [&](const auto& part) { return EqualNames(part.name, from); });
  if (found == parts.end()) return false;
  found->name = to;
  return true;
}

bool Describe(DraftObject& object, const std::string& column, const std::string& text) {
  if (column.empty()) {
    return std::visit(
        [&](auto& value) {
          if constexpr (requires { value.description; }) value.description = text;
          return true;
        },
        object.value);
  }
  Table* table = object.table();
  if (table == nullptr)
    return true;  // Columns of views and functions have no description in the catalog.
  const auto found = std::ranges::find_if(
      table->columns, [&](const auto& candidate) { return EqualNames(candidate.name, column); });
  if (found == table->columns.end()) return false;
  found->description = text;
  return true;
}

}  // namespace

void SystemProcedures::Execute(std::string_view procedure, Node statement) {
  const std::string name = FoldName(procedure);
  if (name == "sp_addextendedproperty" || name == "sp_updateextendedproperty") {
    SetDescription(statement, false);
  } else if (name == "sp_dropextendedproperty") {
    SetDescription(statement, true);
  } else if (name == "sp_addtype") {
    AddType(statement);
  } else if (name == "sp_droptype") {
    if (const auto type = Argument(statement, "@typename", 0)) {
      builder_.draft_.DropType(ParseObjectName(*type, builder_.context_.default_schema).object);
    }
  } else if (name == "sp_rename") {
    Rename(statement);
  } else if (name == "sp_bindefault") {
    BindDefault(statement, false);
  } else if (name == "sp_unbindefault") {
    BindDefault(statement, true);
  } else if (name == "sp_bindrule" || name == "sp_addlogin" || name == "sp_adduser" ||
             name == "sp_addrole" || name == "sp_addlinkedserver") {
    builder_.NotMigrated("EXECUTE " + name, statement);
  }
}

std::optional<std::string> SystemProcedures::Argument(Node statement, std::string_view name,
                                                      size_t position) const {
  const auto arguments = statement.Children(Role::kArgument);
  for (Node argument : arguments) {
    if (EqualNames(argument.TokenText(Role::kName), name)) {
      return builder_.ConstantText(argument.Child(Role::kValue));
    }
  }
  const bool is_positional = position < arguments.size() &&
                             arguments[position].TokenOf(Role::kName) == nullptr &&
                             arguments[position].Child(Role::kValue);
  return is_positional ? builder_.ConstantText(arguments[position].Child(Role::kValue))
                       : std::nullopt;
}

// "sp_addextendedproperty": level 0 is the schema, level 1 the object, level 2 the column.
void SystemProcedures::SetDescription(Node statement, bool drops) {
  if (!EqualNames(Argument(statement, "@name", 0).value_or(""), "MS_Description")) return;
  const size_t first_level = drops ? 1 : 2;
  const std::string text = drops ? "" : Argument(statement, "@value", 1).value_or("");
  const auto level = [&](const char* argument, size_t offset) {
    return Argument(statement, argument, first_level + offset).value_or("");
  };
  const std::string schema_type = FoldName(level("@level0type", 0));
  const std::string object_type = FoldName(level("@level1type", 2));
  const std::string part_type = FoldName(level("@level2type", 4));
  const bool is_object = (schema_type == "schema" || schema_type == "user") && !object_type.empty();
  const bool is_part = !part_type.empty() && part_type != "column";
  if (!is_object || is_part || object_type == "type") return;
  const ObjectName name = {level("@level0name", 1), level("@level1name", 3)};
  const std::string column = part_type == "column" ? level("@level2name", 5) : "";
  const std::string what = "the description of " + (column.empty() ? "the object" : column);
  builder_.draft_.DoWhenDefined(
      [&draft = builder_.draft_, name, column, text] {
        DraftObject* object = draft.Find(name);
        return object != nullptr && Describe(*object, column, text);
      },
      builder_.MakeDiagnostic(DiagnosticId::kObjectNotDefined, statement, {what, name.ToString()}));
}

void SystemProcedures::AddType(Node statement) {
  const auto name = Argument(statement, "@typename", 0);
  const auto base = Argument(statement, "@phystype", 1);
  if (!name || !base) return;
  catalog::UserType type;
  type.name = ParseObjectName(*name, builder_.context_.default_schema).object;
  type.base = ParseDataType(*base, TypePlace::kDeclaration, builder_.context_.default_schema);
  type.nullable =
      !FoldName(Argument(statement, "@nulltype", 2).value_or("null")).starts_with("not");
  type.place = builder_.PlaceOf(statement);
  const auto mode = builder_.context_.is_conditional ? CatalogDraft::Mode::kCreateIfNone
                                                     : CatalogDraft::Mode::kCreate;
  builder_.draft_.AddType(std::move(type), mode);
}

void SystemProcedures::Rename(Node statement) {
  const auto from = Argument(statement, "@objname", 0);
  const auto to = Argument(statement, "@newname", 1);
  if (!from || !to) return;
  const std::string kind = FoldName(Argument(statement, "@objtype", 2).value_or("object"));
  const std::string schema = builder_.context_.default_schema;
  std::vector<std::string> parts = SplitName(*from);
  const std::string part = parts.back();
  const bool is_part = kind == "column" || kind == "index";
  if (is_part) parts.pop_back();
  if (parts.empty()) return;
  const ObjectName owner = {parts.size() > 1 ? parts[parts.size() - 2] : schema, parts.back()};
  builder_.draft_.DoWhenDefined(
      [&draft = builder_.draft_, owner, kind, part, to = *to, is_part] {
        DraftObject* object = draft.Find(owner);
        if (object == nullptr) return false;
        if (!is_part) {
          draft.Rename(*object, to);
          return true;
        }
        Table* table = object->table();
        if (table == nullptr) return false;
        if (kind == "column") {
          RenameColumn(*table, part, to);
          return true;
        }
        return RenamePart(table->indexes, part, to) || RenamePart(table->keys, part, to);
      },
      builder_.MakeDiagnostic(DiagnosticId::kObjectNotDefined, statement,
                              {"sp_rename", owner.ToString()}));
}

void SystemProcedures::BindDefault(Node statement, bool unbinds) {
  const std::string schema = builder_.context_.default_schema;
  const auto target = Argument(statement, "@objname", unbinds ? 0 : 1);
  const auto source = unbinds ? std::optional<std::string>("") : Argument(statement, "@defname", 0);
  if (!target || !source) return;
  std::vector<std::string> parts = SplitName(*target);
  if (parts.size() < 2) return builder_.NotMigrated("a default bound to a type", statement);
  const std::string column = parts.back();
  parts.pop_back();
  const ObjectName table_name = {parts.size() > 1 ? parts[parts.size() - 2] : schema, parts.back()};
  const ObjectName default_name = ParseObjectName(*source, schema).object;
  builder_.draft_.DoWhenDefined(
      [&builder = builder_, table_name, column, default_name, unbinds] {
        Table* table = builder.draft_.FindTable(table_name);
        const auto expression = builder.defaults_.find(FoldName(default_name.ToString()));
        if (table == nullptr || (!unbinds && expression == builder.defaults_.end())) return false;
        for (auto& candidate : table->columns) {
          if (!EqualNames(candidate.name, column)) continue;
          candidate.default_expression = unbinds ? "" : expression->second;
          candidate.default_name = unbinds ? "" : default_name.name;
          return true;
        }
        return false;
      },
      builder_.MakeDiagnostic(
          DiagnosticId::kObjectNotDefined, statement,
          {unbinds ? "sp_unbindefault" : "sp_bindefault", table_name.ToString()}));
}

}  // namespace datamigrate::source
