// Turns definition statements of the syntax tree into values of the catalog. Knows nothing of other
// objects: references are names, alias types stay unresolved (see data_types.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::source {

// A name of one to four parts, its schema filled in.
struct QualifiedName {
  std::string database;  // Empty when not written.
  catalog::ObjectName object;
};
QualifiedName ReadObjectName(tsql::Node name, std::string_view default_schema);
// The same for a name in a string, e.g. an argument of sp_rename.
QualifiedName ParseObjectName(std::string_view text, std::string_view default_schema);
// The parts of a dotted name in a string, without quotes.
std::vector<std::string> SplitName(std::string_view text);

// A column, and what its table has to know of it.
struct ColumnDefinition {
  catalog::Column column;
  std::optional<bool> nullable;  // As written; none: the type, a key or the default decides.
  std::vector<catalog::KeyConstraint> keys;
  std::vector<catalog::ForeignKey> foreign_keys;
  std::vector<catalog::CheckConstraint> checks;
  std::vector<catalog::Index> indexes;
};
ColumnDefinition ReadColumn(tsql::Node column_definition, std::string_view default_schema);

// A DEFAULT written apart from its column.
struct DefaultDefinition {
  std::string column;
  std::string name;
  std::string expression;
};

// All elements of CREATE TABLE, of ALTER TABLE ADD, and of table types.
struct TableElements {
  std::vector<ColumnDefinition> columns;
  std::vector<catalog::KeyConstraint> keys;
  std::vector<catalog::ForeignKey> foreign_keys;
  std::vector<catalog::CheckConstraint> checks;
  std::vector<catalog::Index> indexes;
  std::vector<DefaultDefinition> defaults;
  std::optional<catalog::Temporal> period;  // Without its history table.
};
TableElements ReadTableElements(const std::vector<tsql::Node>& elements,
                                std::string_view default_schema);

catalog::Index ReadIndex(tsql::Node create_index);
catalog::Sequence ReadSequence(tsql::Node create_sequence, std::string_view default_schema);
std::vector<catalog::Parameter> ReadParameters(tsql::Node routine, std::string_view default_schema);

// Looks among the options of `node`, and those within them, for one, e.g. "SYSTEM_VERSIONING" or
// "HISTORY_TABLE"; absent when there is none.
tsql::Node FindOption(tsql::Node node, std::string_view name);
// The option's value as text; empty when it has none.
std::string OptionValue(tsql::Node option);
bool IsOptionOn(tsql::Node node, std::string_view name);

// The texts of the tokens in `role`, with one blank between them, in lower case.
std::string WordsOf(tsql::Node node, tsql::Role role);

}  // namespace datamigrate::source
