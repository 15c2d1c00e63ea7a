#include "agent_engine/source/scripts/definition_reader.h"

#include <algorithm>
#include <utility>

#include "agent_engine/source/scripts/data_types.h"

namespace datamigrate::source {

using catalog::Column;
using catalog::EqualNames;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;
using tsql::Token;

namespace {

QualifiedName FromParts(std::vector<std::string> parts, std::string_view default_schema) {
  QualifiedName name;
  if (parts.empty()) return name;
  name.object.name = std::move(parts.back());
  if (parts.size() > 1) name.object.schema = std::move(parts[parts.size() - 2]);
  if (parts.size() > 2) name.database = std::move(parts[parts.size() - 3]);
  if (name.object.schema.empty()) name.object.schema = std::string(default_schema);
  return name;
}

std::string NameIn(Node node, Role role) {
  return tsql::UnquoteName(node.TokenText(role));
}

std::vector<std::string> ColumnNames(Node column_list) {
  std::vector<std::string> names;
  for (Node item : column_list.Children(Role::kItem)) names.push_back(NameIn(item, Role::kPart));
  return names;
}

std::vector<catalog::IndexColumn> IndexColumns(Node list) {
  std::vector<catalog::IndexColumn> columns;
  for (Node item : list.Children(Role::kItem)) {
    const bool descending = EqualNames(item.TokenText(Role::kDirection), "desc");
    columns.push_back({NameIn(item, Role::kName), descending});
  }
  return columns;
}

catalog::KeyConstraint ReadKey(Node constraint) {
  catalog::KeyConstraint key;
  key.name = NameIn(constraint, Role::kConstraintName);
  key.primary = constraint.Is(NodeKind::kPrimaryKey);
  const std::string clustered = WordsOf(constraint, Role::kClustered);
  key.clustered = clustered.empty() ? key.primary : clustered == "clustered";
  key.columns = IndexColumns(constraint.Child(Role::kColumns));
  return key;
}

std::string UpperWords(Node node, Role role) {
  std::string words = WordsOf(node, role);
  std::ranges::transform(words, words.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return words;
}

catalog::ForeignKey ReadForeignKey(Node constraint, std::string_view default_schema) {
  catalog::ForeignKey key;
  key.name = NameIn(constraint, Role::kConstraintName);
  key.columns = ColumnNames(constraint.Child(Role::kColumns));
  key.referenced_table =
      ReadObjectName(constraint.Child(Role::kReferencedTable), default_schema).object;
  key.referenced_columns = ColumnNames(constraint.Child(Role::kReferencedColumns));
  if (constraint.TokenOf(Role::kOnDelete)) key.on_delete = UpperWords(constraint, Role::kOnDelete);
  if (constraint.TokenOf(Role::kOnUpdate)) key.on_update = UpperWords(constraint, Role::kOnUpdate);
  return key;
}

catalog::CheckConstraint ReadCheck(Node constraint, std::string column) {
  catalog::CheckConstraint check;
  check.name = NameIn(constraint, Role::kConstraintName);
  check.expression = std::string(constraint.Child(Role::kCondition).Text());
  check.column = std::move(column);
  return check;
}

// The kinds of catalog.h from the words between CREATE and INDEX.
std::string IndexKind(const std::string& words) {
  for (const char* kind : {"columnstore", "xml", "spatial", "fulltext", "hash", "vector", "json"}) {
    if (words.find(kind) != std::string::npos) return kind;
  }
  const bool clustered = words.find("clustered") != std::string::npos &&
                         words.find("nonclustered") == std::string::npos;
  return clustered ? "clustered" : "nonclustered";
}

catalog::Index ReadInlineIndex(Node node) {
  catalog::Index index;
  index.name = NameIn(node, Role::kName);
  index.unique = node.TokenOf(Role::kUnique) != nullptr;
  index.kind = IndexKind(WordsOf(node, Role::kKind));
  index.columns = IndexColumns(node.Child(Role::kColumns));
  index.included_columns = ColumnNames(node.Child(Role::kIncluded));
  index.filter = std::string(node.Child(Role::kWhere).Text());
  return index;
}

// A constraint or index written beside a column is about that column.
void ReadColumnConstraint(Node node, ColumnDefinition& definition,
                          std::string_view default_schema) {
  const std::string& name = definition.column.name;
  switch (node.kind()) {
    case NodeKind::kPrimaryKey:
    case NodeKind::kUnique: {
      catalog::KeyConstraint key = ReadKey(node);
      if (key.columns.empty()) key.columns = {{name, false}};
      definition.keys.push_back(std::move(key));
      break;
    }
    case NodeKind::kForeignKey: {
      catalog::ForeignKey key = ReadForeignKey(node, default_schema);
      if (key.columns.empty()) key.columns = {name};
      definition.foreign_keys.push_back(std::move(key));
      break;
    }
    case NodeKind::kCheck:
      definition.checks.push_back(ReadCheck(node, name));
      break;
    case NodeKind::kDefault:
      definition.column.default_expression = std::string(node.Child(Role::kValue).Text());
      definition.column.default_name = NameIn(node, Role::kConstraintName);
      break;
    case NodeKind::kInlineIndex: {
      catalog::Index index = ReadInlineIndex(node);
      if (index.columns.empty()) index.columns = {{name, false}};
      definition.indexes.push_back(std::move(index));
      break;
    }
    default:
      break;
  }
}

void ReadIdentity(Node identity, Column& column) {
  column.identity = true;
  const Node seed = identity.Child(Role::kSeed), increment = identity.Child(Role::kIncrement);
  const auto text = [&](Node node, Role role) {
    std::string written(node ? node.Text() : identity.TokenText(role));
    written.erase(std::remove(written.begin(), written.end(), ' '), written.end());
    return written.empty() ? std::string("1") : written;
  };
  column.identity_seed = text(seed, Role::kSeed);
  column.identity_increment = text(increment, Role::kIncrement);
}

// The first string literal of a node's text, unquoted.
std::string FirstString(Node node) {
  const tsql::SyntaxTree& tree = node.tree();
  for (uint32_t i = node.first_token(); i < node.end_token(); ++i) {
    const Token& token = tree.tokens[i];
    if (token.kind == tsql::TokenKind::kString || token.kind == tsql::TokenKind::kNationalString) {
      return tsql::UnquoteString(tree.TextOf(token));
    }
  }
  return {};
}

void ReadColumnOption(Node option, Column& column) {
  const std::string words = WordsOf(option, Role::kName);
  if (words == "sparse") column.sparse = true;
  if (words == "rowguidcol") column.row_guid = true;
  if (words == "hidden") column.hidden = true;
  if (words.starts_with("masked")) column.masking_function = FirstString(option);
}

catalog::PeriodRole PeriodRoleOf(const std::string& words) {
  if (words.find("start") != std::string::npos) return catalog::PeriodRole::kRowStart;
  if (words.find("end") != std::string::npos) return catalog::PeriodRole::kRowEnd;
  return catalog::PeriodRole::kNone;
}

void Visit(Node node, const std::string& folded, Node& found) {
  if (found) return;
  const bool is_option = node.Is(NodeKind::kOption) || node.Is(NodeKind::kClause);
  if (is_option && WordsOf(node, Role::kName) == folded) {
    found = node;
    return;
  }
  // Options stand in options only: expressions, which may be deep, are not walked.
  for (Node child : node.Children()) {
    if (child.Is(NodeKind::kOption) || child.Is(NodeKind::kClause)) Visit(child, folded, found);
  }
}

}  // namespace

std::string WordsOf(Node node, Role role) {
  std::string words;
  for (const Token* token : node.TokensOf(role)) {
    if (!words.empty()) words += ' ';
    words += catalog::FoldName(node.tree().TextOf(*token));
  }
  return words;
}

QualifiedName ReadObjectName(Node name, std::string_view default_schema) {
  return name ? FromParts(tsql::NameParts(name), default_schema) : QualifiedName();
}

std::vector<std::string> SplitName(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    size_t end = 0;
    if (!text.empty() && (text[0] == '[' || text[0] == '"')) {
      const char close = text[0] == '[' ? ']' : '"';
      end = text.find(close, 1);
      while (end != std::string_view::npos && end + 1 < text.size() && text[end + 1] == close) {
        end = text.find(close, end + 2);
      }
      end = end == std::string_view::npos ? text.size() : end + 1;
      parts.push_back(tsql::UnquoteName(text.substr(0, end)));
    } else {
      end = std::min(text.find('.'), text.size());
      std::string part(text.substr(0, end));
      while (!part.empty() && part.back() == ' ') part.pop_back();
      parts.push_back(std::move(part));
    }
    const size_t period = text.find('.', end);
    if (period == std::string_view::npos) return parts;
    text.remove_prefix(period + 1);
  }
}

QualifiedName ParseObjectName(std::string_view text, std::string_view default_schema) {
  return FromParts(SplitName(text), default_schema);
}

ColumnDefinition ReadColumn(Node node, std::string_view default_schema) {
  ColumnDefinition definition;
  Column& column = definition.column;
  column.name = NameIn(node, Role::kName);
  if (const Node type = node.Child(Role::kType)) {
    column.type = ReadDataType(type, TypePlace::kDeclaration, default_schema);
  } else if (EqualNames(column.name, "timestamp") && !node.Child(Role::kComputed)) {
    column.type.name = "rowversion";  // A column named timestamp needs no type: "rowversion".
  }
  column.computed_expression = std::string(node.Child(Role::kComputed).Text());
  column.persisted = node.TokenOf(Role::kPersisted) != nullptr;
  column.collation = std::string(node.TokenText(Role::kCollation));
  column.hidden = node.TokenOf(Role::kHidden) != nullptr;
  column.period_role = PeriodRoleOf(WordsOf(node, Role::kPeriod));
  if (const Node nullability = node.Child(Role::kNullability)) {
    definition.nullable = nullability.TokenOf(Role::kNegation) == nullptr;
  }
  if (const Node identity = node.Child(Role::kIdentity)) ReadIdentity(identity, column);
  for (Node option : node.Children(Role::kOption)) ReadColumnOption(option, column);
  for (Node constraint : node.Children(Role::kConstraint)) {
    ReadColumnConstraint(constraint, definition, default_schema);
  }
  return definition;
}

TableElements ReadTableElements(const std::vector<Node>& elements,
                                std::string_view default_schema) {
  TableElements read;
  for (Node element : elements) {
    switch (element.kind()) {
      case NodeKind::kColumnDefinition:
        read.columns.push_back(ReadColumn(element, default_schema));
        break;
      case NodeKind::kPrimaryKey:
      case NodeKind::kUnique:
        read.keys.push_back(ReadKey(element));
        break;
      case NodeKind::kForeignKey:
        read.foreign_keys.push_back(ReadForeignKey(element, default_schema));
        break;
      case NodeKind::kCheck:
        read.checks.push_back(ReadCheck(element, ""));
        break;
      case NodeKind::kDefault:
        read.defaults.push_back({NameIn(element, Role::kForColumn),
                                 NameIn(element, Role::kConstraintName),
                                 std::string(element.Child(Role::kValue).Text())});
        break;
      case NodeKind::kInlineIndex:
        read.indexes.push_back(ReadInlineIndex(element));
        break;
      case NodeKind::kPeriodDefinition:
        read.period = {NameIn(element, Role::kStartColumn), NameIn(element, Role::kEndColumn), {}};
        break;
      default:
        break;
    }
  }
  return read;
}

catalog::Index ReadIndex(Node node) {
  return ReadInlineIndex(node);
}

catalog::Sequence ReadSequence(Node node, std::string_view default_schema) {
  catalog::Sequence sequence;
  sequence.name = ReadObjectName(node.Child(Role::kName), default_schema).object;
  sequence.type = {"bigint", 0, 0, 0, {}};
  if (const Node type = node.Child(Role::kType)) {
    sequence.type = ReadDataType(type, TypePlace::kDeclaration, default_schema);
  }
  for (Node option : node.Children(Role::kOption)) {
    const std::string words = WordsOf(option, Role::kName);
    const std::string value = OptionValue(option);
    if (words.starts_with("start")) sequence.start = value;
    if (words.starts_with("increment")) sequence.increment = value;
    if (words == "minvalue") sequence.minimum = value;
    if (words == "maxvalue") sequence.maximum = value;
    if (words == "cycle") sequence.cycle = true;
  }
  return sequence;
}

std::vector<catalog::Parameter> ReadParameters(Node routine, std::string_view default_schema) {
  std::vector<catalog::Parameter> parameters;
  for (Node node : routine.Children(Role::kParameter)) {
    catalog::Parameter parameter;
    parameter.name = std::string(node.TokenText(Role::kName));
    if (const Node type = node.Child(Role::kType)) {
      parameter.type = ReadDataType(type, TypePlace::kDeclaration, default_schema);
    }
    const Node value = node.Child(Role::kValue);
    parameter.default_expression = std::string(value ? value.Text() : node.TokenText(Role::kValue));
    parameter.output = node.TokenOf(Role::kOutput) != nullptr;
    parameter.read_only = node.TokenOf(Role::kReadOnly) != nullptr;
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

Node FindOption(Node node, std::string_view name) {
  Node found;
  if (node) Visit(node, catalog::FoldName(name), found);
  return found;
}

std::string OptionValue(Node option) {
  if (!option) return {};
  if (const Node value = option.Child(Role::kValue)) return std::string(value.Text());
  std::string text;
  for (const Token* token : option.TokensOf(Role::kValue)) text += option.tree().TextOf(*token);
  return text;
}

bool IsOptionOn(Node node, std::string_view name) {
  return EqualNames(OptionValue(FindOption(node, name)), "on");
}

}  // namespace datamigrate::source
