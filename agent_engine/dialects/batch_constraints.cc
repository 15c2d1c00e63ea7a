// What the tables of a batch refuse: text that is too long, rows that break CHECK or FOREIGN KEY.
#include <algorithm>

#include "agent_engine/dialects/batch_translator.h"
#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/pipeline.h"

namespace datamigrate::dialects {
namespace {

std::string Words(Node node, Role role) {
  std::string words;
  for (const tsql::Token* token : node.TokensOf(role))
    words += (words.empty() ? "" : " ") + Lower(node.tree().TextOf(*token));
  return words;
}

}  // namespace

// Behind a column's type: what keeps its values as short, or as small, as in the source.
std::string BatchTranslator::LengthText(const SqlType& type, const std::string& type_name,
                                        const std::string& column) const {
  const std::string name = Identifier(dialect_, column);
  const std::string length = std::to_string(type.length);
  if (type.id == tsql::TypeId::kTinyInt && type_name == "smallint" && dialect_.enforces_checks)
    return " check (" + name + " between 0 and 255)";
  if (type.length == SqlType::kMax || type.length <= 0) return "";
  if (tsql::IsString(type.id) && type.id != tsql::TypeId::kText &&
      type.id != tsql::TypeId::kNText) {
    if (dialect_.enforces_checks) return " check (length(" + name + ") <= " + length + ")";
  }
  const bool is_sized = type.id == tsql::TypeId::kBinary || type.id == tsql::TypeId::kVarBinary;
  if (is_sized && dialect_.enforces_checks)
    return " check (octet_length(" + name + ") <= " + length + ")";
  return "";
}

// The type of a column that refuses longer values itself; empty where it has no length, or the
// target none for it.
std::string BatchTranslator::SizedType(const SqlType& type) const {
  if (type.length == SqlType::kMax || type.length <= 0) return "";
  const std::string length = std::to_string(type.length);
  if (tsql::IsString(type.id)) return Replaced(dialect_.sized_text, "$l", length);
  const bool is_bytes = type.id == tsql::TypeId::kBinary || type.id == tsql::TypeId::kVarBinary;
  return is_bytes ? Replaced(dialect_.sized_bytes, "$l", length) : "";
}

// Tells where a table takes rows that the source refuses.
void BatchTranslator::NoteUnchecked(Node node, const catalog::Table& table,
                                    DiagnosticSink& sink) const {
  const auto has_any_length = [&](const catalog::Column& column) {
    const SqlType type = tsql::FromCatalogType(column.type);
    if (type.length == SqlType::kMax || type.length <= 0) return false;
    if (tsql::IsString(type.id)) return dialect_.sized_text.empty();
    const bool is_bytes = type.id == tsql::TypeId::kBinary || type.id == tsql::TypeId::kVarBinary;
    return is_bytes && dialect_.sized_bytes.empty();
  };
  const auto is_key = [](Node constraint) {
    return constraint.Is(NodeKind::kPrimaryKey) || constraint.Is(NodeKind::kUnique);
  };
  bool has_keys = !table.keys.empty();
  for (const Node element : node.Children(Role::kElement))
    has_keys = has_keys || std::ranges::any_of(element.Children(Role::kConstraint), is_key);
  const bool takes_keys = !dialect_.enforces_keys && has_keys;
  const bool takes_lengths =
      !dialect_.enforces_checks && std::ranges::any_of(table.columns, has_any_length);
  if (!takes_keys && !takes_lengths) return;
  const std::string what = !takes_keys ? "lengths" : !takes_lengths ? "keys" : "keys and lengths";
  sink.Report({DiagnosticId::kWritesNotChecked,
               node.span(),
               {std::string(dialect_.title), what, table.name.name},
               "",
               "",
               "",
               {}});
}

// The line of a CHECK or FOREIGN KEY constraint, written behind `column` or alone; empty, with a
// note, where the target has no such.
std::string BatchTranslator::Constraint(Node node, const std::string& column,
                                        const catalog::Table& table, DiagnosticSink& sink) {
  if (node.Is(NodeKind::kCheck) && dialect_.enforces_checks) {
    DiagnosticSink own;
    ExprPtr condition = relational::LowerOverTable(Index(), &table, node.Child(Role::kCondition),
                                                   {}, Options(), own);
    const std::string text = PrintExpr(std::move(condition), own);
    if (!own.HasErrors()) return "check (" + text + ")";
  }
  if (node.Is(NodeKind::kForeignKey) && dialect_.enforces_references) {
    const std::vector<std::string> parts = PartsOf(node.Child(Role::kReferencedTable));
    const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "dbo";
    const bool is_itself = catalog::FoldName(parts.back()) == catalog::FoldName(table.name.name);
    const catalog::Table* other = Index().FindTable(schema, parts.back());
    const bool is_known = is_itself || (other != nullptr && other->kind == kBatchTable);
    if (is_known) return ForeignKey(node, column, Target(parts));
  }
  const bool is_silent = dialect_.enforces_checks;
  sink.Report({is_silent ? DiagnosticId::kConstraintNotChecked : DiagnosticId::kStatementDropped,
               node.span(),
               {std::string(NodeKindText(node.kind()))},
               "",
               "",
               "",
               {}});
  return "";
}

void BatchTranslator::NoteTextKey(Node key, const catalog::Column* column,
                                  DiagnosticSink& sink) const {
  if (column == nullptr || !tsql::IsString(tsql::FromCatalogType(column->type).id)) return;
  if (!dialect_.enforces_checks) return;
  sink.Report({DiagnosticId::kCollationNotKept, key.span(), {"the key"}, "", "", "", {}});
}

void BatchTranslator::NoteNullsInKey(Node key, bool may_be_null, DiagnosticSink& sink) const {
  if (!may_be_null || !dialect_.enforces_keys || !dialect_.nulls_alike.empty()) return;
  sink.Report({DiagnosticId::kConstraintNotChecked,
               key.span(),
               {"rule that a unique key takes NULL once"},
               "",
               "",
               "",
               {}});
}

std::string BatchTranslator::ForeignKey(Node node, const std::string& column,
                                        const std::string& referenced) const {
  const auto list = [&](Role role) {
    std::vector<std::string> names;
    for (const std::string& name : ColumnNames(node.Child(role)))
      names.push_back(Identifier(dialect_, name));
    return names.empty() ? "" : " (" + Join(names, ", ") + ")";
  };
  std::string columns = list(Role::kColumns);
  if (columns.empty()) columns = " (" + Identifier(dialect_, column) + ")";
  std::string sql =
      "foreign key" + columns + " references " + referenced + list(Role::kReferencedColumns);
  if (const std::string words = Words(node, Role::kOnDelete); !words.empty())
    sql += " on delete " + words;
  if (const std::string words = Words(node, Role::kOnUpdate); !words.empty())
    sql += " on update " + words;
  return sql;
}

}  // namespace datamigrate::dialects
