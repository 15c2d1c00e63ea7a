// SET with options: "SET Statements (Transact-SQL)".
#include <algorithm>
#include <span>

#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {
namespace {

// What ON or OFF follows, and what a value follows.
constexpr std::string_view kSwitches[] = {"ANSI_DEFAULTS",
                                          "ANSI_NULLS",
                                          "ANSI_NULL_DFLT_OFF",
                                          "ANSI_NULL_DFLT_ON",
                                          "ANSI_PADDING",
                                          "ANSI_WARNINGS",
                                          "ARITHABORT",
                                          "ARITHIGNORE",
                                          "CONCAT_NULL_YIELDS_NULL",
                                          "CURSOR_CLOSE_ON_COMMIT",
                                          "DISABLE_DEF_CNST_CHK",
                                          "FMTONLY",
                                          "FORCEPLAN",
                                          "IMPLICIT_TRANSACTIONS",
                                          "NOCOUNT",
                                          "NOEXEC",
                                          "NO_BROWSETABLE",
                                          "NUMERIC_ROUNDABORT",
                                          "PARSEONLY",
                                          "QUOTED_IDENTIFIER",
                                          "RECOMMENDATIONS",
                                          "REMOTE_PROC_TRANSACTIONS",
                                          "RESULT_SET_CACHING",
                                          "SHOWPLAN_ALL",
                                          "SHOWPLAN_TEXT",
                                          "SHOWPLAN_XML",
                                          "XACT_ABORT"};
constexpr std::string_view kSettings[] = {
    "CONTEXT_INFO", "DATEFIRST", "DATEFORMAT",   "DEADLOCK_PRIORITY",         "ERRLVL",
    "FIPS_FLAGGER", "LANGUAGE",  "LOCK_TIMEOUT", "QUERY_GOVERNOR_COST_LIMIT", "ROWCOUNT",
    "TEXTSIZE"};
constexpr std::string_view kStatistics[] = {"IO", "PROFILE", "TIME", "XML"};
// "SET OFFSETS (Transact-SQL)"
constexpr std::string_view kOffsets[] = {"SELECT", "FROM",      "ORDER", "COMPUTE",
                                         "TABLE",  "PROCEDURE", "PROC",  "EXECUTE",
                                         "EXEC",   "STATEMENT", "PARAM"};

bool IsOneOf(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::any_of(
      words, [&](std::string_view other) { return EqualsIgnoringCase(word, other); });
}

}  // namespace

// ON, OFF and other words are tokens in Role::kValue; numbers, strings and variables are nodes.
void Parser::ParseSetOption(Mark start, Role role) {
  switch (Current().keyword) {
    case Keyword::kTran:
    case Keyword::kTransaction:
      ParseIsolationLevel();
      break;
    case Keyword::kIdentityInsert:
      Take(Role::kItem);
      ParseName(Role::kName);
      TakeOnOrOff();
      break;
    case Keyword::kStatistics:
      Take(Role::kItem);
      ParseSwitches(kStatistics);
      break;
    case Keyword::kOffsets:
      Take(Role::kItem);
      ParseSwitches(kOffsets);
      break;
    default:
      ParsePlainSetOptions();
  }
  Finish(NodeKind::kSetOption, start, role);
}

// NAME [, NAME]* ON | OFF,  NAME value [, NAME value]*
void Parser::ParsePlainSetOptions() {
  if (IsOneOf(TextOf(Current()), kSwitches)) return ParseSwitches(kSwitches);
  do {
    ExpectedWords(kSwitches);
    ExpectedWords(kSettings);
    if (!IsOneOf(TextOf(Current()), kSettings)) return Fail("an option or a variable");
    ParseSetting();
  } while (TakeIf(TokenKind::kComma));
}

void Parser::ParseSwitches(std::span<const std::string_view> names) {
  do {
    ExpectedWords(names);
    if (!IsOneOf(TextOf(Current()), names)) return Fail("an option");
    Take(Role::kItem);
  } while (TakeIf(TokenKind::kComma));
  TakeOnOrOff();
}

void Parser::ParseSetting() {
  const bool is_priority = AtWord("DEADLOCK_PRIORITY");
  const bool is_level = AtWord("FIPS_FLAGGER");
  const bool may_be_word = AtWord("LANGUAGE") || AtWord("DATEFORMAT");
  Take(Role::kItem);
  const bool is_word = (is_priority && (AtWord("LOW") || AtWord("NORMAL") || AtWord("HIGH"))) ||
                       (is_level && At(Keyword::kOff)) || (may_be_word && IsName(Current()));
  if (is_word) return Take(Role::kValue);
  ParseLiteralOrVariable(Role::kValue);
}

void Parser::TakeOnOrOff() {
  if (At(Keyword::kOn) || At(Keyword::kOff) || Current().kind == TokenKind::kSqlcmdVariable) {
    return Take(Role::kValue);
  }
  Fail("ON or OFF");
}

void Parser::ParseIsolationLevel() {
  Take(Role::kItem);
  Expect(Keyword::kIsolation, Role::kItem);
  Expect(Keyword::kLevel, Role::kItem);
  if (TakeIf(Keyword::kRead, Role::kValue)) {
    if (At(Keyword::kCommitted)) return Take(Role::kValue);
    return Expect(Keyword::kUncommitted, Role::kValue);
  }
  if (TakeIf(Keyword::kRepeatable, Role::kValue)) return Expect(Keyword::kRead, Role::kValue);
  if (At(Keyword::kSnapshot)) return Take(Role::kValue);
  Expect(Keyword::kSerializable, Role::kValue);
}

}  // namespace datamigrate::tsql
