// Search conditions: "Search Condition (Transact-SQL)".
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {

void Parser::ParseCondition(Role role) {
  const Nesting nesting(*this);
  ParseOr(role, false);
}

void Parser::ParseAnyExpression(Role role) {
  const Nesting nesting(*this);
  ParseOr(role, true);
}

bool Parser::ParseOr(Role role, bool scalar_allowed) {
  const Mark start = Here();
  if (!ParseAnd(role, scalar_allowed)) return false;
  int links = 0;
  while (Current().keyword == Keyword::kOr) {
    SetRole(start, Role::kLeft);
    Take(Role::kOperator);
    ParseAnd(Role::kRight, false);
    Finish(NodeKind::kLogical, start, role);
    CountLink(links);
  }
  return true;
}

bool Parser::ParseAnd(Role role, bool scalar_allowed) {
  const Mark start = Here();
  if (!ParseNot(role, scalar_allowed)) return false;
  int links = 0;
  while (Current().keyword == Keyword::kAnd) {
    SetRole(start, Role::kLeft);
    Take(Role::kOperator);
    ParseNot(Role::kRight, false);
    Finish(NodeKind::kLogical, start, role);
    CountLink(links);
  }
  return true;
}

bool Parser::ParseNot(Role role, bool scalar_allowed) {
  if (Current().keyword != Keyword::kNot) return ParsePredicate(role, scalar_allowed);
  const Nesting nesting(*this);
  const Mark start = Here();
  Take();
  ParseNot(Role::kOperand, false);
  Finish(NodeKind::kNot, start, role);
  return true;
}

bool Parser::ParsePredicate(Role role, bool scalar_allowed) {
  const Mark start = Here();
  if (Current().kind == TokenKind::kLeftParenthesis) {
    if (ParseParenthesized(role, true)) return true;
    ParsePostfix(start, role);
    ParseMultiplicativeTail(start, role);
    ParseAdditiveTail(start, role);
  } else {
    if (Current().keyword != Keyword::kNone && ParseLeadingPredicate(role)) return true;
    ParseAdditive(role);
  }
  return ParsePredicateTail(start, role, scalar_allowed);
}

// Predicates that begin with a word of their own.
bool Parser::ParseLeadingPredicate(Role role) {
  switch (Current().keyword) {
    case Keyword::kExists:
      ParseExists(role);
      return true;
    case Keyword::kContains:
    case Keyword::kFreetext:
      ParseFullTextPredicate(role);
      return true;
    case Keyword::kUpdate:
    case Keyword::kTsequal:
      if (!PeekIs(1, TokenKind::kLeftParenthesis)) return false;
      ParseCallByKeyword(role);
      return true;
    case Keyword::kRegexpLike:
      if (!PeekIs(1, TokenKind::kLeftParenthesis)) return false;
      ParseFunctionCall(role);
      return true;
    case Keyword::kMatch:
      if (!PeekIs(1, TokenKind::kLeftParenthesis)) return false;
      ParseMatchPredicate(role);
      return true;
    default:
      return false;
  }
}

bool Parser::ParsePredicateTail(Mark start, Role role, bool scalar_allowed) {
  switch (Current().kind) {
    case TokenKind::kEqual:
    case TokenKind::kLess:
    case TokenKind::kGreater:
    case TokenKind::kExclamation:
    case TokenKind::kStar:
      ParseComparison(start, role);
      return true;
    default:
      break;
  }
  if (Current().keyword == Keyword::kIs) {
    ParseIs(start, role);
    return true;
  }
  if (ParseNegatablePredicate(start, role)) return true;
  if (scalar_allowed) return false;
  Fail("a comparison");
  return true;
}

bool Parser::ParseNegatablePredicate(Mark start, Role role) {
  const Keyword keyword = PeekIs(0, Keyword::kNot) ? Peek(1).keyword : Current().keyword;
  switch (keyword) {
    case Keyword::kIn:
      ParseIn(start, role);
      return true;
    case Keyword::kLike:
      ParseLike(start, role);
      return true;
    case Keyword::kBetween:
      ParseBetween(start, role);
      return true;
    default:
      return false;
  }
}

// = <> != < <= > >= !< !> and the outer joins of old, *= and =*; their characters may stand apart.
void Parser::TakeComparisonOperator() {
  const TokenKind kind = Current().kind;
  Take(Role::kOperator);
  switch (kind) {
    case TokenKind::kEqual:
      TakeIf(TokenKind::kStar, Role::kOperator);
      return;
    case TokenKind::kLess:
      if (!TakeIf(TokenKind::kEqual, Role::kOperator)) {
        TakeIf(TokenKind::kGreater, Role::kOperator);
      }
      return;
    case TokenKind::kGreater:
      TakeIf(TokenKind::kEqual, Role::kOperator);
      return;
    case TokenKind::kExclamation:
      if (At(TokenKind::kLess) || At(TokenKind::kGreater)) return Take(Role::kOperator);
      return Expect(TokenKind::kEqual, Role::kOperator);
    default:  // *=
      return Expect(TokenKind::kEqual, Role::kOperator);
  }
}

void Parser::ParseComparison(Mark start, Role role) {
  SetRole(start, Role::kLeft);
  TakeComparisonOperator();
  const bool is_quantified =
      (Current().keyword == Keyword::kAll || Current().keyword == Keyword::kAny ||
       Current().keyword == Keyword::kSome);
  if (!is_quantified) {
    ParseAdditive(Role::kRight);
    return Finish(NodeKind::kComparison, start, role);
  }
  Take(Role::kQuantifier);
  Expect(TokenKind::kLeftParenthesis);
  ParseQuery(Role::kQuery);
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kQuantifiedComparison, start, role);
}

void Parser::ParseIs(Mark start, Role role) {
  Take();
  TakeIf(Keyword::kNot, Role::kNegation);
  if (TakeIf(Keyword::kNull)) {
    SetRole(start, Role::kOperand);
    return Finish(NodeKind::kIsNull, start, role);
  }
  if (!TakeIf(Keyword::kDistinct)) return Fail("NULL");
  SetRole(start, Role::kLeft);
  Expect(Keyword::kFrom);
  if (Current().keyword == Keyword::kAll || Current().keyword == Keyword::kAny ||
      Current().keyword == Keyword::kSome) {
    Take(Role::kQuantifier);
    Expect(TokenKind::kLeftParenthesis);
    ParseQuery(Role::kQuery);
    Expect(TokenKind::kRightParenthesis);
  } else {
    ParseAdditive(Role::kRight);
  }
  Finish(NodeKind::kIsDistinctFrom, start, role);
}

void Parser::ParseIn(Mark start, Role role) {
  const Nesting nesting(*this);
  SetRole(start, Role::kOperand);
  TakeIf(Keyword::kNot, Role::kNegation);
  Take();
  Expect(TokenKind::kLeftParenthesis);
  const Mark first = Here();
  if (Current().keyword == Keyword::kSelect) {
    ParseQuery(Role::kQuery);
    Expect(TokenKind::kRightParenthesis);
    return Finish(NodeKind::kInQuery, start, role);
  }
  ParseExpression(Role::kItem);
  // IN ((SELECT ...)) is a test against the rows, not against one value.
  if ((AtSetOperator() || Current().kind == TokenKind::kRightParenthesis) &&
      ConvertToQueryBody(first)) {
    ParseQueryTail(first, Role::kQuery);
    Expect(TokenKind::kRightParenthesis);
    return Finish(NodeKind::kInQuery, start, role);
  }
  while (TakeIf(TokenKind::kComma)) ParseExpression(Role::kItem);
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kInList, start, role);
}

void Parser::ParseLike(Mark start, Role role) {
  SetRole(start, Role::kOperand);
  TakeIf(Keyword::kNot, Role::kNegation);
  Take();
  ParseAdditive(Role::kPattern);
  const bool in_braces = Current().kind == TokenKind::kLeftBrace && PeekIs(1, Keyword::kEscape);
  if (in_braces) Take();
  if (TakeIf(Keyword::kEscape)) ParseAdditive(Role::kEscape);
  if (in_braces) Expect(TokenKind::kRightBrace);
  Finish(NodeKind::kLike, start, role);
}

void Parser::ParseBetween(Mark start, Role role) {
  SetRole(start, Role::kOperand);
  TakeIf(Keyword::kNot, Role::kNegation);
  Take();
  ParseAdditive(Role::kLow);
  Expect(Keyword::kAnd);
  ParseAdditive(Role::kHigh);
  Finish(NodeKind::kBetween, start, role);
}

void Parser::ParseExists(Role role) {
  const Mark start = Here();
  Take();
  Expect(TokenKind::kLeftParenthesis);
  ParseQuery(Role::kQuery);
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kExists, start, role);
}

// CONTAINS (Transact-SQL), FREETEXT (Transact-SQL)
void Parser::ParseFullTextPredicate(Role role) {
  const Mark start = Here();
  Take(Role::kFunction);
  Expect(TokenKind::kLeftParenthesis);
  ParseFullTextColumns();
  Expect(TokenKind::kComma);
  ParseExpression(Role::kArgument);
  if (TakeIf(TokenKind::kComma)) {
    Expect(Keyword::kLanguage);
    ParseExpression(Role::kArgument);
  }
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kFullTextPredicate, start, role);
}

// column | ( column, ... ) | * | PROPERTY ( column , 'name' ), each in Role::kColumn.
void Parser::ParseFullTextColumns() {
  const bool is_list = TakeIf(TokenKind::kLeftParenthesis);
  do {
    const Mark start = Here();
    if (TakeIf(TokenKind::kStar)) {
      Finish(NodeKind::kStar, start, Role::kColumn);
    } else if (PeekIs(1, TokenKind::kLeftParenthesis)) {
      if (!AtWord("PROPERTY")) return Fail("PROPERTY");
      ParseFunctionCall(Role::kColumn);
    } else {
      ParseName(Role::kName);
      const bool is_star = TakeIf(TokenKind::kPeriod);  // t.*
      if (is_star) Expect(TokenKind::kStar);
      Finish(is_star ? NodeKind::kStar : NodeKind::kColumnReference, start, Role::kColumn);
    }
  } while (is_list && TakeIf(TokenKind::kComma));
  if (is_list) Expect(TokenKind::kRightParenthesis);
}

// MATCH (Transact-SQL): paths joined by AND, each node and edge a kName in Role::kItem.
void Parser::ParseMatchPredicate(Role role) {
  const Mark start = Here();
  Take();
  Expect(TokenKind::kLeftParenthesis);
  do {
    ParseMatchPath();
  } while (TakeIf(Keyword::kAnd, Role::kOperator));
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kMatchPredicate, start, role);
}

void Parser::ParseMatchPath() {
  if (At(Keyword::kShortestPath)) return ParseShortestPath();
  ParseMatchNode();
  if (TakeIf(TokenKind::kEqual)) return ParseMatchNode();  // LAST_NODE(a) = LAST_NODE(b)
  if (Current().kind != TokenKind::kMinus && Current().kind != TokenKind::kLess) {
    return Fail("an edge");
  }
  while (ParseMatchEdge()) ParseMatchNode();
}

void Parser::ParseMatchNode() {
  if (AtWord("LAST_NODE") && PeekIs(1, TokenKind::kLeftParenthesis)) {
    TakeMany(2);
    ParseName(Role::kItem);
    return Expect(TokenKind::kRightParenthesis);
  }
  ParseName(Role::kItem);
}

// -(e)->  or  <-(e)-
bool Parser::ParseMatchEdge() {
  const bool to_left = Current().kind == TokenKind::kLess;
  if (!to_left && Current().kind != TokenKind::kMinus) return false;
  if (to_left) Take();
  Expect(TokenKind::kMinus);
  Expect(TokenKind::kLeftParenthesis);
  ParseName(Role::kItem);
  Expect(TokenKind::kRightParenthesis);
  Expect(TokenKind::kMinus);
  if (!to_left) Expect(TokenKind::kGreater);
  return true;
}

// SHORTEST_PATH(a(-(e)->b)+)  or  SHORTEST_PATH((a-(e)->){1,3} b)
void Parser::ParseShortestPath() {
  Take();
  Expect(TokenKind::kLeftParenthesis);
  if (At(TokenKind::kLeftParenthesis)) {
    ParseShortestPathPattern();
    ParseMatchNode();
  } else {
    ParseMatchNode();
    ParseShortestPathPattern();
  }
  Expect(TokenKind::kRightParenthesis);
}

// The repeated part and how often.
void Parser::ParseShortestPathPattern() {
  Expect(TokenKind::kLeftParenthesis);
  if (IsName(Current())) ParseMatchNode();
  while (ParseMatchEdge()) {
    if (IsName(Current())) ParseMatchNode();
  }
  Expect(TokenKind::kRightParenthesis);
  if (TakeIf(TokenKind::kPlus)) return;
  Expect(TokenKind::kLeftBrace);
  Expect(TokenKind::kInteger);
  Expect(TokenKind::kComma);
  Expect(TokenKind::kInteger);
  Expect(TokenKind::kRightBrace);
}

}  // namespace datamigrate::tsql
