// Matches the elements of the grammar (grammar/grammar.h) at the parser's cursor and builds the
// nodes they describe.
#pragma once

#include <cstddef>
#include <string_view>

#include "agent_engine/tsql/parser/grammar/grammar.h"
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {

// One attempt at a statement or a rule. Alternatives are tried in order; the furthest place that
// any of them reached is remembered for the message. Time is linear in the tokens times the
// alternatives of the grammar: its rows do not call themselves but through parentheses, and nothing
// that fitted is tried again in another way.
class CommandMatcher {
 public:
  explicit CommandMatcher(Parser& parser) : parser_(parser) {}

  // Matches a statement as a node in `role`. False: it does not fit, and nothing is taken.
  bool MatchStatement(const GrammarStatement& statement, Role role);
  // Matches an element, whose children join the node under construction. False as above.
  bool MatchElement(uint32_t element);
  // Makes the parser fail at the furthest place that was reached.
  void FailAtFurthest();

 private:
  // Which role words without one get.
  enum class WordPlace : uint8_t { kBeginning, kBehindEqual, kInside };

  bool Match(uint32_t element);
  bool MatchSequence(const GrammarElement& element);
  bool MatchChoice(const GrammarElement& element);
  bool MatchRepeat(const GrammarElement& element);
  bool MatchNode(const GrammarElement& element);
  bool MatchWord(const GrammarElement& element);
  bool MatchToken(const GrammarElement& element);
  bool MatchBuiltin(const GrammarElement& element);
  bool CanBegin(const GrammarElement& element);
  Role RoleOfBuiltin(const GrammarElement& element) const;
  void TakeBuiltin(Builtin builtin, Role role);
  void TakeNumber(Role role);
  bool TakeIpAddress(Role role);
  // Tries an element; what it took is given back when it does not fit.
  bool Try(uint32_t element);
  Role RoleOfWord(const GrammarElement& element) const;
  // Remembers that `expected` would have fitted at the cursor; always false.
  bool Miss(std::string_view expected);
  bool MissAt(const Token* place, std::string_view expected);

  Parser& parser_;
  const Grammar& grammar_ = Grammar::Instance();
  WordPlace place_ = WordPlace::kInside;
  NodeKind node_ = NodeKind::kCommand;  // Under construction.
  size_t verb_words_ = 0;               // Of the statement, still to come.
  const Token* furthest_ = nullptr;
  std::string_view expected_;
};

}  // namespace datamigrate::tsql
