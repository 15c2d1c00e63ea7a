// Calls of functions, and the functions that have a syntax of their own.
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {
namespace {

// Functions whose arguments are given by name: f(NAME = value).
bool TakesNamedArguments(std::string_view function) {
  for (const std::string_view name : {"AI_GENERATE_CHUNKS", "VECTOR_SEARCH", "PREDICT"}) {
    if (EqualsIgnoringCase(function, name)) return true;
  }
  return false;
}

}  // namespace

void Parser::ParseFunctionCall(Role role) {
  const Mark start = Here();
  ParseName(Role::kName);
  ParseCallTail(start, role);
}

// A function whose name is a reserved word: COALESCE, LEFT, UPDATE, ...
void Parser::ParseCallByKeyword(Role role) {
  const Mark start = Here();
  Take(Role::kPart);
  Finish(NodeKind::kName, start, Role::kName);
  ParseCallTail(start, role);
}

void Parser::ParseCallTail(Mark start, Role role) {
  ParseArguments();
  ParseCallSuffix();
  Finish(NodeKind::kFunctionCall, start, role);
}

void Parser::ParseArguments() {
  const bool by_name = cursor_ != begin_ && TakesNamedArguments(TextOf((&Current())[-1]));
  Expect(TokenKind::kLeftParenthesis);
  if (TakeIf(TokenKind::kRightParenthesis)) return;
  if (At(Keyword::kDistinct) || At(Keyword::kAll)) {
    Take(Role::kQuantifier);
    if (Current().kind == TokenKind::kStar) return Fail("an expression");
  }
  const bool only_options =
      (Current().keyword == Keyword::kNull || Current().keyword == Keyword::kAbsent) &&
      PeekIs(1, Keyword::kOn);
  if (!only_options) {
    do {
      if (by_name && PeekIs(1, TokenKind::kEqual)) {
        ParseNamedArgument();
      } else {
        ParseArgument();
      }
    } while (TakeIf(TokenKind::kComma));
  }
  if (Current().kind != TokenKind::kRightParenthesis) ParseArgumentOptions();
  Expect(TokenKind::kRightParenthesis);
}

void Parser::ParseArgument() {
  const Mark start = Here();
  if (Current().kind == TokenKind::kStar) {
    Take();
    return Finish(NodeKind::kStar, start, Role::kArgument);
  }
  if (Current().keyword == Keyword::kDefault)
    return ParseToken(NodeKind::kLiteral, Role::kArgument);
  ParseExpression(Role::kArgument);
  if (Current().kind != TokenKind::kColon) return;
  SetRole(start, Role::kName);
  Take();
  ParseExpression(Role::kValue);
  Finish(NodeKind::kNamedArgument, start, Role::kArgument);
}

// name = value; the value may be a table with an alias (TABLE = t AS a), or a word.
void Parser::ParseNamedArgument() {
  const Mark start = Here();
  const bool is_table = At(Keyword::kTable);
  ExpectAnyWord(Role::kName, "an argument's name");
  Expect(TokenKind::kEqual);
  ParseExpression(Role::kValue);
  if (TakeIf(Keyword::kAs)) {
    ExpectName(Role::kAlias);
  } else if (is_table && IsName(Current())) {
    Take(Role::kAlias);
  }
  Finish(NodeKind::kNamedArgument, start, Role::kArgument);
}

// What may stand behind the arguments, before the closing parenthesis: ORDER BY (JSON_ARRAYAGG),
// NULL ON NULL, RETURNING (the JSON functions), IGNORE NULLS, WITH ARRAY WRAPPER (JSON_QUERY), USE
// MODEL (AI_GENERATE_EMBEDDINGS).
void Parser::ParseArgumentOptions() {
  if (At(Keyword::kOrder)) ParseOrderBy(Role::kWithinGroup);
  if (At(Keyword::kIgnore) || At(Keyword::kRespect)) {
    Take(Role::kNullTreatment);
    Expect(Keyword::kNulls, Role::kNullTreatment);
  }
  if ((At(Keyword::kNull) || At(Keyword::kAbsent)) && PeekIs(1, Keyword::kOn)) {
    TakeMany(2, Role::kNullTreatment);
    Expect(Keyword::kNull, Role::kNullTreatment);
  }
  if (TakeIf(Keyword::kReturning)) ParseDataType(Role::kType);
  if (TakeIf(Keyword::kWith)) {
    Expect(Keyword::kArray);
    ExpectWord("WRAPPER");
  }
  if (TakeIf(Keyword::kUse)) {
    Expect(Keyword::kModel);
    ParseName(Role::kOption);
    if (TakeIfWord("PARAMETERS")) ParseExpression(Role::kOption);
  }
}

void Parser::ParseCallSuffix() {
  if (Current().kind != TokenKind::kWord) return;
  if (Current().keyword == Keyword::kWithin && PeekIs(1, Keyword::kGroup)) {
    TakeMany(2);
    Expect(TokenKind::kLeftParenthesis);
    if (AtWord("GRAPH")) {  // WITHIN GROUP (GRAPH PATH), beside SHORTEST_PATH.
      Take();
      Expect(Keyword::kPath);
    } else {
      ParseOrderBy(Role::kWithinGroup);
    }
    Expect(TokenKind::kRightParenthesis);
  }
  if ((Current().keyword == Keyword::kIgnore || Current().keyword == Keyword::kRespect) &&
      PeekIs(1, Keyword::kNulls)) {
    TakeMany(2, Role::kNullTreatment);
  }
  if (Current().keyword == Keyword::kOver) ParseOver();
}

void Parser::ParseOver() {
  const Mark start = Here();
  Take();
  if (IsName(Current())) {
    Take(Role::kWindowName);
  } else {
    ParseOverBody();
  }
  Finish(NodeKind::kOverClause, start, Role::kOver);
}

// ( [window name] [PARTITION BY ...] [ORDER BY ...] [frame] )
void Parser::ParseOverBody() {
  Expect(TokenKind::kLeftParenthesis);
  if (IsName(Current()) && Current().keyword != Keyword::kPartition &&
      Current().keyword != Keyword::kRows && Current().keyword != Keyword::kRange) {
    Take(Role::kWindowName);
  }
  if (TakeIf(Keyword::kPartition)) {
    Expect(Keyword::kBy);
    ParseExpressionList(Role::kPartitionBy);
  }
  if (At(Keyword::kOrder)) ParseOrderBy(Role::kOrderBy);
  if (At(Keyword::kRows) || At(Keyword::kRange)) ParseWindowFrame();
  Expect(TokenKind::kRightParenthesis);
}

void Parser::ParseWindowFrame() {
  const Mark start = Here();
  Take(Role::kUnit);
  if (TakeIf(Keyword::kBetween)) {
    ParseFrameBound(Role::kStart);
    Expect(Keyword::kAnd);
    ParseFrameBound(Role::kEnd);
  } else {
    ParseFrameBound(Role::kStart);
  }
  Finish(NodeKind::kWindowFrame, start, Role::kFrame);
}

void Parser::ParseFrameBound(Role role) {
  const Mark start = Here();
  if (TakeIf(Keyword::kCurrent, Role::kDirection)) {
    Expect(Keyword::kRow, Role::kDirection);
    return Finish(NodeKind::kFrameBound, start, role);
  }
  if (!TakeIf(Keyword::kUnbounded, Role::kDirection)) {
    if (Current().kind != TokenKind::kInteger && Current().kind != TokenKind::kSqlcmdVariable) {
      return Fail("a number");
    }
    ParseToken(NodeKind::kLiteral, Role::kValue);
  }
  if (!TakeIf(Keyword::kPreceding, Role::kDirection)) {
    Expect(Keyword::kFollowing, Role::kDirection);
  }
  Finish(NodeKind::kFrameBound, start, role);
}

void Parser::ParseCast(Role role) {
  const Mark start = Here();
  Take(Role::kFunction);
  Expect(TokenKind::kLeftParenthesis);
  ParseExpression(Role::kOperand);
  Expect(Keyword::kAs);
  ParseDataType(Role::kType);
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kCast, start, role);
}

void Parser::ParseConvert(Role role) {
  const Mark start = Here();
  Take(Role::kFunction);
  Expect(TokenKind::kLeftParenthesis);
  ParseDataType(Role::kType);
  Expect(TokenKind::kComma);
  ParseExpression(Role::kOperand);
  if (TakeIf(TokenKind::kComma)) ParseExpression(Role::kStyle);
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kConvert, start, role);
}

void Parser::ParseParse(Role role) {
  const Mark start = Here();
  Take(Role::kFunction);
  Expect(TokenKind::kLeftParenthesis);
  ParseExpression(Role::kOperand);
  Expect(Keyword::kAs);
  ParseDataType(Role::kType);
  if (TakeIf(Keyword::kUsing)) ParseExpression(Role::kCulture);
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kParse, start, role);
}

// TRIM ( [ LEADING | TRAILING | BOTH ] [ characters FROM ] string )
void Parser::ParseTrim(Role role) {
  const Mark start = Here();
  Take();
  Expect(TokenKind::kLeftParenthesis);
  const bool has_side = At(Keyword::kLeading) || At(Keyword::kTrailing) || At(Keyword::kBoth);
  if (has_side && !PeekIs(1, TokenKind::kRightParenthesis) && !PeekIs(1, TokenKind::kPeriod) &&
      !PeekIs(1, Keyword::kFrom)) {
    Take(Role::kSide);
  }
  const Mark first = Here();
  ParseExpression(Role::kOperand);
  if (TakeIf(Keyword::kFrom)) {
    SetRole(first, Role::kCharacters);
    ParseExpression(Role::kOperand);
  }
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kTrim, start, role);
}

// IIF ( condition, value, value )
void Parser::ParseConditionalCall(Role role) {
  const Mark start = Here();
  Take(Role::kPart);
  Finish(NodeKind::kName, start, Role::kName);
  Expect(TokenKind::kLeftParenthesis);
  ParseCondition(Role::kArgument);
  Expect(TokenKind::kComma);
  ParseExpression(Role::kArgument);
  Expect(TokenKind::kComma);
  ParseExpression(Role::kArgument);
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kFunctionCall, start, role);
}

// COALESCE ( value, value, ... ), NULLIF ( value, value )
void Parser::ParseNullCall(Role role) {
  const Mark start = Here();
  const bool takes_more = At(Keyword::kCoalesce);
  Take(Role::kPart);
  Finish(NodeKind::kName, start, Role::kName);
  Expect(TokenKind::kLeftParenthesis);
  ParseExpression(Role::kArgument);
  Expect(TokenKind::kComma);
  ParseExpression(Role::kArgument);
  while (takes_more && TakeIf(TokenKind::kComma)) ParseExpression(Role::kArgument);
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kFunctionCall, start, role);
}

// IDENTITY ( type [, seed, increment] ): "IDENTITY (Function) (Transact-SQL)", in SELECT ... INTO.
void Parser::ParseIdentityCall(Role role) {
  const Mark start = Here();
  Take(Role::kPart);
  Finish(NodeKind::kName, start, Role::kName);
  Expect(TokenKind::kLeftParenthesis);
  ParseDataType(Role::kArgument);
  while (TakeIf(TokenKind::kComma)) ParseExpression(Role::kArgument);
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kFunctionCall, start, role);
}

// CURRENT_TIMESTAMP and the like: calls without parentheses.
void Parser::ParseNiladicCall(Role role) {
  const Mark start = Here();
  Take(Role::kPart);
  Finish(NodeKind::kName, start, Role::kName);
  Finish(NodeKind::kFunctionCall, start, role);
}

void Parser::ParseNextValueFor(Role role) {
  const Mark start = Here();
  TakeMany(3);
  ParseName(Role::kSequence);
  if (At(Keyword::kOver)) ParseOver();
  Finish(NodeKind::kNextValueFor, start, role);
}

// {d '...'}  {t '...'}  {ts '...'}  {guid '...'}  {fn call}: "ODBC Scalar Functions
// (Transact-SQL)".
void Parser::ParseOdbcEscape(Role role) {
  const Mark start = Here();
  Take();
  if (AtWord("FN")) {
    Take(Role::kKeyword);
    ParseOdbcFunction();
  } else if (AtWord("D") || AtWord("T") || AtWord("TS") || AtWord("GUID") || AtWord("INTERVAL")) {
    Take(Role::kKeyword);
    ParseString(Role::kOperand);
  } else {
    Fail("D, T, TS, GUID or FN");
  }
  Expect(TokenKind::kRightBrace);
  Finish(NodeKind::kOdbcEscape, start, role);
}

void Parser::ParseOdbcFunction() {
  const Mark start = Here();
  const bool is_extract = AtWord("EXTRACT");
  const bool is_plain = IsReserved(Current().keyword) || is_extract;
  if (!is_plain) return ParseExpression(Role::kOperand);
  const bool is_convert = At(Keyword::kConvert);
  ExpectAnyWord(Role::kPart, "a function");
  Finish(NodeKind::kName, start, Role::kName);
  if (is_extract || is_convert) {
    Expect(TokenKind::kLeftParenthesis);
    ParseExpression(Role::kArgument);
    if (is_extract) {
      Expect(Keyword::kFrom);
    } else {
      Expect(TokenKind::kComma);
    }
    ParseExpression(Role::kArgument);
    Expect(TokenKind::kRightParenthesis);
  } else if (At(TokenKind::kLeftParenthesis)) {
    ParseArguments();
  }
  Finish(NodeKind::kFunctionCall, start, Role::kOperand);
}

}  // namespace datamigrate::tsql
