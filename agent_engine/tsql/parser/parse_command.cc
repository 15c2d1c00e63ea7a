// Every statement that rows of the grammar describe.
#include <string>

#include "agent_engine/tsql/parser/parse_command_matcher.h"
#include "agent_engine/tsql/parser/parse_ddl.h"
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {
namespace {

std::string UpperCase(std::string_view word) {
  std::string upper(word);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  }
  return upper;
}

bool BeginsWith(const Parser& parser, const std::vector<std::string_view>& words) {
  for (uint32_t i = 1; i < words.size(); ++i) {
    if (!parser.PeekIsWord(i, words[i])) return false;
  }
  return true;
}

}  // namespace

bool Parser::ParseCommandStatement(Role role) {
  if (Current().kind != TokenKind::kWord) return false;
  const Grammar& grammar = Grammar::Instance();
  const auto* rows = grammar.StatementsAt(UpperCase(TextOf(Current())));
  if (rows == nullptr) return false;
  CommandMatcher matcher(*this);
  bool is_begun = false;
  for (const uint32_t row : *rows) {
    const GrammarStatement& statement = grammar.statements()[row];
    if (!BeginsWith(*this, statement.leading_words)) continue;
    is_begun = true;
    if (matcher.MatchStatement(statement, role) || failed_) return true;
  }
  if (is_begun) matcher.FailAtFurthest();
  return is_begun;
}

void ParseRule(Parser& parser, std::string_view rule) {
  CommandMatcher matcher(parser);
  if (!matcher.MatchElement(Grammar::Instance().Rule(rule)) && !parser.failed()) {
    matcher.FailAtFurthest();
  }
}

}  // namespace datamigrate::tsql
