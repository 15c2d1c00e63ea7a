// Compiles the rows of a grammar. See grammar.h for the notation.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent_engine/tsql/parser/grammar/grammar.h"

namespace datamigrate::tsql {

class GrammarCompiler {
 public:
  // `grammar` receives the result; texts must outlive it.
  GrammarCompiler(Grammar& grammar, const std::vector<GrammarRuleRow>& rules);

  // Compiles rules and statements; mistakes go to the grammar's errors.
  void Compile(const std::vector<GrammarStatementRow>& statements);

 private:
  void CompileStatement(const GrammarStatementRow& row);
  void CollectLeadingWords(uint32_t element, std::vector<std::string_view>& words) const;

  void Begin(std::string_view name, std::string_view text);
  void Next();
  bool At(std::string_view symbol) const { return token_ == symbol; }
  void Expect(std::string_view symbol);
  void Error(std::string message);

  uint32_t Add(GrammarElement element);
  uint32_t CompileChoice();
  uint32_t CompileSequence();
  uint32_t CompileRepeated();
  uint32_t CompileRoled();
  uint32_t CompilePrimary();
  uint32_t CompileBracketed(std::string_view close);
  uint32_t CompileName();
  uint32_t CompileSymbol();
  void ApplyRole(uint32_t& element, Role role, NodeKind node);

  Grammar& grammar_;
  std::vector<GrammarRuleRow> rules_;
  std::string_view row_;   // The row under work, for messages.
  std::string_view rest_;  // Its text behind the current token.
  std::string_view token_;
};

}  // namespace datamigrate::tsql
