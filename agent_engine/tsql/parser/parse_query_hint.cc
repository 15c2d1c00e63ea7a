// OPTION ( hint, ... ): "Query Hints (Transact-SQL)".
#include <algorithm>

#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {
namespace {

// "Query Hints (Transact-SQL)", and those of Synapse and Fabric; but USE PLAN and TABLE HINT, which
// have a form of their own.
// What follows the words of a hint: a number, = and a value, a string, ( a list ), ( a value ).
enum class HintArgument : uint8_t { kNone, kNumber, kEqual, kString, kList, kContext };

struct QueryHint {
  std::string_view words;
  HintArgument argument = HintArgument::kNone;
};

constexpr QueryHint kQueryHints[] = {
    {"HASH GROUP"},
    {"ORDER GROUP"},
    {"CONCAT UNION"},
    {"HASH UNION"},
    {"MERGE UNION"},
    {"KEEP UNION"},
    {"LOOP JOIN"},
    {"MERGE JOIN"},
    {"HASH JOIN"},
    {"ALTERCOLUMN PLAN"},
    {"BYPASS OPTIMIZER_QUEUE"},
    {"CARDINALITY_TUNER_LIMIT", HintArgument::kNumber},
    {"CHANGE_TRACKING_CONTEXT", HintArgument::kContext},
    {"CHECKCONSTRAINTS PLAN"},
    {"DISABLE EXTERNALPUSHDOWN"},
    {"DISABLE SCALEOUTEXECUTION"},
    {"DISABLE_OPTIMIZED_PLAN_FORCING"},
    {"EXPAND VIEWS"},
    {"FAST", HintArgument::kNumber},
    {"FOR TIMESTAMP AS OF", HintArgument::kString},
    {"FORCE EXTERNALPUSHDOWN"},
    {"FORCE ORDER"},
    {"FORCE SCALEOUTEXECUTION"},
    {"FORCE SINGLE NODE PLAN"},
    {"IGNORE_NONCLUSTERED_COLUMNSTORE_INDEX"},
    {"KEEP PLAN"},
    {"KEEPFIXED PLAN"},
    {"LABEL", HintArgument::kEqual},
    {"MAX_GRANT_PERCENT", HintArgument::kEqual},
    {"MAXDOP", HintArgument::kNumber},
    {"MAXRECURSION", HintArgument::kNumber},
    {"MIN_GRANT_PERCENT", HintArgument::kEqual},
    {"NO_PERFORMANCE_SPOOL"},
    {"OPTIMIZE CORRELATED UNION ALL"},
    {"OPTIMIZE FOR", HintArgument::kList},
    {"OPTIMIZE FOR UNKNOWN"},
    {"PARAMETERIZATION FORCED"},
    {"PARAMETERIZATION SIMPLE"},
    {"QUERYTRACEON", HintArgument::kNumber},
    {"RECOMPILE"},
    {"ROBUST PLAN"},
    {"SHRINKDB PLAN"},
    {"USE HINT", HintArgument::kList},
    {"USEPLAN", HintArgument::kNumber},
};

int CountWords(std::string_view words) {
  return 1 + static_cast<int>(std::ranges::count(words, ' '));
}

bool StandsAtCursor(const Parser& parser, std::string_view words) {
  for (uint32_t ahead = 0; !words.empty(); ++ahead) {
    const std::string_view word = words.substr(0, words.find(' '));
    if (!parser.PeekIsWord(ahead, word)) return false;
    words.remove_prefix(std::min(words.size(), word.size() + 1));
  }
  return true;
}

// The hint at the cursor with the most words; null when there is none.
const QueryHint* FindQueryHint(const Parser& parser) {
  const QueryHint* found = nullptr;
  for (const QueryHint& hint : kQueryHints) {
    if (!StandsAtCursor(parser, hint.words)) continue;
    if (found == nullptr || hint.words.size() > found->words.size()) found = &hint;
  }
  return found;
}

}  // namespace

void Parser::ParseOptionClause(Role role) {
  const Mark start = Here();
  Expect(Keyword::kOption);
  Expect(TokenKind::kLeftParenthesis);
  do {
    ParseHint(Role::kItem);
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kOptionClause, start, role);
}

// "Query Hints (Transact-SQL)": a word or several, a number, = value, or arguments in parentheses.
void Parser::ParseHint(Role role) {
  const Mark start = Here();
  if (At(Keyword::kTable) && PeekIs(1, Keyword::kHint)) {
    ParseTableHintOfQuery();
    return Finish(NodeKind::kHint, start, role);
  }
  if (At(Keyword::kUse) && PeekIs(1, Keyword::kPlan)) {
    TakeMany(2, Role::kName);
    ParseString(Role::kArgument);
    return Finish(NodeKind::kHint, start, role);
  }
  const QueryHint* const hint = FindQueryHint(*this);
  if (hint == nullptr) {
    for (const QueryHint& other : kQueryHints) ExpectedWords({&other.words, 1});
    return Fail("a query hint");
  }
  TakeMany(CountWords(hint->words), Role::kName);
  switch (hint->argument) {
    case HintArgument::kNone:
      break;
    case HintArgument::kNumber:
      ParseHintNumber();
      break;
    case HintArgument::kEqual:
      Expect(TokenKind::kEqual);
      ParseLiteralOrVariable(Role::kArgument);
      TakeIf(Keyword::kPercent);
      break;
    case HintArgument::kString:
      ParseString(Role::kArgument);
      break;
    case HintArgument::kList:
      ParseHintArguments();
      break;
    case HintArgument::kContext:
      Expect(TokenKind::kLeftParenthesis);
      ParseLiteralOrVariable(Role::kArgument);
      Expect(TokenKind::kRightParenthesis);
      break;
  }
  Finish(NodeKind::kHint, start, role);
}

void Parser::ParseHintNumber() {
  const TokenKind kind = Current().kind;
  if (kind != TokenKind::kInteger && kind != TokenKind::kDecimal && kind != TokenKind::kFloat &&
      kind != TokenKind::kSqlcmdVariable) {
    return Fail("a number");
  }
  ParseToken(NodeKind::kLiteral, Role::kArgument);
}

// One word as a value.
void Parser::ParseWordLiteral(Role role) {
  if (Current().kind != TokenKind::kWord) return Fail("a word");
  ParseToken(NodeKind::kLiteral, role);
}

// ( @x = 1, @y UNKNOWN, 'name', ... ): OPTIMIZE FOR and USE HINT.
void Parser::ParseHintArguments() {
  Expect(TokenKind::kLeftParenthesis);
  do {
    const Mark start = Here();
    if (Current().kind != TokenKind::kVariable) {
      ParseLiteralOrVariable(Role::kArgument);
      continue;
    }
    ParseVariable(Role::kName);
    if (!TakeIf(Keyword::kUnknown)) {
      Expect(TokenKind::kEqual);
      ParseExpression(Role::kValue);
    }
    Finish(NodeKind::kNamedArgument, start, Role::kArgument);
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
}

// TABLE HINT ( name [, hint [[,] hint]*] )
void Parser::ParseTableHintOfQuery() {
  TakeMany(2, Role::kName);
  Expect(TokenKind::kLeftParenthesis);
  ParseName(Role::kTable);
  if (TakeIf(TokenKind::kComma)) {
    ParseTableHint();
    while (TakeIf(TokenKind::kComma) || Current().kind == TokenKind::kWord) ParseTableHint();
  }
  Expect(TokenKind::kRightParenthesis);
}

}  // namespace datamigrate::tsql
