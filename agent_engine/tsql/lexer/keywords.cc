#include "agent_engine/tsql/lexer/keywords.h"

#include <algorithm>
#include <array>

namespace datamigrate::tsql {
namespace {

constexpr std::array kTokenTexts = {
#define TOKEN(id, text) std::string_view(text),
#include "agent_engine/tsql/lexer/token_kinds.def"
#undef TOKEN
};

char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

std::string_view KeywordText(Keyword keyword) {
  if (keyword == Keyword::kNone) return {};
  return kKeywordRows[static_cast<size_t>(keyword) - 1].text;
}

Keyword FindKeyword(std::string_view word) {
  return LookUpKeyword(word.data(), word.size(), word.data() + word.size());
}

std::string_view TokenKindText(TokenKind kind) {
  return kTokenTexts[static_cast<size_t>(kind)];
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, LowerCase, LowerCase);
}

}  // namespace datamigrate::tsql
