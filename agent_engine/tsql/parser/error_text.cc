#include "agent_engine/tsql/parser/error_text.h"

#include <algorithm>
#include <string>
#include <utility>

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

// Whether `text` is, or names among others, `word`.
bool Names(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || text[at - 1] == ' ';
    const size_t end = at + word.size();
    if (begins && (end == text.size() || text[end] == ' ' || text[end] == ',')) return true;
  }
  return false;
}

std::vector<std::string_view> Alternatives(std::string_view expected,
                                           const std::vector<std::string_view>& others) {
  std::vector<std::string_view> all = {expected};
  for (const std::string_view other : others) {
    if (all.size() == kMaxAlternatives) break;
    if (!other.empty() && !Names(expected, other)) all.push_back(other);
  }
  return all;
}

std::string UpperCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  return out;
}

std::string Hint(std::string_view text, const Token& found, std::string_view expected,
                 const std::vector<std::string_view>& others) {
  if (found.kind != TokenKind::kWord) return {};
  const std::string word(text.substr(found.begin, found.end - found.begin));
  if ((expected == "a name" || expected == "an alias") && IsReserved(found.keyword)) {
    return word + " is a reserved word; as a name, write [" + word + "]";
  }
  for (const std::string_view other : others) {
    if (IsOneSlipAway(word, other)) return "did you mean " + std::string(other) + "?";
  }
  return {};
}

Diagnostic At(const Token& token, DiagnosticId id, std::vector<std::string> arguments) {
  Diagnostic diagnostic;
  diagnostic.id = id;
  diagnostic.span = {token.begin, token.end};
  diagnostic.arguments = std::move(arguments);
  return diagnostic;
}

}  // namespace

bool IsOneSlipAway(std::string_view word, std::string_view keyword) {
  const std::string upper = UpperCase(word);
  std::string_view a = upper;
  std::string_view b = keyword;
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1 || b.size() < 3 || a == b) return false;
  const size_t same = std::ranges::mismatch(a, b).in1 - a.begin();
  const std::string_view rest_a = a.substr(same);
  const std::string_view rest_b = b.substr(same);
  if (a.size() < b.size()) return rest_a == rest_b.substr(1);
  if (rest_a.substr(1) == rest_b.substr(1)) return true;
  return rest_a.size() > 1 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] &&
         rest_a.substr(2) == rest_b.substr(2);
}

Diagnostic ExpectedError(std::string_view text, const Token& found, std::string_view expected,
                         const std::vector<std::string_view>& others) {
  const auto alternatives = Alternatives(expected, others);
  Diagnostic diagnostic =
      At(found, DiagnosticId::kExpectedToken, {Join(alternatives), NameFound(text, found)});
  diagnostic.hint = Hint(text, found, expected, others);
  return diagnostic;
}

Diagnostic NestingError(const Token& found, int max_depth) {
  return At(found, DiagnosticId::kNestingTooDeep, {std::to_string(max_depth)});
}

}  // namespace datamigrate::tsql
