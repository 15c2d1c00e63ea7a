// Queries: SELECT with its clauses, set operations, WITH, OPTION.
#include <algorithm>

#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {
// -- Statement and query
// -----------------------------------------------------------------------------------------------

bool Parser::AtQuery() {
  uint32_t ahead = 0;
  while (ahead + 1 < kEndTokenCount && PeekIs(ahead, TokenKind::kLeftParenthesis)) ++ahead;
  if (PeekIs(ahead, Keyword::kSelect)) return true;
  Expected("SELECT");
  return false;
}

void Parser::ParseSelectStatement(Role role) {
  const Mark start = Here();
  if (At(Keyword::kWith)) ParseWithClause(Role::kWith);
  ParseQuery(Role::kQuery);
  if (At(Keyword::kOption)) ParseOptionClause(Role::kOption);
  Finish(NodeKind::kSelectStatement, start, role);
}

void Parser::ParseQuery(Role role) {
  const Nesting nesting(*this);
  const bool is_nested = cursor_ != begin_ && (&Current())[-1].kind == TokenKind::kLeftParenthesis;
  const Mark start = Here();
  if (Current().keyword == Keyword::kWith) ParseWithClause(Role::kWith);
  const Mark body = Here();
  if (ParseQueryPrimary(Role::kBody, is_nested) == 0 && AtSetOperator()) {
    ParseSetOperations(body, false, is_nested);
  }
  ParseQueryEnd();
  Finish(NodeKind::kQuery, start, role);
}

void Parser::ParseQueryTail(Mark start, Role role) {
  if (AtSetOperator()) ParseSetOperations(start, false, true);
  ParseQueryEnd();
  Finish(NodeKind::kQuery, start, role);
}

void Parser::ParseQueryEnd() {
  if (At(Keyword::kOrder)) {
    ParseOrderBy(Role::kOrderBy);
    if (AtOffsetFetch()) ParseOffsetFetch();
  }
  while (At(Keyword::kCompute)) ParseCompute();
  if (At(Keyword::kFor) &&
      (PeekIs(1, Keyword::kXml) || PeekIs(1, Keyword::kJson) || PeekIs(1, Keyword::kBrowse))) {
    ParseForClause();
  }
}

bool Parser::AtSetOperator() {
  return At(Keyword::kUnion) || At(Keyword::kExcept) || At(Keyword::kIntersect);
}

// INTERSECT binds more tightly than EXCEPT and UNION, which go from left to right. Returns as
// ParseQueryPrimary does.
uint32_t Parser::ParseSetOperations(Mark start, bool only_intersect, bool is_nested) {
  int links = 0;
  uint32_t trailing = 0;
  while (trailing == 0 && (only_intersect ? At(Keyword::kIntersect) : AtSetOperator())) {
    const bool is_intersect = Current().keyword == Keyword::kIntersect;
    SetRole(start, Role::kLeft);
    Take(Role::kOperator);
    TakeIf(Keyword::kAll, Role::kOperator);
    const Mark right = Here();
    trailing = ParseQueryPrimary(Role::kRight, is_nested);
    if (trailing == 0 && !is_intersect && At(Keyword::kIntersect)) {
      trailing = ParseSetOperations(right, true, is_nested);
      SetRole(right, Role::kRight);
    }
    FinishBefore(NodeKind::kSetOperation, start, Role::kBody, trailing);
    CountLink(links);
  }
  return trailing;
}

// Finish of all children since `start` but the last `trailing` ones.
void Parser::FinishBefore(NodeKind kind, Mark start, Role role, uint32_t trailing) {
  if (failed()) return;
  const std::vector<Element> kept(pending_.end() - trailing, pending_.end());
  pending_.resize(pending_.size() - trailing);
  Finish(kind, start, role);
  pending_.insert(pending_.end(), kept.begin(), kept.end());
}

// One SELECT, or a query in parentheses. In a sub-query, ORDER BY and OFFSET may stand before UNION
// and order that SELECT (for its TOP) alone; the two then become a kParenthesizedQuery, though
// without parentheses. Where no UNION follows, they belong to the whole: they stay as children
// behind the SELECT, and their number is returned.
uint32_t Parser::ParseQueryPrimary(Role role, bool is_nested) {
  const Mark start = Here();
  if (Current().kind != TokenKind::kLeftParenthesis) {
    ParseQuerySpecification(role);
  } else {
    Take();
    ParseQuery(Role::kQuery);
    Expect(TokenKind::kRightParenthesis);
    Finish(NodeKind::kParenthesizedQuery, start, role);
  }
  if (!is_nested || !At(Keyword::kOrder)) return 0;
  const Mark order = Here();
  ParseOrderBy(Role::kOrderBy);
  if (AtOffsetFetch()) ParseOffsetFetch();
  if (failed() || !AtSetOperator()) return Here().value - order.value;
  SetRole(start, Role::kBody);
  Finish(NodeKind::kQuery, start, Role::kQuery);
  Finish(NodeKind::kParenthesizedQuery, start, role);
  return 0;
}

void Parser::ParseQuerySpecification(Role role) {
  const Mark start = Here();
  Expect(Keyword::kSelect);
  if (At(Keyword::kDistinct) || At(Keyword::kAll)) Take(Role::kQuantifier);
  if (At(Keyword::kTop)) ParseTop();
  ParseSelectList();
  if (At(Keyword::kInto)) ParseInto();
  if (At(Keyword::kFrom)) ParseFromClause(Role::kFrom);
  if (TakeIf(Keyword::kWhere)) ParseCondition(Role::kWhere);
  if (At(Keyword::kGroup)) ParseGroupBy();
  if (TakeIf(Keyword::kHaving)) ParseCondition(Role::kHaving);
  if (At(Keyword::kWindow)) ParseWindowClause();
  Finish(NodeKind::kQuerySpecification, start, role);
}

// -- Select list
// -------------------------------------------------------------------------------------------------------

// TOP (expression) | TOP number  [PERCENT] [WITH TIES | WITH APPROXIMATE | WITH APPROX]
void Parser::ParseTop() {
  const Mark start = Here();
  Take();
  if (At(TokenKind::kLeftParenthesis) && PeekIs(1, Keyword::kSelect)) {
    ParseParenthesized(Role::kValue, false);
  } else if (TakeIf(TokenKind::kLeftParenthesis)) {
    ParseExpression(Role::kValue);
    Expect(TokenKind::kRightParenthesis);
  } else if (Current().kind == TokenKind::kInteger || Current().kind == TokenKind::kDecimal ||
             Current().kind == TokenKind::kFloat || Current().kind == TokenKind::kSqlcmdVariable) {
    ParseToken(NodeKind::kLiteral, Role::kValue);
  } else {
    return Fail("a number");
  }
  TakeIf(Keyword::kPercent, Role::kPercent);
  if (At(Keyword::kWith, Keyword::kTies)) {
    Take();
    Take(Role::kWithTies);
  } else if (At(Keyword::kWith) && AtApproximate(1)) {
    Take();
    Take(Role::kOption);
  }
  Finish(NodeKind::kTop, start, Role::kTop);
}

void Parser::ParseSelectList() {
  const Mark start = Here();
  do {
    ParseSelectItem();
  } while (TakeIf(TokenKind::kComma));
  Finish(NodeKind::kSelectList, start, Role::kSelectList);
}

void Parser::ParseSelectItem() {
  const Mark start = Here();
  if (AtAssignment()) {
    const bool is_variable = Current().kind == TokenKind::kVariable;
    Take(is_variable ? Role::kTarget : Role::kAlias);
    TakeMany(AssignmentOperatorSize(0), is_variable ? Role::kOperator : Role::kSyntax);
    ParseExpression(Role::kValue);
    return Finish(is_variable ? NodeKind::kSelectAssignment : NodeKind::kSelectItem, start,
                  Role::kItem);
  }
  if (Current().kind == TokenKind::kStar || AtQualifiedStar()) {
    ParseStar();
    return Finish(NodeKind::kSelectItem, start, Role::kItem);
  }
  ParseExpression(Role::kValue);
  if (TakeIf(Keyword::kAs)) {
    ExpectAlias(Role::kAlias);
  } else if (AtBareAlias()) {
    Take(Role::kAlias);
  }
  Finish(NodeKind::kSelectItem, start, Role::kItem);
}

// How many tokens the assignment operator `ahead` tokens on has: = += -= *= /= %= &= |= ^= ||= ; 0:
// none is there.
int Parser::AssignmentOperatorSize(uint32_t ahead) const {
  switch (Peek(ahead).kind) {
    case TokenKind::kEqual:
      return 1;
    case TokenKind::kPipe:
      if (PeekIs(ahead + 1, TokenKind::kPipe) && PeekIs(ahead + 2, TokenKind::kEqual)) return 3;
      [[fallthrough]];
    case TokenKind::kPlus:
    case TokenKind::kMinus:
    case TokenKind::kStar:
    case TokenKind::kSlash:
    case TokenKind::kPercent:
    case TokenKind::kAmpersand:
    case TokenKind::kCaret:
      return PeekIs(ahead + 1, TokenKind::kEqual) ? 2 : 0;
    default:
      return 0;
  }
}

// @x = ..., @x += ..., alias = ..., 'alias' = ...
bool Parser::AtAssignment() {
  switch (Current().kind) {
    case TokenKind::kVariable:
      return AssignmentOperatorSize(1) > 0;
    case TokenKind::kString:
    case TokenKind::kNationalString:
    case TokenKind::kQuotedName:
      return PeekIs(1, TokenKind::kEqual);
    case TokenKind::kWord:
      return PeekIs(1, TokenKind::kEqual) && !IsReserved(Current().keyword);
    default:
      return false;
  }
}

bool Parser::AtQualifiedStar() const {
  uint32_t ahead = 0;
  if (IsName(Current())) ahead = 1;
  if (PeekIs(0, TokenKind::kPeriod) && PeekIs(1, TokenKind::kStar)) return false;
  while (PeekIs(ahead, TokenKind::kPeriod) && ahead + 2 < kEndTokenCount) {
    if (PeekIs(ahead + 1, TokenKind::kStar)) return true;
    ahead += IsName(Peek(ahead + 1)) ? 2 : 1;
  }
  return false;
}

// *  t.*  s.t.*
void Parser::ParseStar() {
  const Mark start = Here();
  if (Current().kind != TokenKind::kStar) {
    ParseName(Role::kName, 8);
    Expect(TokenKind::kPeriod);
  }
  Expect(TokenKind::kStar);
  Finish(NodeKind::kStar, start, Role::kValue);
}

// An alias of a value without AS. A word that goes on with the clause or the statement is none.
bool Parser::AtBareAlias() {
  const TokenKind kind = Current().kind;
  if (kind == TokenKind::kString || kind == TokenKind::kNationalString) return true;
  if (!IsName(Current())) return false;
  switch (Current().keyword) {
    case Keyword::kNone:
      return !PeekIs(1, TokenKind::kColon);  // A label.
    case Keyword::kOutput:
      return false;
    case Keyword::kWindow:
      return !PeekIs(2, Keyword::kAs);
    default:
      return !PeekIs(1, TokenKind::kColon);
  }
}

void Parser::ParseInto() {
  Take();
  ParseName(Role::kInto);
  if (TakeIf(Keyword::kOn)) ExpectName(Role::kOn, "a filegroup");
}

// -- Grouping
// ----------------------------------------------------------------------------------------------------------

void Parser::ParseGroupBy() {
  const Mark start = Here();
  Take();
  Expect(Keyword::kBy);
  if (At(Keyword::kAll)) Take(Role::kQuantifier);
  if (!AtGroupByEnd(start)) {
    do {
      ParseGroupingItem(false);
    } while (TakeIf(TokenKind::kComma));
  }
  if (At(Keyword::kWith) && (PeekIs(1, Keyword::kRollup) || PeekIs(1, Keyword::kCube))) {
    Take();
    Take(Role::kLegacyKind);
  }
  Finish(NodeKind::kGroupBy, start, Role::kGroupBy);
}

// GROUP BY ALL may stand without columns, in Fabric.
bool Parser::AtGroupByEnd(Mark start) {
  if (Here().value - start.value < 3) return false;
  return AtEnd() || Current().kind == TokenKind::kSemicolon ||
         Current().kind == TokenKind::kRightParenthesis || Current().keyword == Keyword::kHaving ||
         Current().keyword == Keyword::kOrder;
}

void Parser::ParseGroupingItem(bool in_set) {
  const bool calls = PeekIs(1, TokenKind::kLeftParenthesis);
  if (calls && Current().keyword == Keyword::kRollup) {
    ParseGroupingFunction(NodeKind::kRollup);
  } else if (calls && Current().keyword == Keyword::kCube) {
    ParseGroupingFunction(NodeKind::kCube);
  } else if (Current().keyword == Keyword::kGrouping && PeekIs(1, Keyword::kSets)) {
    ParseGroupingFunction(NodeKind::kGroupingSets);
  } else if (Current().kind == TokenKind::kLeftParenthesis && !PeekIs(1, Keyword::kSelect)) {
    ParseGroupingParentheses(in_set);
  } else {
    ParseExpression(Role::kItem);
    if (At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParenthesis)) {  // Synapse.
      TakeMany(2);
      ExpectWord("DISTRIBUTED_AGG", Role::kHints);
      Expect(TokenKind::kRightParenthesis);
    }
  }
}

void Parser::ParseGroupingFunction(NodeKind kind) {
  const Nesting nesting(*this);
  const Mark start = Here();
  TakeMany(kind == NodeKind::kGroupingSets ? 2 : 1);
  Expect(TokenKind::kLeftParenthesis);
  do {
    ParseGroupingItem(true);
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
  Finish(kind, start, Role::kItem);
}

// ()  (a, b), or an expression that begins with a parenthesis. (a) is a set only inside ROLLUP,
// CUBE or GROUPING SETS.
void Parser::ParseGroupingParentheses(bool in_set) {
  const Nesting nesting(*this);
  const Mark start = Here();
  Take();
  if (TakeIf(TokenKind::kRightParenthesis)) {
    return Finish(NodeKind::kGroupingSet, start, Role::kItem);
  }
  const Mark first = Here();
  if (in_set) {
    ParseGroupingItem(true);
  } else {
    ParseExpression(Role::kItem);
  }
  bool is_set = Current().kind == TokenKind::kComma;
  while (TakeIf(TokenKind::kComma)) ParseGroupingItem(in_set);
  Expect(TokenKind::kRightParenthesis);
  is_set = is_set || (in_set && (Current().kind == TokenKind::kComma ||
                                 Current().kind == TokenKind::kRightParenthesis));
  if (is_set) return Finish(NodeKind::kGroupingSet, start, Role::kItem);
  SetRole(first, Role::kOperand);
  Finish(NodeKind::kParenthesized, start, Role::kItem);
  ParsePostfix(start, Role::kItem);
  ParseMultiplicativeTail(start, Role::kItem);
  ParseAdditiveTail(start, Role::kItem);
}

// WINDOW name AS ( ... ), ...
void Parser::ParseWindowClause() {
  const Mark start = Here();
  Take();
  do {
    const Mark definition = Here();
    ExpectName(Role::kName);
    Expect(Keyword::kAs);
    const Mark over = Here();
    ParseOverBody();
    Finish(NodeKind::kOverClause, over, Role::kOver);
    Finish(NodeKind::kWindowDefinition, definition, Role::kItem);
  } while (TakeIf(TokenKind::kComma));
  Finish(NodeKind::kWindowClause, start, Role::kWindow);
}

// -- Order, offset, FOR
// ------------------------------------------------------------------------------------------------

void Parser::ParseOrderBy(Role role) {
  const Mark start = Here();
  Expect(Keyword::kOrder);
  Expect(Keyword::kBy);
  do {
    const Mark item = Here();
    ParseExpression(Role::kValue);
    if (At(Keyword::kAsc) || At(Keyword::kDesc)) Take(Role::kDirection);
    Finish(NodeKind::kOrderItem, item, Role::kItem);
  } while (TakeIf(TokenKind::kComma));
  Finish(NodeKind::kOrderBy, start, role);
}

// Whether OFFSET stands here, or FETCH without it. FETCH NEXT FROM c is the next statement, and so
// is FETCH c.
bool Parser::AtOffsetFetch() {
  if (At(Keyword::kOffset)) return true;
  if (!At(Keyword::kFetch)) return false;
  const uint32_t ahead = AtApproximate(1) ? 2 : 1;
  if (!PeekIs(ahead, Keyword::kNext) && !PeekIs(ahead, Keyword::kFirst)) return false;
  const Token& count = Peek(ahead + 1);
  return count.kind == TokenKind::kInteger || count.kind == TokenKind::kVariable ||
         count.kind == TokenKind::kLeftParenthesis;
}

bool Parser::AtApproximate(uint32_t ahead) const {
  return PeekIs(ahead, Keyword::kApproximate) || PeekIsWord(ahead, "APPROX");
}

// [OFFSET n ROWS] [FETCH [APPROXIMATE] NEXT n ROWS ONLY [WITH APPROXIMATE]]
void Parser::ParseOffsetFetch() {
  const Mark start = Here();
  if (TakeIf(Keyword::kOffset)) {
    ParseExpression(Role::kOffset);
    if (!TakeIf(Keyword::kRow)) Expect(Keyword::kRows);
  }
  if (TakeIf(Keyword::kFetch)) {
    if (AtApproximate(0)) Take(Role::kOption);
    if (!TakeIf(Keyword::kFirst)) Expect(Keyword::kNext);
    ParseExpression(Role::kFetch);
    if (!TakeIf(Keyword::kRow)) Expect(Keyword::kRows);
    Expect(Keyword::kOnly);
    if (TakeIf(Keyword::kWith)) Expect(Keyword::kApproximate, Role::kOption);
  }
  Finish(NodeKind::kOffsetFetch, start, Role::kOffsetFetch);
}

// FOR BROWSE | FOR XML mode [, option]* | FOR JSON mode [, option]*
void Parser::ParseForClause() {
  const Mark start = Here();
  Take();
  const bool is_browse = At(Keyword::kBrowse);
  Take(Role::kKind);
  if (!is_browse) {
    if (!At(Keyword::kAuto) && !At(Keyword::kRaw) && !At(Keyword::kPath) &&
        !At(Keyword::kExplicit)) {
      return Fail("AUTO, PATH, RAW or EXPLICIT");
    }
    Take(Role::kKind);
    if (At(TokenKind::kLeftParenthesis)) ParseForOptionValue(Role::kValue);
    while (TakeIf(TokenKind::kComma)) ParseForOption();
  }
  Finish(NodeKind::kForClause, start, Role::kFor);
}

// ( 'value' )
void Parser::ParseForOptionValue(Role role) {
  Expect(TokenKind::kLeftParenthesis);
  ParseString(role);
  Expect(TokenKind::kRightParenthesis);
}

void Parser::ParseForOption() {
  const Mark start = Here();
  if (TakeIf(Keyword::kBinary, Role::kName)) {
    Expect(Keyword::kBase64, Role::kName);
  } else if (TakeIf(Keyword::kElements, Role::kName)) {
    if (At(Keyword::kXsinil) || At(Keyword::kAbsent)) Take(Role::kName);
  } else if (At(Keyword::kRoot) || At(Keyword::kXmlschema)) {
    Take(Role::kName);
    if (At(TokenKind::kLeftParenthesis)) ParseForOptionValue(Role::kValue);
  } else if (At(Keyword::kType) || At(Keyword::kXmldata) || AtWord("INCLUDE_NULL_VALUES") ||
             AtWord("WITHOUT_ARRAY_WRAPPER")) {
    Take(Role::kName);
  } else {
    Fail("an option of FOR");
  }
  Finish(NodeKind::kOption, start, Role::kOption);
}

// COMPUTE f(x), ... [BY y, ...]: of versions before SQL Server 2012.
void Parser::ParseCompute() {
  const Mark start = Here();
  Take();
  do {
    ParseFunctionCall(Role::kItem);
  } while (TakeIf(TokenKind::kComma));
  if (TakeIf(Keyword::kBy)) ParseExpressionList(Role::kPartitionBy);
  Finish(NodeKind::kComputeClause, start, Role::kOption);
}

// -- WITH and OPTION
// ---------------------------------------------------------------------------------------------------

void Parser::ParseWithClause(Role role) {
  const Mark start = Here();
  Expect(Keyword::kWith);
  do {
    if (At(Keyword::kXmlnamespaces) && PeekIs(1, TokenKind::kLeftParenthesis)) {
      ParseXmlNamespaces();
    } else if (At(Keyword::kChangeTrackingContext)) {
      ParseHint(Role::kOption);
    } else {
      ParseCommonTableExpression();
    }
  } while (TakeIf(TokenKind::kComma));
  Finish(NodeKind::kWithClause, start, role);
}

void Parser::ParseCommonTableExpression() {
  const Mark start = Here();
  ExpectName(Role::kAlias);
  if (At(TokenKind::kLeftParenthesis)) ParseColumnList(Role::kColumns);
  Expect(Keyword::kAs);
  Expect(TokenKind::kLeftParenthesis);
  ParseQuery(Role::kQuery);
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kCommonTableExpression, start, Role::kCte);
}

// XMLNAMESPACES ( 'uri' AS prefix, DEFAULT 'uri' )
void Parser::ParseXmlNamespaces() {
  const Mark start = Here();
  TakeMany(2);
  do {
    const Mark item = Here();
    const bool is_default = TakeIf(Keyword::kDefault, Role::kName);
    ParseString(Role::kValue);
    if (!is_default) {
      Expect(Keyword::kAs);
      ExpectName(Role::kName);
    }
    Finish(NodeKind::kOption, item, Role::kItem);
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kXmlNamespaces, start, Role::kXmlNamespaces);
}

}  // namespace datamigrate::tsql
