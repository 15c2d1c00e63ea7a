// What may stand in FROM: "FROM clause plus JOIN, APPLY, PIVOT (Transact-SQL)".
#include "agent_engine/tsql/parser/parser_impl.h"

#include <algorithm>
#include <iterator>

namespace datamigrate::tsql {
namespace {

// "Table Hints (Transact-SQL)", sorted. They tell FROM t (NOLOCK) from a call.
constexpr std::string_view kTableHints[] = {"FASTFIRSTROW",
                                            "FORCE_ANN_ONLY",
                                            "FORCESCAN",
                                            "FORCESEEK",
                                            "HOLDLOCK",
                                            "IGNORE_CONSTRAINTS",
                                            "IGNORE_TRIGGERS",
                                            "INDEX",
                                            "KEEPDEFAULTS",
                                            "KEEPIDENTITY",
                                            "NOEXPAND",
                                            "NOLOCK",
                                            "NOWAIT",
                                            "PAGLOCK",
                                            "READCOMMITTED",
                                            "READCOMMITTEDLOCK",
                                            "READPAST",
                                            "READUNCOMMITTED",
                                            "REPEATABLEREAD",
                                            "ROWLOCK",
                                            "SERIALIZABLE",
                                            "SNAPSHOT",
                                            "SPATIAL_WINDOW_MAX_CELLS",
                                            "TABLOCK",
                                            "TABLOCKX",
                                            "UPDLOCK",
                                            "XLOCK"};

bool IsTableHint(std::string_view word) {
  return std::ranges::any_of(kTableHints,
                             [&](std::string_view hint) { return EqualsIgnoringCase(word, hint); });
}

}  // namespace

void Parser::ParseFromClause(Role role) {
  const Mark start = Here();
  Expect(Keyword::kFrom);
  do {
    ParseTableSource(Role::kSource);
  } while (TakeIf(TokenKind::kComma));
  Finish(NodeKind::kFromClause, start, role);
}

void Parser::ParseTableSource(Role role) {
  const Nesting nesting(*this);
  const Mark start = Here();
  ParseTablePrimary(role, false);
  ParseJoins(start, role);
}

// -- Joins
// -------------------------------------------------------------------------------------------------------------

bool Parser::AtJoin() {
  switch (Current().keyword) {
    case Keyword::kInner:
    case Keyword::kLeft:
    case Keyword::kRight:
    case Keyword::kFull:
    case Keyword::kJoin:
    case Keyword::kCross:
      return true;
    case Keyword::kOuter:
      return PeekIs(1, Keyword::kApply);
    default:
      Expected("JOIN");
      return false;
  }
}

void Parser::ParseJoins(Mark start, Role role) {
  int links = 0;
  while (true) {
    if (AtJoin()) {
      ParseJoin(start, role);
    } else if (Current().keyword == Keyword::kPivot) {
      ParsePivot(start, role);
    } else if (Current().keyword == Keyword::kUnpivot) {
      ParseUnpivot(start, role);
    } else {
      return;
    }
    CountLink(links);
  }
}

void Parser::ParseJoin(Mark start, Role role) {
  SetRole(start, Role::kLeft);
  const bool is_cross = At(Keyword::kCross);
  if (is_cross || At(Keyword::kOuter)) {
    Take(Role::kJoinKind);
    if (TakeIf(Keyword::kApply, Role::kJoinKind)) {
      ParseTablePrimary(Role::kRight, false);
      return Finish(NodeKind::kApply, start, role);
    }
    Expect(Keyword::kJoin, Role::kJoinKind);
    ParseTablePrimary(Role::kRight, false);
    return Finish(NodeKind::kJoin, start, role);
  }
  if (!At(Keyword::kJoin)) {
    const bool is_inner = At(Keyword::kInner);
    Take(Role::kJoinKind);
    if (!is_inner) TakeIf(Keyword::kOuter, Role::kJoinKind);
    TakeJoinHint();
  }
  Expect(Keyword::kJoin, Role::kJoinKind);
  // a JOIN b JOIN c ON ... ON ...: what is joined before this join's ON is its right side.
  ParseTableSource(Role::kRight);
  Expect(Keyword::kOn);
  ParseCondition(Role::kCondition);
  Finish(NodeKind::kJoin, start, role);
}

// "Join Hints (Transact-SQL)", and those of Synapse.
void Parser::TakeJoinHint() {
  TakeIf(Keyword::kLocal, Role::kJoinKind);
  if (At(Keyword::kLoop) || At(Keyword::kHash) || At(Keyword::kMerge) || At(Keyword::kRemote) ||
      At(Keyword::kReplicate) || AtWord("REDUCE") || AtWord("REDISTRIBUTE")) {
    Take(Role::kJoinKind);
  }
}

// src PIVOT ( aggregate FOR column IN (a, b) ) AS alias
void Parser::ParsePivot(Mark start, Role role) {
  SetRole(start, Role::kSource);
  Take();
  Expect(TokenKind::kLeftParenthesis);
  do {
    ParseFunctionCall(Role::kAggregate);
  } while (TakeIf(TokenKind::kComma));
  ParsePivotColumns();
  Finish(NodeKind::kPivot, start, role);
}

// src UNPIVOT ( value FOR column IN (a, b) ) AS alias
void Parser::ParseUnpivot(Mark start, Role role) {
  SetRole(start, Role::kSource);
  Take();
  Expect(TokenKind::kLeftParenthesis);
  ParseColumnName(Role::kValueColumn);
  ParsePivotColumns();
  Finish(NodeKind::kUnpivot, start, role);
}

void Parser::ParsePivotColumns() {
  Expect(Keyword::kFor);
  const Mark column = Here();
  ParseName(Role::kName);
  Finish(NodeKind::kColumnReference, column, Role::kForColumn);
  Expect(Keyword::kIn);
  Expect(TokenKind::kLeftParenthesis);
  do {
    const Mark item = Here();
    TakeNamePart();
    while (TakeIf(TokenKind::kPeriod)) TakeNamePart();  // UNPIVOT accepts t.c.
    Finish(NodeKind::kColumnName, item, Role::kItem);
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
  Expect(TokenKind::kRightParenthesis);
  TakeIf(Keyword::kAs);
  ExpectName(Role::kAlias, "an alias");
}

// -- One source
// --------------------------------------------------------------------------------------------------------

// Returns whether it is a query in parentheses without an alias (kParenthesizedQuery), which only
// `bare_query_allowed` lets it be.
bool Parser::ParseTablePrimary(Role role, bool bare_query_allowed) {
  switch (Current().kind) {
    case TokenKind::kLeftParenthesis:
      return ParseTableInParentheses(role, bare_query_allowed);
    case TokenKind::kVariable:
      ParseVariableTable(role);
      return false;
    case TokenKind::kLeftBrace:
      ParseOdbcJoin(role);
      return false;
    case TokenKind::kDoubleColon: {  // ::fn_helpcollations()
      const Mark start = Here();
      Take();
      ParseFunctionCall(Role::kCall);
      ParseFunctionTableTail(start, role);
      return false;
    }
    default:
      break;
  }
  switch (Current().keyword) {
    case Keyword::kOpenrowset:
    case Keyword::kOpenquery:
    case Keyword::kOpendatasource:
      ParseRowsetFunction(role);
      break;
    case Keyword::kOpenxml:
      ParseOpenXml(role);
      break;
    case Keyword::kContainstable:
    case Keyword::kFreetexttable:
    case Keyword::kSemantickeyphrasetable:
    case Keyword::kSemanticsimilaritytable:
    case Keyword::kSemanticsimilaritydetailstable:
      ParseFullTextTable(role);
      break;
    case Keyword::kChangetable:
      ParseChangeTable(role);
      break;
    case Keyword::kPredict:
      if (PeekIs(1, TokenKind::kLeftParenthesis)) {
        ParsePredict(role);
        break;
      }
      [[fallthrough]];
    default:
      if (!IsName(Current()) && Current().kind != TokenKind::kPeriod) {
        Fail("a table");
        return false;
      }
      ParseNamedTable(role);
  }
  return false;
}

bool Parser::ParseTableInParentheses(Role role, bool bare_query_allowed) {
  const Nesting nesting(*this);
  const Mark start = Here();
  Take();
  const Mark inside = Here();
  switch (Current().keyword) {
    case Keyword::kSelect:
    case Keyword::kWith:
      ParseQuery(Role::kQuery);
      return FinishQueryTable(start, role, bare_query_allowed);
    case Keyword::kValues:
      ParseValuesTable(start, role);
      return false;
    case Keyword::kInsert:
    case Keyword::kUpdate:
    case Keyword::kDelete:
    case Keyword::kMerge:
      ExpectStatement(Role::kSource);
      TakeIf(TokenKind::kSemicolon);
      Expect(TokenKind::kRightParenthesis);
      ParseDerivedTableTail(start, role);
      return false;
    default:
      break;
  }
  if (ParseTablePrimary(Role::kSource, true)) {
    SetRole(inside, Role::kBody);
    ParseQueryTail(inside, Role::kQuery);
    return FinishQueryTable(start, role, bare_query_allowed);
  }
  ParseJoins(inside, Role::kSource);
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kParenthesizedTable, start, role);
  return false;
}

// Behind the query of ( query: what follows the parenthesis tells a derived table from a part of a
// larger query.
bool Parser::FinishQueryTable(Mark start, Role role, bool bare_query_allowed) {
  Expect(TokenKind::kRightParenthesis);
  if (bare_query_allowed && !AtTableAlias() && Current().keyword != Keyword::kAs) {
    Finish(NodeKind::kParenthesizedQuery, start, role);
    return true;
  }
  ParseDerivedTableTail(start, role);
  return false;
}

void Parser::ParseDerivedTableTail(Mark start, Role role) {
  if (At(Keyword::kFor, Keyword::kPath)) TakeMany(2, Role::kOption);
  const Mark alias = Here();
  ParseTableAlias(true);
  if (!AnySince(alias)) return Fail("an alias");
  Finish(NodeKind::kDerivedTable, start, role);
}

// VALUES (a, b), (c, d) ) AS t (x, y)
void Parser::ParseValuesTable(Mark start, Role role) {
  Take();
  do {
    ParseRow();
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
  ParseTableAlias(true);
  Finish(NodeKind::kValuesTable, start, role);
}

// ( value, ... ); DEFAULT is a value here.
void Parser::ParseRow() {
  const Mark start = Here();
  Expect(TokenKind::kLeftParenthesis);
  do {
    ParseValue(Role::kItem);
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kRowValue, start, Role::kRow);
}

// @t, or @x.nodes('...') AS t(c)
void Parser::ParseVariableTable(Role role) {
  const Mark start = Here();
  if (PeekIs(1, TokenKind::kPeriod)) {
    ParsePrimary(Role::kCall);
    return ParseFunctionTableTail(start, role);
  }
  Take(Role::kValue);
  ParseTableAlias(false);
  if (At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParenthesis)) ParseTableHints(Role::kHints);
  Finish(NodeKind::kVariableTable, start, role);
}

void Parser::ParseNamedTable(Role role) {
  const Mark start = Here();
  if (Current().kind != TokenKind::kPeriod) TakeNamePart();
  TakeNameParts(8);
  if (Current().kind != TokenKind::kLeftParenthesis || AtOldTableHints()) {
    if (CountPeriods(start) > 3) return Fail("a name of four parts at most");
    Finish(NodeKind::kName, start, Role::kName);
    if (At(TokenKind::kDoubleColon)) {
      ParseTypeMember(start, Role::kCall);
      return ParseFunctionTableTail(start, role);
    }
    return ParseTableReferenceTail(start, role);
  }
  if (SplitMethod(start)) {
    ParseArguments();
    Finish(NodeKind::kMethodCall, start, Role::kCall);
  } else {
    Finish(NodeKind::kName, start, Role::kName);
    ParseCallTail(start, Role::kCall);
  }
  ParsePostfix(start, Role::kCall);
  if (KindAt(start) == NodeKind::kMemberAccess) return Fail("'('");
  ParseFunctionTableTail(start, role);
}

uint32_t Parser::CountPeriods(Mark start) const {
  uint32_t count = 0;
  for (uint32_t i = start.value; i < pending_.size(); ++i) {
    count += !pending_[i].is_node && tree_.tokens[pending_[i].index].kind == TokenKind::kPeriod;
  }
  return count;
}

// ( NOLOCK ) and the like without WITH, as of old.
bool Parser::AtOldTableHints() {
  if (Current().kind != TokenKind::kLeftParenthesis) return false;
  const Token& word = Peek(1);
  return word.kind == TokenKind::kWord && IsTableHint(TextOf(word));
}

// ( 1 ) behind an alias: an index as of old.
bool Parser::AtIndexNumber() const {
  return PeekIs(0, TokenKind::kLeftParenthesis) && PeekIs(1, TokenKind::kInteger) &&
         PeekIs(2, TokenKind::kRightParenthesis);
}

// WITH ( hint
bool Parser::AtTableHints() {
  return At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParenthesis) &&
         Peek(2).kind == TokenKind::kWord && IsTableHint(TextOf(Peek(2)));
}

// t [FOR SYSTEM_TIME ...] [FOR PATH] [AS alias] [TABLESAMPLE ...] [hints]
void Parser::ParseTableReferenceTail(Mark start, Role role) {
  if (Current().keyword == Keyword::kFor) {
    if (PeekIs(1, Keyword::kSystemTime)) {
      ParseForSystemTime();
    } else if (PeekIs(1, Keyword::kPath)) {
      TakeMany(2, Role::kOption);
    }
  }
  if (AtOldTableHints()) ParseTableHints(Role::kHints);
  ParseTableAlias(false);
  if (At(Keyword::kTablesample)) ParseTableSample();
  if ((At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParenthesis)) || AtOldTableHints() ||
      AtIndexNumber()) {
    ParseTableHints(Role::kHints);
  } else if (Current().kind == TokenKind::kWord && Current().keyword == Keyword::kHoldlock) {
    ParseTableHints(Role::kHints);
  }
  Finish(NodeKind::kTableReference, start, role);
}

// f(...) [WITH (schema) | WITH (hints)] [AS alias [(columns)]] [WITH (hints)]
void Parser::ParseFunctionTableTail(Mark start, Role role) {
  if (AtTableHints()) {
    ParseTableHints(Role::kHints);
  } else if (At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParenthesis)) {
    Take();
    ParseRowsetSchema(Role::kSchema);
  }
  ParseTableAlias(true);
  if (AtTableHints()) ParseTableHints(Role::kHints);
  Finish(NodeKind::kFunctionTable, start, role);
}

// [AS] alias [(columns)]
void Parser::ParseTableAlias(bool columns_allowed) {
  const bool has_as = TakeIf(Keyword::kAs);
  if (has_as) {
    ExpectName(Role::kAlias, "an alias");
  } else if (AtTableAlias()) {
    Take(Role::kAlias);
  } else {
    return;
  }
  if (Current().kind == TokenKind::kLeftParenthesis &&
      (columns_allowed || !(AtOldTableHints() || AtIndexNumber()))) {
    ParseColumnList(Role::kColumns);
  }
}

bool Parser::AtTableAlias() {
  if (!IsName(Current())) {
    Expected("an alias");
    return false;
  }
  switch (Current().keyword) {
    case Keyword::kUsing:
    case Keyword::kOutput:
      return false;
    case Keyword::kWindow:
      return !PeekIs(2, Keyword::kAs);
    default:
      return !PeekIs(1, TokenKind::kColon);
  }
}

// -- Hints, time, sample
// -----------------------------------------------------------------------------------------------

// WITH ( hint [,] ... ) | ( hint [,] ... ) | HOLDLOCK
void Parser::ParseTableHints(Role role) {
  const Mark start = Here();
  TakeIf(Keyword::kWith);
  if (At(Keyword::kHoldlock)) {
    ParseTableHint();
    return Finish(NodeKind::kTableHints, start, role);
  }
  Expect(TokenKind::kLeftParenthesis);
  if (Current().kind == TokenKind::kInteger) {  // The number of an index, as of old.
    const Mark hint = Here();
    ParseIndexOfHint();
    Finish(NodeKind::kHint, hint, Role::kItem);
  } else {
    ParseTableHint();
    while (TakeIf(TokenKind::kComma) || Current().kind == TokenKind::kWord) ParseTableHint();
  }
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kTableHints, start, role);
}

// NOLOCK  INDEX(a, 1)  INDEX = a  FORCESEEK(a(b, c))  SPATIAL_WINDOW_MAX_CELLS = 1
void Parser::ParseTableHint() {
  const Mark start = Here();
  ExpectedWords(kTableHints);
  if (Current().kind != TokenKind::kWord || !IsTableHint(TextOf(Current()))) {
    return Fail("a table hint");
  }
  Take(Role::kName);
  if (TakeIf(TokenKind::kEqual)) {
    const bool in_parentheses = TakeIf(TokenKind::kLeftParenthesis);
    ParseIndexOfHint();
    while (in_parentheses && TakeIf(TokenKind::kComma)) ParseIndexOfHint();
    if (in_parentheses) Expect(TokenKind::kRightParenthesis);
  } else if (TakeIf(TokenKind::kLeftParenthesis)) {
    do {
      ParseIndexOfHint();
      if (At(TokenKind::kLeftParenthesis)) ParseColumnList(Role::kColumns);
    } while (TakeIf(TokenKind::kComma));
    Expect(TokenKind::kRightParenthesis);
  }
  Finish(NodeKind::kHint, start, Role::kItem);
}

// An index's name or number.
void Parser::ParseIndexOfHint() {
  if (Current().kind == TokenKind::kInteger) return ParseToken(NodeKind::kLiteral, Role::kArgument);
  ParseName(Role::kArgument, 1);
}

// A literal or a variable.
void Parser::ParsePointInTime() {
  const bool is_string =
      Current().kind == TokenKind::kString || Current().kind == TokenKind::kNationalString;
  if (!is_string && Current().kind != TokenKind::kVariable) return Fail("a string or a variable");
  ParseLiteralOrVariable(Role::kArgument);
}

void Parser::ParseForSystemTime() {
  const Mark start = Here();
  TakeMany(2);
  if (TakeIf(Keyword::kAll, Role::kKind)) {
    // All rows, no argument.
  } else if (TakeIf(Keyword::kAs, Role::kKind)) {
    Expect(Keyword::kOf, Role::kKind);
    ParsePointInTime();
  } else if (TakeIf(Keyword::kFrom, Role::kKind)) {
    ParsePointInTime();
    Expect(Keyword::kTo);
    ParsePointInTime();
  } else if (TakeIf(Keyword::kBetween, Role::kKind)) {
    ParsePointInTime();
    Expect(Keyword::kAnd);
    ParsePointInTime();
  } else {
    Expect(Keyword::kContained, Role::kKind);
    Expect(Keyword::kIn, Role::kKind);
    Expect(TokenKind::kLeftParenthesis);
    ParsePointInTime();
    Expect(TokenKind::kComma);
    ParsePointInTime();
    Expect(TokenKind::kRightParenthesis);
  }
  Finish(NodeKind::kForSystemTime, start, Role::kForSystemTime);
}

// TABLESAMPLE [SYSTEM] ( n [PERCENT | ROWS] ) [REPEATABLE ( seed )]
void Parser::ParseTableSample() {
  const Mark start = Here();
  Take();
  TakeIf(Keyword::kSystem);
  Expect(TokenKind::kLeftParenthesis);
  ParseExpression(Role::kValue);
  if (At(Keyword::kPercent) || At(Keyword::kRows)) Take(Role::kUnit);
  Expect(TokenKind::kRightParenthesis);
  if (TakeIf(Keyword::kRepeatable)) {
    Expect(TokenKind::kLeftParenthesis);
    ParseExpression(Role::kSeed);
    Expect(TokenKind::kRightParenthesis);
  }
  Finish(NodeKind::kTableSample, start, Role::kSample);
}

// { OJ source }
void Parser::ParseOdbcJoin(Role role) {
  const Mark start = Here();
  Take();
  ExpectWord("OJ");
  ParseTableSource(Role::kSource);
  Expect(TokenKind::kRightBrace);
  Finish(NodeKind::kOdbcJoin, start, role);
}

}  // namespace datamigrate::tsql
