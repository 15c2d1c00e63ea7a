#include "agent_engine/tsql/parser/grammar/grammar.h"

#include <cstdio>
#include <cstdlib>

#include "agent_engine/tsql/parser/grammar/grammar_compiler.h"

namespace datamigrate::tsql {
namespace {

std::vector<GrammarRuleRow> RuleRows() {
  return {
#define RULE(name, text) {#name, text},
#define STATEMENT(node, text)
#include "agent_engine/tsql/parser/grammar/all_rows.def"
#undef STATEMENT
#undef RULE
  };
}

std::vector<GrammarStatementRow> StatementRows() {
  return {
#define RULE(name, text)
#define STATEMENT(node, text) {NodeKind::node, text},
#include "agent_engine/tsql/parser/grammar/all_rows.def"
#undef STATEMENT
#undef RULE
  };
}

}  // namespace

Grammar::Grammar() { GrammarCompiler(*this, RuleRows()).Compile(StatementRows()); }

const Grammar& Grammar::Instance() {
  static const Grammar grammar;
  if (!grammar.errors_.empty()) {
    std::fprintf(stderr, "grammar: %s\n", grammar.errors_[0].c_str());
    std::abort();
  }
  return grammar;
}

const std::vector<uint32_t>* Grammar::StatementsAt(std::string_view word) const {
  const auto found = by_word_.find(word);
  return found == by_word_.end() ? nullptr : &found->second;
}

uint32_t Grammar::Rule(std::string_view name) const { return rules_.at(name); }

}  // namespace datamigrate::tsql
