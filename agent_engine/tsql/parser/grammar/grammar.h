// The grammar of statements that rows describe: the notation of Microsoft's syntax blocks, compiled
// once.
//
//   WORD                a word of the language, in any mixture of cases
//   ( ) , = . : :: * + - % themselves
//   name  string  expr  what parser/grammar/builtins.def names: a call of the parser or a token of
//   a kind other_lower_case    a rule: RULE(other_lower_case, "...") {a | b}             a group of
//   alternatives; the first that fits is taken and never given back [a | b]             the same,
//   or nothing a...   a,...        one or more of what stands before; with commas between Role:a a
//   in that role (ast/roles.def); a group or rule in a role becomes a node, kOption for Option and
//                       kClause otherwise, or the one named: Role/Kind:{...}
//
// Words get the role kVerb at the beginning of a statement and kName at the beginning of a group's
// node, kValue behind "=" in it, and kSyntax elsewhere. A rule without a role puts its children
// where it is used.
//
// An alternative with the same beginning as another must stand before it when it is longer, since
// nothing is given back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent_engine/tsql/ast/syntax_tree.h"
#include "agent_engine/tsql/lexer/token.h"

namespace datamigrate::tsql {

enum class Builtin : uint8_t {
#define BUILTIN(id, name, role, text) id,
#include "agent_engine/tsql/parser/grammar/builtins.def"
#undef BUILTIN
};

// How a message names what the builtin takes.
std::string_view BuiltinText(Builtin builtin);

// One element of a row. Which members count depends on `kind`.
struct GrammarElement {
  enum class Kind : uint8_t { kWord, kToken, kBuiltin, kSequence, kChoice, kOptional, kRepeat };

  Kind kind = Kind::kSequence;
  bool makes_node = false;  // The element becomes a node of `node` in `role`.
  bool has_role = false;    // Else the role follows from the place.
  bool comma_separated = false;
  TokenKind token{};
  Builtin builtin{};
  Role role{};
  Keyword keyword = Keyword::kNone;
  NodeKind node{};
  std::string_view word = {};           // In upper case.
  std::vector<uint32_t> children = {};  // Of kSequence and kChoice; one for kOptional and kRepeat.
};

// A statement: the words it begins with, and all of it.
struct GrammarStatement {
  NodeKind node;
  std::vector<std::string_view> leading_words;
  uint32_t element;
};

// RULE(name, "text")
struct GrammarRuleRow {
  std::string_view name;
  std::string_view text;
};

// STATEMENT(kind of node, "text")
struct GrammarStatementRow {
  NodeKind node;
  std::string_view text;
};

// The word with its ASCII letters in upper case.
std::string UpperCase(std::string_view word);

// All rows, compiled. Immutable.
class Grammar {
 public:
  // Compiles rows, whose texts must outlive it. Mistakes are in errors().
  Grammar(const std::vector<GrammarRuleRow>& rules,
          const std::vector<GrammarStatementRow>& statements);

  // The grammar of parser/grammar/*.def, compiled at the first call. Safe to call from any thread.
  static const Grammar& Instance();

  // What is wrong with the rows; empty for a grammar that can be used. Instance() stops the process
  // unless it is.
  const std::vector<std::string>& errors() const { return errors_; }

  const GrammarElement& Element(uint32_t index) const { return elements_[index]; }
  const std::vector<GrammarStatement>& statements() const { return statements_; }
  // Statements that begin with `word` (upper case), most leading words first; null when there is
  // none.
  const std::vector<uint32_t>* StatementsAt(std::string_view word) const;
  // The element of a rule, which must exist.
  uint32_t Rule(std::string_view name) const;

 private:
  friend class GrammarCompiler;

  std::vector<GrammarElement> elements_;
  std::vector<GrammarStatement> statements_;
  std::unordered_map<std::string_view, std::vector<uint32_t>> by_word_;
  std::unordered_map<std::string_view, uint32_t> rules_;
  std::vector<std::string> errors_;
};

}  // namespace datamigrate::tsql
