#include "agent_engine/tsql/parser/error_text.h"

#include <algorithm>
#include <string>

#include "agent_engine/tsql/lexer/keywords.h"

namespace datamigrate::tsql {
namespace {

using diagnostics::Diagnostic;
using diagnostics::DiagnosticId;

constexpr size_t kMaxAlternatives = 8;
constexpr size_t kMaxFoundBytes = 40;

// The text is cut between characters.
std::string Shorten(std::string_view text) {
  if (text.size() <= kMaxFoundBytes) return std::string(text);
  size_t size = kMaxFoundBytes;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return std::string(text.substr(0, size)) + "...";
}

// Values are named by their kind alone: a string may be a password.
std::string NameFound(std::string_view text, const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
    case TokenKind::kString:
    case TokenKind::kNationalString:
    case TokenKind::kBinary:
      return std::string(TokenKindText(token.kind));
    default:
      return "'" + Shorten(text.substr(token.begin, token.end - token.begin)) + "'";
  }
}

std::string Join(const std::vector<std::string_view>& alternatives) {
  std::string out;
  for (size_t i = 0; i < alternatives.size(); ++i) {
    if (i > 0) out += i + 1 == alternatives.size() ? " or " : ", ";
    out += alternatives[i];
  }
  return out;
}

std::vector<std::string_view> Alternatives(std::string_view expected,
                                           const std::vector<std::string_view>& others) {
  std::vector<std::string_view> all = {expected};
  for (const std::string_view other : others) {
    if (all.size() == kMaxAlternatives) break;
    if (other != expected && !other.empty()) all.push_back(other);
  }
  return all;
}

Diagnostic At(const Token& token, DiagnosticId id, std::vector<std::string> arguments) {
  Diagnostic diagnostic;
  diagnostic.id = id;
  diagnostic.span = {token.begin, token.end};
  diagnostic.arguments = std::move(arguments);
  return diagnostic;
}

}  // namespace

Diagnostic ExpectedError(std::string_view text, const Token& found, std::string_view expected,
                         const std::vector<std::string_view>& others) {
  const auto alternatives = Alternatives(expected, others);
  Diagnostic diagnostic =
      At(found, DiagnosticId::kExpectedToken, {Join(alternatives), NameFound(text, found)});
  const bool wants_name = std::ranges::any_of(
      alternatives, [](std::string_view s) { return s == "a name" || s == "an alias"; });
  if (wants_name && IsReserved(found.keyword)) {
    const std::string word(text.substr(found.begin, found.end - found.begin));
    diagnostic.hint = word + " is a reserved word; as a name, write [" + word + "]";
  }
  return diagnostic;
}

Diagnostic NestingError(const Token& found, int max_depth) {
  return At(found, DiagnosticId::kNestingTooDeep, {std::to_string(max_depth)});
}

}  // namespace datamigrate::tsql
