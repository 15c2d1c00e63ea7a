// Statements of a batch that define or change what is not a new table: ALTER TABLE, indexes,
// schemas, DROP, and what only the source's server has.
#include <algorithm>
#include <array>

#include "agent_engine/dialects/batch_translator.h"
#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"

namespace datamigrate::dialects {
namespace {

// First words of statements that keep the server in order and change no result.
constexpr auto kUpkeep = std::to_array<std::string_view>({
    "alter index",
    "checkpoint",
    "create statistics",
    "dbcc",
    "reconfigure",
    "update statistics",
});

// Who may read what is granted in the target by its own means.
constexpr auto kPermissions = std::to_array<std::string_view>({
    "alter authorization",
    "deny",
    "grant",
    "revoke",
});

// What a batch may drop and no translation makes.
constexpr auto kNeverMade = std::to_array<std::string_view>({
    "aggregate",
    "default",
    "function",
    "proc",
    "procedure",
    "rule",
    "statistics",
    "synonym",
    "trigger",
    "type",
});

std::string WordsOf(Node node, Role role) {
  std::string words;
  for (const tsql::Token* token : node.TokensOf(role)) {
    if (!words.empty()) words += ' ';
    words += Lower(node.tree().TextOf(*token));
  }
  return words;
}

bool StartsWithOneOf(std::string_view text, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.starts_with(word); });
}

bool SaysIfExists(Node node) {
  return Lower(node.Text()).find("if exists") != std::string::npos;
}

}  // namespace

void BatchTranslator::NoteDropped(Node node, DiagnosticSink& sink) {
  NoteDropped(node, StatementName(node), sink);
}

void BatchTranslator::NoteDropped(Node node, std::string what, DiagnosticSink& sink) {
  sink.Report({DiagnosticId::kStatementDropped, node.span(), {std::move(what)}, "", "", "", {}});
}

std::string BatchTranslator::Command(Node node, DiagnosticSink& sink) {
  const std::string text = Lower(node.Text().substr(0, 40));
  if (StartsWithOneOf(text, kUpkeep)) {
    NoteDropped(node, sink);
    return "";
  }
  if (StartsWithOneOf(text, kPermissions)) {
    sink.Report({DiagnosticId::kPermissionDropped,
                 node.span(),
                 {StatementName(node), std::string(dialect_.title)},
                 "",
                 "",
                 "",
                 {}});
    return "";
  }
  return RefuseStatement(node, sink);
}

std::string BatchTranslator::AlterTable(Node node, DiagnosticSink& sink) {
  const std::vector<std::string> parts = PartsOf(node.Child(Role::kName));
  const catalog::Table* known =
      Index().FindTable(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
  catalog::Table table;
  if (known != nullptr)
    table = *known;
  else
    table.name = {parts.size() > 1 ? parts[parts.size() - 2] : "dbo", parts.back()};
  const std::string alter = "alter table " + Target(parts) + " ";
  std::vector<std::string> statements;
  for (const Node action : node.Children(Role::kAction)) {
    switch (action.kind()) {
      case NodeKind::kAlterTableAdd:
        for (const Node element : action.Children(Role::kElement))
          AddElement(element, alter, table, statements, sink);
        break;
      case NodeKind::kAlterTableDrop:
        DropElements(action, alter, table, statements, sink);
        break;
      case NodeKind::kAlterColumn:
        AlterColumn(action, alter, table, statements, sink);
        break;
      case NodeKind::kAlterTableCheck:
        NoteDropped(action, "ALTER TABLE ... CHECK CONSTRAINT", sink);
        break;
      default:
        Refuse(action, "this ALTER TABLE", sink);
    }
  }
  if (!statements.empty() && !dialect_.alters_tables) {
    Refuse(node, "ALTER TABLE", sink);
    return "";
  }
  // Only tables that are known in full are worth more than their names.
  if (known != nullptr) {
    const bool is_own = known->kind == kBatchTable;
    AddTable(std::move(table));
    if (!is_own) created_[local_->tables.back().name.ToString()] = Target(parts);
  }
  return Join(statements, ";" + std::string(1, kBreak));
}

void BatchTranslator::AddElement(Node element, const std::string& alter, catalog::Table& table,
                                 std::vector<std::string>& statements, DiagnosticSink& sink) {
  if (element.Is(NodeKind::kColumnDefinition))
    return AddColumn(element, alter, table, statements, sink);
  if (element.Is(NodeKind::kPrimaryKey)) {
    statements.push_back(alter + "add " + Key(element, table, sink));
  } else if (element.Is(NodeKind::kUnique)) {
    const std::string key = Key(element, table, sink);
    std::string name = table.name.name;
    for (const catalog::IndexColumn& column : table.keys.back().columns) name += "_" + column.name;
    statements.push_back("create unique index " + Identifier(dialect_, name + "_key") + " on " +
                         alter.substr(12) + key.substr(key.find('(')));
  } else if (element.Is(NodeKind::kDefault)) {
    const std::string column = tsql::UnquoteName(element.TokenText(Role::kForColumn));
    const catalog::Column* found = table.FindColumn(column);
    ExprPtr value = relational::LowerOverTable(Index(), nullptr, element.Child(Role::kValue), {},
                                               Options(), sink);
    if (found != nullptr) {
      value = relational::ConvertTo(std::move(value), tsql::FromCatalogType(found->type), sink);
    }
    statements.push_back(alter + "alter column " + Identifier(dialect_, column) + " set default " +
                         PrintExpr(std::move(value), sink));
  } else {
    NoteDropped(element, sink);
  }
}

// "ALTER TABLE (Transact-SQL)": rows that are there get NULL in a new column that takes it, its
// default in one that does not.
void BatchTranslator::AddColumn(Node element, const std::string& alter, catalog::Table& table,
                                std::vector<std::string>& statements, DiagnosticSink& sink) {
  if (element.Has(Role::kComputed) || element.Has(Role::kIdentity)) {
    Refuse(element, "a computed column or IDENTITY that is added to a table", sink);
    return;
  }
  std::string default_text;
  std::vector<std::string> keys;
  const SqlType type = relational::LowerType(Index(), element.Child(Role::kType), 1, sink);
  catalog::Column column;
  column.name = tsql::UnquoteName(element.TokenText(Role::kName));
  column.type = tsql::ToCatalogType(type);
  column.collation = std::string(element.TokenText(Role::kCollation));
  const Node nullability = element.Child(Role::kNullability);
  column.nullable = !nullability || !nullability.Has(Role::kNegation);
  const std::string name = Identifier(dialect_, column.name);
  for (const Node constraint : element.Children(Role::kConstraint)) {
    if (constraint.Is(NodeKind::kDefault)) {
      ExprPtr value = relational::LowerOverTable(Index(), nullptr, constraint.Child(Role::kValue),
                                                 {}, Options(), sink);
      default_text = PrintExpr(relational::ConvertTo(std::move(value), type, sink), sink);
      const bool fills = Lower(constraint.Text()).ends_with("with values");
      if (fills)
        keys.push_back("update " + alter.substr(12) + "set " + name + " = " + default_text);
    } else if (constraint.Is(NodeKind::kPrimaryKey) || constraint.Is(NodeKind::kUnique)) {
      Refuse(constraint, "a key on a column that is added to a table", sink);
    } else {
      NoteDropped(constraint, sink);
    }
  }
  statements.push_back(alter + "add column " + name + " " + Lower(TypeName(dialect_, type)));
  if (!default_text.empty()) {
    statements.push_back(alter + "alter column " + name + " set default " + default_text);
    if (!column.nullable)
      statements.push_back("update " + alter.substr(12) + "set " + name + " = " + default_text);
  }
  statements.insert(statements.end(), keys.begin(), keys.end());
  if (!column.nullable) statements.push_back(alter + "alter column " + name + " set not null");
  table.columns.push_back(std::move(column));
}

void BatchTranslator::DropElements(Node action, const std::string& alter, catalog::Table& table,
                                   std::vector<std::string>& statements, DiagnosticSink& sink) {
  for (const tsql::Token* token : action.TokensOf(Role::kName)) {
    const std::string name = tsql::UnquoteName(action.tree().TextOf(*token));
    if (WordsOf(action, Role::kKind) == "column") {
      statements.push_back(alter + "drop column " + (SaysIfExists(action) ? "if exists " : "") +
                           Identifier(dialect_, name));
      std::erase_if(table.columns, [&](const catalog::Column& column) {
        return catalog::EqualNames(column.name, name);
      });
      continue;
    }
    // Constraints have no names in the translation; one that the target enforces cannot be found.
    const bool is_enforced = std::ranges::any_of(
        table.keys, [&](const auto& key) { return catalog::EqualNames(key.name, name); });
    if (is_enforced || table.kind == kBatchTable)
      Refuse(action, "dropping the constraint " + name, sink);
    else
      NoteDropped(action, "DROP CONSTRAINT", sink);
  }
}

void BatchTranslator::AlterColumn(Node action, const std::string& alter, catalog::Table& table,
                                  std::vector<std::string>& statements, DiagnosticSink& sink) {
  const Node element = action.Child(Role::kColumn);
  if (!element) {
    Refuse(action, "this ALTER COLUMN", sink);
    return;
  }
  const std::string written = tsql::UnquoteName(element.TokenText(Role::kName));
  const auto found = std::ranges::find_if(table.columns, [&](const catalog::Column& column) {
    return catalog::EqualNames(column.name, written);
  });
  if (found == table.columns.end()) {
    Refuse(action, "ALTER COLUMN of a column that is not known", sink);
    return;
  }
  const SqlType type = relational::LowerType(Index(), element.Child(Role::kType), 1, sink);
  const SqlType old_type = tsql::FromCatalogType(found->type);
  const std::string old_name = Lower(TypeName(dialect_, old_type));
  if (!LengthText(old_type, old_name, found->name).empty()) {
    Refuse(action, "ALTER COLUMN of a column whose length is checked", sink);
    return;
  }
  const Node nullability = element.Child(Role::kNullability);
  const bool nullable = !nullability || !nullability.Has(Role::kNegation);
  const std::string name = Identifier(dialect_, found->name);
  auto value = relational::MakeExpr(relational::ExprKind::kColumn, old_type, element.span());
  value->text = found->name;
  const std::string converted =
      PrintExpr(relational::ConvertTo(std::move(value), type, sink), sink);
  const std::string column = alter + "alter column " + name + " ";
  statements.push_back(column + "type " + Lower(TypeName(dialect_, type)) + " using " + converted);
  if (nullable != found->nullable)
    statements.push_back(column + (nullable ? "drop" : "set") + " not null");
  found->type = tsql::ToCatalogType(type);
  found->nullable = nullable;
}

std::string BatchTranslator::CreateIndex(Node node, DiagnosticSink& sink) {
  if (!node.Has(Role::kUnique) || !dialect_.alters_tables) {
    NoteDropped(node, sink);
    return "";
  }
  if (node.Has(Role::kWhere)) {
    Refuse(node, "a unique index over a part of the rows", sink);
    return "";
  }
  const std::vector<std::string> parts = PartsOf(node.Child(Role::kTable));
  const catalog::Table* table =
      Index().FindTable(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
  bool may_be_null = false;
  std::vector<std::string> columns;
  for (const Node item : node.Child(Role::kColumns).Children(Role::kItem)) {
    const std::string name = tsql::UnquoteName(item.TokenText(Role::kName));
    const catalog::Column* column = table == nullptr ? nullptr : table->FindColumn(name);
    may_be_null = may_be_null || column == nullptr || column->nullable;
    columns.push_back(Identifier(dialect_, name));
  }
  NoteNullsInKey(node, may_be_null, sink);
  return "create unique index " +
         Identifier(dialect_, tsql::UnquoteName(node.TokenText(Role::kName))) + " on " +
         Target(parts) + " (" + Join(columns, ", ") + ")" + std::string(dialect_.nulls_alike);
}

std::string BatchTranslator::CreateSchema(Node node, DiagnosticSink& sink, bool if_not_exists) {
  const std::string name = tsql::UnquoteName(node.TokenText(Role::kName));
  if (name.empty() || !node.Children(Role::kStatement).empty()) {
    Refuse(node, "CREATE SCHEMA with statements of its own", sink);
    return "";
  }
  return std::string("create schema ") + (if_not_exists ? "if not exists " : "") +
         Identifier(dialect_, name);
}

std::string BatchTranslator::Drop(Node node, DiagnosticSink& sink, bool if_exists) {
  const std::string kind = WordsOf(node, Role::kKind);
  if (std::ranges::find(kNeverMade, kind) != kNeverMade.end()) {
    NoteDropped(node, sink);
    return "";
  }
  if_exists = if_exists || SaysIfExists(node);
  std::vector<std::string> statements;
  if (kind == "index") {
    for (const Node index : node.Children(Role::kItem)) {
      statements.push_back("drop index if exists " +
                           Identifier(dialect_, PartsOf(index.Child(Role::kName)).back()));
    }
    if (!dialect_.alters_tables) {
      NoteDropped(node, "DROP INDEX statement", sink);
      return "";
    }
    if (statements.empty()) return RefuseStatement(node, sink);
    return Join(statements, ";" + std::string(1, kBreak));
  }
  if (kind != "table" && kind != "view" && kind != "schema") return RefuseStatement(node, sink);
  for (const Node name : node.Children(Role::kName)) {
    statements.push_back("drop " + kind + (if_exists ? " if exists " : " ") +
                         Target(PartsOf(name)));
  }
  return Join(statements, ";" + std::string(1, kBreak));
}

}  // namespace datamigrate::dialects
