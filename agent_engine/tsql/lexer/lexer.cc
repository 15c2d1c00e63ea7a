#include "agent_engine/tsql/lexer/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "agent_engine/tsql/lexer/character.h"
#include "agent_engine/tsql/lexer/keyword_table.h"
#include "agent_engine/tsql/lexer/keywords.h"

namespace datamigrate::tsql {
namespace {

using diagnostics::DiagnosticId;

// Bytes per token that real scripts have at least; only a guess for the first allocation.
constexpr size_t kGuessedTokenBytes = 5;

// "System Functions (Transact-SQL)" and its neighbours: the names behind @@ that are no variables.
// Every other name with two signs is a variable of the script's own: "Variables (Transact-SQL)".
constexpr std::string_view kSystemVariables[] = {"CONNECTIONS",
                                                 "CPU_BUSY",
                                                 "CURSOR_ROWS",
                                                 "DATEFIRST",
                                                 "DBTS",
                                                 "DEFAULT_LANGID",
                                                 "ERROR",
                                                 "FETCH_STATUS",
                                                 "IDENTITY",
                                                 "IDLE",
                                                 "IO_BUSY",
                                                 "LANGID",
                                                 "LANGUAGE",
                                                 "LOCK_TIMEOUT",
                                                 "MAX_CONNECTIONS",
                                                 "MAX_PRECISION",
                                                 "MICROSOFTVERSION",
                                                 "NESTLEVEL",
                                                 "OPTIONS",
                                                 "PACKET_ERRORS",
                                                 "PACK_RECEIVED",
                                                 "PACK_SENT",
                                                 "PROCID",
                                                 "REMSERVER",
                                                 "ROWCOUNT",
                                                 "SERVERNAME",
                                                 "SERVICENAME",
                                                 "SPID",
                                                 "TEXTSIZE",
                                                 "TIMETICKS",
                                                 "TOTAL_ERRORS",
                                                 "TOTAL_READ",
                                                 "TOTAL_WRITE",
                                                 "TRANCOUNT",
                                                 "VERSION"};

bool IsSystemVariable(std::string_view name) {
  return std::ranges::any_of(kSystemVariables, [&](std::string_view variable) {
    return EqualsIgnoringCase(name, variable);
  });
}

class Lexer {
 public:
  Lexer(std::string_view text, bool quoted_identifier, diagnostics::DiagnosticSink& sink)
      : begin_(text.data()), end_(text.data() + text.size()), at_(begin_), sink_(sink) {
    result_.quoted_identifier = quoted_identifier;
    result_.tokens.reserve(text.size() / kGuessedTokenBytes + kEndTokenCount + 8);
  }

  LexResult Run() {
    while (SkipGap()) LexToken();
    const auto size = static_cast<uint32_t>(end_ - begin_);
    result_.tokens.insert(result_.tokens.end(), kEndTokenCount,
                          Token{size, size, TokenKind::kEnd, Keyword::kNone});
    return std::move(result_);
  }

 private:
  static unsigned char Byte(const char* p) { return static_cast<unsigned char>(*p); }
  bool Has(ptrdiff_t count) const { return end_ - at_ >= count; }
  // The character `ahead` bytes on, or 0 behind the end.
  char Peek(ptrdiff_t ahead) const { return end_ - at_ > ahead ? at_[ahead] : '\0'; }
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
  static bool IsHexDigit(char c) { return IsDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

  // Goes over white space and comments; false at the end of the text.
  bool SkipGap() {
    while (at_ < end_) {
      switch (kByteClasses[Byte(at_)]) {
        case CharacterClass::kSpace:
          ++at_;
          break;
        case CharacterClass::kNotAscii: {
          const Character character = DecodeCharacter(at_, end_);
          if (character.kind != CharacterClass::kSpace) return true;
          at_ += character.size;
          break;
        }
        default:
          if (*at_ == '-' && Peek(1) == '-') {
            SkipLineComment();
          } else if (*at_ == '/' && Peek(1) == '*') {
            SkipBlockComment();
          } else {
            return true;
          }
      }
    }
    return false;
  }

  void SkipLineComment() {
    const void* line_end = std::memchr(at_, '\n', end_ - at_);
    at_ = line_end == nullptr ? end_ : static_cast<const char*>(line_end);
  }

  // Comments nest: "Slash Star (Block Comment) (Transact-SQL)".
  void SkipBlockComment() {
    const char* start = at_;
    int depth = 0;
    while (at_ < end_) {
      if (*at_ == '/' && Peek(1) == '*') {
        ++depth;
        at_ += 2;
      } else if (*at_ == '*' && Peek(1) == '/') {
        at_ += 2;
        if (--depth == 0) return;
      } else {
        ++at_;
      }
    }
    Report(DiagnosticId::kUnterminatedComment, start, start + 2, {});
  }

  void Emit(TokenKind kind, const char* start, Keyword keyword = Keyword::kNone) {
    result_.tokens.push_back({static_cast<uint32_t>(start - begin_),
                              static_cast<uint32_t>(at_ - begin_), kind, keyword});
  }

  void LexToken() {
    const char c = *at_;
    switch (kByteClasses[Byte(at_)]) {
      case CharacterClass::kLetter:
        if ((c == 'N' || c == 'n') && LexNationalString()) return;
        return LexWord();
      case CharacterClass::kDigit:
        return LexNumber();
      case CharacterClass::kNotAscii:
        return LexNotAscii();
      default:
        return LexPunctuation();
    }
  }

  void LexWord() {
    const char* start = at_;
    SkipWord();
    const auto keyword = LookUpKeyword(start, at_ - start, end_);
    Emit(TokenKind::kWord, start, keyword);
    if (keyword == Keyword::kOn || keyword == Keyword::kOff) ApplySetOption(keyword);
  }

  void SkipWord() {
    while (at_ < end_) {
      if (kContinuesWord[Byte(at_)]) {
        if (*at_ == '$' && Peek(1) == '(') return;
        ++at_;
      } else if (Byte(at_) >= 0x80) {
        const Character character = DecodeCharacter(at_, end_);
        if (character.kind != CharacterClass::kLetter) return;
        at_ += character.size;
      } else {
        return;
      }
    }
  }

  // At the ON or OFF just taken: SET QUOTED_IDENTIFIER acts while the text is read, wherever it
  // stands ("SET QUOTED_IDENTIFIER (Transact-SQL)"), alone or in a list of options; ALTER DATABASE
  // ... SET does not.
  void ApplySetOption(Keyword value) {
    const auto& tokens = result_.tokens;
    bool found = false;
    size_t i = tokens.size() - 1;
    while (i >= 2) {
      found = found || tokens[i - 1].keyword == Keyword::kQuotedIdentifier;
      if (tokens[i - 2].kind != TokenKind::kComma) break;
      i -= 2;
    }
    if (!found || i < 2 || tokens[i - 2].keyword != Keyword::kSet) return;
    if (i >= 4 && tokens[i - 4].keyword == Keyword::kDatabase) return;
    result_.quoted_identifier = value == Keyword::kOn;
  }

  bool LexNationalString() {
    const char quote = Peek(1);
    if (quote != '\'' && (quote != '"' || result_.quoted_identifier)) return false;
    const char* start = at_++;
    SkipQuoted(quote, DiagnosticId::kUnterminatedString);
    Emit(TokenKind::kNationalString, start);
    return true;
  }

  // Goes from an opening quote behind its closing one; a closing one doubled is part of the text.
  void SkipQuoted(char closing, DiagnosticId unterminated) {
    const char* start = at_++;
    while (true) {
      const void* found = at_ < end_ ? std::memchr(at_, closing, end_ - at_) : nullptr;
      if (found == nullptr) break;
      at_ = static_cast<const char*>(found) + 1;
      if (at_ == end_ || *at_ != closing) return;
      ++at_;
    }
    at_ = end_;
    Report(unterminated, start, start + 1, {std::string(1, closing)});
  }

  void LexQuotedName(char closing) {
    const char* start = at_;
    SkipQuoted(closing, DiagnosticId::kUnterminatedIdentifier);
    Emit(TokenKind::kQuotedName, start);
  }

  void LexString(char quote) {
    const char* start = at_;
    SkipQuoted(quote, DiagnosticId::kUnterminatedString);
    Emit(TokenKind::kString, start);
  }

  void SkipDigits() {
    while (at_ < end_ && IsDigit(*at_)) ++at_;
  }

  void LexNumber() {
    const char* start = at_;
    if (*at_ == '0' && (Peek(1) | 0x20) == 'x') return LexBinary();
    TokenKind kind = TokenKind::kInteger;
    SkipDigits();
    if (Peek(0) == '.') {
      kind = TokenKind::kDecimal;
      ++at_;
      SkipDigits();
    }
    if ((Peek(0) | 0x20) == 'e') {  // The digits behind it may be absent: 1e is 1.
      kind = TokenKind::kFloat;
      ++at_;
      if ((Peek(0) == '+' || Peek(0) == '-') && Peek(1) != '-') ++at_;
      SkipDigits();
    }
    Emit(kind, start);
  }

  // A backslash before a line break goes on with the value on the next line: "Backslash (Line
  // Continuation) (Transact-SQL)".
  void LexBinary() {
    const char* start = at_;
    at_ += 2;
    while (at_ < end_) {
      if (IsHexDigit(*at_)) {
        ++at_;
      } else if (*at_ == '\\' && Peek(1) == '\n') {
        at_ += 2;
      } else if (*at_ == '\\' && Peek(1) == '\r' && Peek(2) == '\n') {
        at_ += 3;
      } else {
        break;
      }
    }
    Emit(TokenKind::kBinary, start);
  }

  void LexNotAscii() {
    const char* start = at_;
    const Character character = DecodeCharacter(at_, end_);
    if (character.kind == CharacterClass::kLetter) return LexWord();
    at_ += character.size;
    if (character.kind == CharacterClass::kCurrency) return LexMoney(start);
    LexUnknown(start);
  }

  // Behind a currency sign.
  void LexMoney(const char* start) {
    const char* digits = at_;
    while (digits < end_ && *digits == ' ') ++digits;  // Blanks may be behind the sign.
    if (digits < end_ && IsDigit(*digits)) at_ = digits;
    if ((Peek(0) == '-' || Peek(0) == '+') && (IsDigit(Peek(1)) || Peek(1) == '.')) ++at_;
    SkipDigits();
    if (Peek(0) == '.') {
      ++at_;
      SkipDigits();
    }
    Emit(TokenKind::kMoney, start);
  }

  void LexDollar() {
    const char* start = at_++;
    if (Peek(0) == '(') return LexSqlcmdVariable(start);
    if (at_ < end_ && kByteClasses[Byte(at_)] == CharacterClass::kLetter) {
      SkipWord();
      return Emit(TokenKind::kPseudoColumn, start);
    }
    LexMoney(start);
  }

  // $(name): without a closing parenthesis right behind a name, it is a dollar sign and goes on as
  // such.
  void LexSqlcmdVariable(const char* start) {
    const char* end = at_ + 1;
    while (end < end_ && (kContinuesWord[Byte(end)] || *end == '-')) ++end;
    if (end == at_ + 1 || end == end_ || *end != ')') return Emit(TokenKind::kDollar, start);
    at_ = end + 1;
    Emit(TokenKind::kSqlcmdVariable, start);
  }

  void LexVariable() {
    const char* start = at_++;
    const bool may_be_system = Peek(0) == '@';
    SkipWord();
    const std::string_view name(start, at_ - start);
    const bool is_system = may_be_system && IsSystemVariable(name.substr(2));
    Emit(is_system ? TokenKind::kSystemVariable : TokenKind::kVariable, start);
  }

  void EmitCharacter(TokenKind kind) {
    const char* start = at_++;
    Emit(kind, start);
  }

  void LexPunctuation() {
    const char* start = at_;
    switch (*at_) {
      case '@':
        return LexVariable();
      case '[':
        return LexQuotedName(']');
      case '\'':
        return LexString('\'');
      case '"':
        return result_.quoted_identifier ? LexQuotedName('"') : LexString('"');
      case '$':
        return LexDollar();
      case '.':
        return IsDigit(Peek(1)) ? LexNumber() : EmitCharacter(TokenKind::kPeriod);
      case ':':
        if (Peek(1) != ':') return EmitCharacter(TokenKind::kColon);
        at_ += 2;
        return Emit(TokenKind::kDoubleColon, start);
      default:
        break;
    }
    const TokenKind kind = KindOfCharacter(*at_++);
    if (kind == TokenKind::kOther) return LexUnknown(start);
    Emit(kind, start);
  }

  static TokenKind KindOfCharacter(char c) {
    switch (c) {
      case '(':
        return TokenKind::kLeftParenthesis;
      case ')':
        return TokenKind::kRightParenthesis;
      case '{':
        return TokenKind::kLeftBrace;
      case '}':
        return TokenKind::kRightBrace;
      case ',':
        return TokenKind::kComma;
      case ';':
        return TokenKind::kSemicolon;
      case '?':
        return TokenKind::kQuestion;
      case '+':
        return TokenKind::kPlus;
      case '-':
        return TokenKind::kMinus;
      case '*':
        return TokenKind::kStar;
      case '/':
        return TokenKind::kSlash;
      case '%':
        return TokenKind::kPercent;
      case '&':
        return TokenKind::kAmpersand;
      case '|':
        return TokenKind::kPipe;
      case '^':
        return TokenKind::kCaret;
      case '~':
        return TokenKind::kTilde;
      case '=':
        return TokenKind::kEqual;
      case '<':
        return TokenKind::kLess;
      case '>':
        return TokenKind::kGreater;
      case '!':
        return TokenKind::kExclamation;
      default:
        return TokenKind::kOther;
    }
  }

  // Behind a character that begins no token.
  void LexUnknown(const char* start) {
    Emit(TokenKind::kOther, start);
    Report(DiagnosticId::kInvalidCharacter, start, at_, {Quote(start)});
  }

  std::string Quote(const char* start) const {
    if (Byte(start) < 0x80) return fmt::format("'{}'", *start);
    const Character character = DecodeCharacter(start, at_);
    if (character.size == 1) return fmt::format("0x{:02X}", character.code);
    return fmt::format("'{}' (U+{:04X})", std::string_view(start, at_ - start), character.code);
  }

  void Report(DiagnosticId id, const char* start, const char* end,
              std::vector<std::string> arguments) {
    result_.ok = false;
    diagnostics::Diagnostic diagnostic;
    diagnostic.id = id;
    diagnostic.span = {static_cast<uint32_t>(start - begin_), static_cast<uint32_t>(end - begin_)};
    diagnostic.arguments = std::move(arguments);
    sink_.Report(std::move(diagnostic));
  }

  const char* begin_;
  const char* end_;
  const char* at_;
  diagnostics::DiagnosticSink& sink_;
  LexResult result_;
};

}  // namespace

LexResult Lex(std::string_view text, bool quoted_identifier, diagnostics::DiagnosticSink& sink) {
  return Lexer(text, quoted_identifier, sink).Run();
}

}  // namespace datamigrate::tsql
