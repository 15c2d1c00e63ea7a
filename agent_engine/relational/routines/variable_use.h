// How statements use variables, by their syntax alone: what a loop carries from turn to turn.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::relational {

enum class VariableUse : uint8_t {
  kNone,     // Not touched, or given a value on some paths only and not read before.
  kReads,    // Read before it has a value of its own.
  kFinds,    // Given a value by a SELECT, which keeps the old one where no row is found.
  kAssigns,  // Given a value first, on every path.
};

// Names are folded and have their @. NEXT VALUE FOR reads the last number of its sequence and gives
// it a value.
VariableUse FirstUse(const std::vector<tsql::Node>& statements, const std::string& variable);
bool Mentions(tsql::Node node, const std::string& variable);
// The variables that a statement gives values to, each once, in order.
void CollectAssigned(tsql::Node node, std::vector<std::string>& variables);
// Whether the list moves the variable on by the same step once on each turn, and nothing else
// changes it: no two turns have the same value.
bool CountsOn(const std::vector<tsql::Node>& statements, const std::string& variable);
// Whether the node is the command of that name (BREAK, FETCH, ...), and whether one is below it,
// loops inside apart.
bool IsCommand(tsql::Node node, std::string_view word);
bool HoldsCommand(tsql::Node node, std::string_view word);
// The text of a node, folded, without blanks, brackets, semicolons and parentheses around it all.
std::string PlainText(tsql::Node node);
// A block's statements, or the statement alone.
std::vector<tsql::Node> StatementsOf(tsql::Node node);

}  // namespace datamigrate::relational
