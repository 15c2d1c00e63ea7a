// Parts of definitions that several statements share. Only the parser's own files include this.
#pragma once

#include <string_view>

#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {

// -- parse_command.cc

// Demands a rule of parser/grammar/*.def; its children join the node under construction.
void ParseRule(Parser& parser, std::string_view rule);

// Whether the words that begin a statement of the grammar stand at the cursor.
bool BeginsCommand(const Parser& parser);

// -- parse_ddl_index.cc

// kIndexColumnList: (a, b DESC).
void ParseIndexColumnList(Parser& parser, Role role);
// CREATE INDEX of every kind as kCreateIndex, at CREATE; false: another statement.
bool ParseCreateIndex(Parser& parser, Role role);
// kInlineIndex: INDEX name ..., at INDEX.
void ParseInlineIndex(Parser& parser, Role role);
// What may follow the columns of an index or a key: WITH options and where it lies; each kOption.
void ParseIndexSuffix(Parser& parser);

// -- parse_ddl_column.cc, parse_ddl_constraint.cc

// kColumnDefinition with its name.
void ParseColumnDefinition(Parser& parser, Role role);
// Whether a constraint begins here: CONSTRAINT, PRIMARY, UNIQUE, FOREIGN, CHECK, CONNECTION.
bool AtTableConstraint(Parser& parser);
// kPrimaryKey, kUnique, kForeignKey, kCheck, kDefault or kConnectionConstraint; of a column when
// `is_of_column`.
void ParseConstraint(Parser& parser, Role role, bool is_of_column);

// -- parse_ddl_table.cc, parse_ddl_alter_table.cc

// kCreateTable, at CREATE; false: another statement.
bool ParseCreateTable(Parser& parser, Role role);
// kAlterTable, at ALTER; false: another statement.
bool ParseAlterTable(Parser& parser, Role role);
// One element of a table, in Role::kElement.
void ParseTableElement(Parser& parser);

}  // namespace datamigrate::tsql
