// Every statement that rows of the grammar describe.
#include <algorithm>

#include "agent_engine/tsql/parser/parse_command_matcher.h"
#include "agent_engine/tsql/parser/parse_ddl.h"
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {
namespace {

// How many of the words stand at the cursor.
size_t CountMatching(const Parser& parser, const std::vector<std::string_view>& words) {
  size_t count = 1;
  while (count < words.size() && parser.PeekIsWord(static_cast<uint32_t>(count), words[count])) {
    ++count;
  }
  return count;
}

bool BeginsDefinition(Keyword keyword) {
  return keyword == Keyword::kCreate || keyword == Keyword::kAlter || keyword == Keyword::kDrop;
}

// Fails behind the `matching` words that rows share with the text at the cursor.
void FailBehindWords(Parser& parser, const std::vector<uint32_t>& rows, size_t matching) {
  std::vector<std::string_view> next_words;
  for (const uint32_t row : rows) {
    const auto& words = Grammar::Instance().statements()[row].leading_words;
    if (CountMatching(parser, words) == matching) next_words.push_back(words[matching]);
  }
  if (matching == 1 && BeginsDefinition(parser.Current().keyword)) {
    next_words = {"a kind of object"};
  }
  parser.TakeMany(static_cast<int>(matching));
  for (const std::string_view word : next_words) parser.Expected(word);
  parser.Fail(next_words[0]);
}

}  // namespace

bool BeginsCommand(const Parser& parser) {
  const auto* rows = Grammar::Instance().StatementsAt(UpperCase(parser.TextOf(parser.Current())));
  return rows != nullptr && std::ranges::any_of(*rows, [&](uint32_t row) {
           const auto& words = Grammar::Instance().statements()[row].leading_words;
           return CountMatching(parser, words) == words.size();
         });
}

bool Parser::ParseCommandStatement(Role role) {
  if (Current().kind != TokenKind::kWord) return false;
  const Grammar& grammar = Grammar::Instance();
  const auto* rows = grammar.StatementsAt(UpperCase(TextOf(Current())));
  if (rows == nullptr) return false;
  CommandMatcher matcher(*this);
  bool is_begun = false;
  size_t most_matching = 0;
  for (const uint32_t row : *rows) {
    const GrammarStatement& statement = grammar.statements()[row];
    const size_t matching = CountMatching(*this, statement.leading_words);
    most_matching = std::max(most_matching, matching);
    if (matching < statement.leading_words.size()) continue;
    is_begun = true;
    if (matcher.MatchStatement(statement, role) || failed_) return true;
  }
  if (is_begun) {
    matcher.FailAtFurthest();
    return true;
  }
  // Words that are no names begin no other statement.
  if (most_matching == 1 && !IsReserved(Current().keyword)) return false;
  FailBehindWords(*this, *rows, most_matching);
  return true;
}

void ParseRule(Parser& parser, std::string_view rule) {
  CommandMatcher matcher(parser);
  if (!matcher.MatchElement(Grammar::Instance().Rule(rule)) && !parser.failed()) {
    matcher.FailAtFurthest();
  }
}

}  // namespace datamigrate::tsql
