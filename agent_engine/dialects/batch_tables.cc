// Tables that a batch creates.
#include <algorithm>
#include <cctype>

#include "agent_engine/dialects/batch_translator.h"
#include "agent_engine/dialects/emit_write.h"
#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/pipeline.h"

namespace datamigrate::dialects {
namespace {

bool HasNoNulls(Node column) {
  return column.Child(Role::kNullability).Has(Role::kNegation);
}

}  // namespace

std::string BatchTranslator::SelectInto(Node into, relational::Query& query, DiagnosticSink& sink) {
  const std::vector<std::string> parts = PartsOf(into);
  catalog::Table table;
  table.name = {parts.size() > 1 ? parts[parts.size() - 2] : "dbo", parts.back()};
  for (const relational::OutputField& field : query.fields) {
    if (field.name.empty() || field.type.id == tsql::TypeId::kUnknown) {
      Refuse(into, "SELECT INTO of a column whose name or type is not known", sink);
      return "";
    }
    catalog::Column column;
    column.name = field.name;
    column.type = tsql::ToCatalogType(field.type);
    column.collation = field.type.collation;
    column.nullable = field.type.nullable;
    table.columns.push_back(std::move(column));
  }
  query.order_by.clear();
  PrepareQuery(query, Collation(), dialect_, sink);
  Emitter emitter(dialect_, namer_, sink);
  emitter.set_pins_types(true);
  const std::string body = emitter.EmitQuery(query);
  std::string before;
  const std::string name = NewName(parts, before);
  created_[table.name.ToString()] = name;
  AddTable(std::move(table));
  return before + "create table " + name + " as" + kBreak + body;
}

// dbo is where the source keeps what names no schema: so does the target, in its own. Temporary
// tables that are called as another one get a name of their own.
std::string BatchTranslator::NewName(const std::vector<std::string>& parts, std::string& before) {
  const size_t sign = std::min(parts.back().find_first_not_of("#@"), parts.back().size());
  std::string name = parts.back().substr(sign);
  if (sign > 0) {
    const auto is_taken = [&] {
      return Index().FindTable("", name) != nullptr ||
             std::ranges::any_of(created_, [&](const auto& known) {
               return known.second == Identifier(dialect_, name) &&
                      catalog::FoldName(known.first) != catalog::FoldName("dbo." + parts.back());
             });
    };
    while (is_taken()) name.insert(0, "temp_");
    return Identifier(dialect_, name);
  }
  const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
  if (schema.empty() || catalog::FoldName(schema) == "dbo") return Identifier(dialect_, name);
  const std::string name_of_schema = Identifier(dialect_, schema);
  const std::string created =
      dialect_.supports_if_not_exists
          ? "create schema if not exists " + name_of_schema
          : "if schema_id('" + schema + "') is null exec('create schema " + name_of_schema + "')";
  before = created + ";" + kBreak + before;
  return Identifier(dialect_, schema) + "." + Identifier(dialect_, name);
}

std::string BatchTranslator::CreateTable(Node node, DiagnosticSink& sink) {
  const std::vector<std::string> parts =
      node.Is(NodeKind::kTableVariableDeclaration)
          ? std::vector<std::string>{std::string(node.TokenText(Role::kName))}
          : PartsOf(node.Child(Role::kName));
  catalog::Table table;
  table.name = {parts.size() > 1 ? parts[parts.size() - 2] : "dbo", parts.back()};
  std::vector<std::string> lines;
  std::string before;
  if (node.Has(Role::kQuery)) {
    sink.Report({DiagnosticId::kUnsupportedStatement,
                 node.span(),
                 {"CREATE TABLE AS SELECT", std::string(dialect_.title)},
                 "",
                 "",
                 "",
                 {}});
    return "";
  }
  std::vector<std::pair<Node, std::string>> constraints;  // And the column that each is behind.
  for (const Node element : node.Children(Role::kElement)) {
    if (element.Is(NodeKind::kColumnDefinition)) {
      lines.push_back(Column(element, table, before, sink));
      for (const Node constraint : element.Children(Role::kConstraint)) {
        if (constraint.Is(NodeKind::kCheck) || constraint.Is(NodeKind::kForeignKey))
          constraints.emplace_back(constraint, table.columns.back().name);
      }
    } else if (element.Is(NodeKind::kPrimaryKey) || element.Is(NodeKind::kUnique)) {
      const bool is_primary = element.Is(NodeKind::kPrimaryKey);
      std::string key = Key(element, table, sink);
      if (is_primary ? dialect_.supports_primary_keys : dialect_.supports_unique_keys)
        lines.push_back(key + (is_primary ? std::string(dialect_.key_ending) : ""));
      else
        NoteDropped(element, sink);
    } else if (element.Is(NodeKind::kCheck) || element.Is(NodeKind::kForeignKey)) {
      constraints.emplace_back(element, "");
    } else {
      NoteDropped(element, sink);
    }
  }
  for (const auto& [constraint, column] : constraints) {
    std::string line = Constraint(constraint, column, table, sink);
    if (!line.empty()) lines.push_back(std::move(line));
  }
  NoteUnchecked(node, table, sink);
  const std::string name = NewName(parts, before);
  created_[table.name.ToString()] = name;
  AddTable(std::move(table));
  std::string sql = before + "create table " + name + " (";
  for (size_t i = 0; i < lines.size(); ++i)
    sql += std::string(i > 0 ? "," : "") + kBreak + "    " + lines[i];
  return sql + kBreak + ")";
}

std::string BatchTranslator::Column(Node element, catalog::Table& table, std::string& before,
                                    DiagnosticSink& sink) {
  catalog::Column column;
  column.name = tsql::UnquoteName(element.TokenText(Role::kName));
  std::string line = Identifier(dialect_, column.name) + " ";
  if (element.Has(Role::kComputed)) {
    if (dialect_.computed_column.empty()) {
      Refuse(element, "a computed column", sink);
      return line;
    }
    const Node computed = element.Child(Role::kComputed);
    ExprPtr value = relational::LowerOverTable(Index(), &table, computed, {}, Options(), sink);
    column.type = tsql::ToCatalogType(value->type);
    column.computed_expression = std::string(computed.Text());
    line += Lower(TypeName(dialect_, value->type)) + " ";
    line += std::string(dialect_.computed_column);
    const std::string text = PrintExpr(std::move(value), sink);
    line.replace(line.find("$0"), 2, text);
    table.columns.push_back(std::move(column));
    return line;
  }
  const SqlType type = relational::LowerType(Index(), element.Child(Role::kType), 1, sink);
  column.type = tsql::ToCatalogType(type);
  column.collation = std::string(element.TokenText(Role::kCollation));
  const std::string type_name = Lower(TypeName(dialect_, type));
  if (type_name.empty()) {
    sink.Report({DiagnosticId::kUnsupportedType,
                 element.span(),
                 {tsql::TypeText(type), std::string(dialect_.title)},
                 "",
                 "",
                 "",
                 {}});
  }
  const bool numbers_itself =
      element.Has(Role::kIdentity) && !dialect_.identity_type.empty() && !type_name.empty();
  const std::string sized = SizedType(type);
  line += numbers_itself ? std::string(dialect_.identity_type) : sized.empty() ? type_name : sized;
  line += LengthText(type, type_name, column.name);
  for (const Node constraint : element.Children(Role::kConstraint)) {
    if (constraint.Is(NodeKind::kDefault)) {
      if (!dialect_.supports_defaults) Refuse(constraint, "a column's default", sink);
      ExprPtr value = relational::LowerOverTable(Index(), nullptr, constraint.Child(Role::kValue),
                                                 {}, Options(), sink);
      value = relational::ConvertTo(std::move(value), type, sink);
      line += " default " + PrintExpr(std::move(value), sink);
    } else if (constraint.Is(NodeKind::kPrimaryKey)) {
      column.nullable = false;
      table.keys.push_back(
          {.name = "", .primary = true, .clustered = false, .columns = {{column.name, false}}});
      NoteTextKey(constraint, &column, sink);
      if (dialect_.supports_primary_keys)
        line += " primary key" + std::string(dialect_.key_ending);
      else
        NoteDropped(constraint, sink);
    } else if (constraint.Is(NodeKind::kUnique) && dialect_.supports_unique_keys) {
      NoteTextKey(constraint, &column, sink);
      NoteNullsInKey(constraint, !HasNoNulls(element), sink);
      line += " unique" + std::string(dialect_.nulls_alike);
    } else if (!constraint.Is(NodeKind::kCheck) && !constraint.Is(NodeKind::kForeignKey)) {
      NoteDropped(constraint, sink);
    }
  }
  if (element.Has(Role::kIdentity)) {
    column.nullable = false;
    column.identity = true;
    if (dialect_.identity.empty())
      Refuse(element, "a column that numbers its rows", sink);
    else
      line += IdentityText(element.Child(Role::kIdentity), column, table, before);
  }
  if (HasNoNulls(element)) {
    column.nullable = false;
    line += " not null";
  }
  table.columns.push_back(std::move(column));
  return line;
}

std::string BatchTranslator::IdentityText(Node identity, const catalog::Column& column,
                                          const catalog::Table& table, std::string& before) {
  std::vector<std::string> numbers;
  std::string number;
  for (const char c : std::string(identity.Text()) + ")") {
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '-') {
      number += c;
    } else if (!number.empty()) {
      numbers.push_back(std::move(number));
      number.clear();
    }
  }
  if (numbers.size() < 2) numbers = {"1", "1"};
  if (!numbers[1].starts_with('-')) counts_up_.insert(table.name.ToString());
  // A sequence has bounds, which by default do not hold a start below 1, or above -1 downwards.
  const std::string type = Lower(column.type.name);
  const std::string most = type == "int"      ? "2147483647"
                           : type == "bigint" ? "9223372036854775807"
                                              : "32767";
  std::string bounds;
  if (numbers[1].starts_with('-'))
    bounds = " maxvalue " + most;
  else if (numbers[0].starts_with('-') || numbers[0] == "0")
    bounds = " minvalue -" + most;
  if (!dialect_.identity_is_sequence) {
    return Replaced(Replaced(Replaced(dialect_.identity, "$0", numbers[0]), "$1", numbers[1]), "$2",
                    bounds);
  }
  const std::string steps = "start with " + numbers[0] + " increment by " + numbers[1] + bounds;
  std::string plain = table.name.name + "_" + column.name + "_seq";
  std::erase_if(plain, [](unsigned char c) { return !std::isalnum(c) && c != '_'; });
  before += "create sequence " + plain + " " + steps + ";" + kBreak;
  return " default nextval('" + plain + "')";
}

std::string BatchTranslator::Key(Node element, catalog::Table& table, DiagnosticSink& sink) {
  catalog::KeyConstraint key;
  key.primary = element.Is(NodeKind::kPrimaryKey);
  std::vector<std::string> names;
  for (const Node column : element.Child(Role::kColumns).Children(Role::kItem)) {
    key.columns.push_back({tsql::UnquoteName(column.TokenText(Role::kName)), false});
    names.push_back(Identifier(dialect_, key.columns.back().name));
  }
  for (const auto& [name, descending] : key.columns)
    NoteTextKey(element, table.FindColumn(name), sink);
  const bool may_be_null = std::ranges::any_of(key.columns, [&](const auto& part) {
    const catalog::Column* column = table.FindColumn(part.name);
    return column == nullptr || column->nullable;
  });
  if (!key.primary) NoteNullsInKey(element, may_be_null, sink);
  const std::string words =
      key.primary ? "primary key" : "unique" + std::string(dialect_.nulls_alike);
  table.keys.push_back(std::move(key));
  return words + " (" + Join(names, ", ") + ")";
}

void BatchTranslator::AddTable(catalog::Table table) {
  if (local_ == nullptr) local_ = std::make_unique<catalog::Catalog>(outer_.catalog());
  table.kind = kBatchTable;
  std::erase_if(local_->tables,
                [&](const catalog::Table& known) { return known.name == table.name; });
  local_->tables.push_back(std::move(table));
  local_index_ = std::make_unique<catalog::CatalogIndex>(*local_);
}

}  // namespace datamigrate::dialects
