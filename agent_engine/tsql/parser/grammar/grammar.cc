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

Grammar::Grammar(const std::vector<GrammarRuleRow>& rules,
                 const std::vector<GrammarStatementRow>& statements) {
  GrammarCompiler(*this, rules).Compile(statements);
}

const Grammar& Grammar::Instance() {
  static const Grammar grammar(RuleRows(), StatementRows());
  if (!grammar.errors_.empty()) {
    std::fprintf(stderr, "grammar: %s\n", grammar.errors_[0].c_str());
    std::abort();
  }
  return grammar;
}

std::string UpperCase(std::string_view word) {
  std::string upper(word);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  }
  return upper;
}

const std::vector<uint32_t>* Grammar::StatementsAt(std::string_view word) const {
  const auto found = by_word_.find(word);
  return found == by_word_.end() ? nullptr : &found->second;
}

uint32_t Grammar::Rule(std::string_view name) const {
  return rules_.at(name);
}

}  // namespace datamigrate::tsql
