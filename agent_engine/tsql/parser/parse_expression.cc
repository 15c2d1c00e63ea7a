// Scalar expressions: operators by precedence, and what they are applied to. The levels are those
// of "Operator Precedence (Transact-SQL)". Chains of operators of one level are read by a loop,
// however long.
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {
namespace {

// The tree of a chain a + b + c + ... is as deep as the chain is long. Who walks it recursively
// must come to an end; SQL Server refuses such chains too (error 191, "nested too deeply").
constexpr int kMaxChainLinks = 10000;

// The methods of the types that SQL Server brings along: "xml Data Type Methods", "hierarchyid Data
// Type Method Reference", "OGC Methods on Geometry Instances" and "Extended Methods on Geometry
// Instances" (all others of those begin with ST).
constexpr std::string_view kMethods[] = {"value",
                                         "query",
                                         "nodes",
                                         "exist",
                                         "modify",
                                         "write",
                                         "GetAncestor",
                                         "GetDescendant",
                                         "GetLevel",
                                         "IsDescendantOf",
                                         "GetReparentedValue",
                                         "ToString",
                                         "AsGml",
                                         "AsTextZM",
                                         "AsBinaryZM",
                                         "BufferWithTolerance",
                                         "BufferWithCurves",
                                         "CurveToLineWithTolerance",
                                         "EnvelopeAngle",
                                         "EnvelopeCenter",
                                         "Filter",
                                         "HasM",
                                         "HasZ",
                                         "InstanceOf",
                                         "IsNull",
                                         "IsValidDetailed",
                                         "MakeValid",
                                         "MinDbCompatibilityLevel",
                                         "NumRings",
                                         "Reduce",
                                         "RingN",
                                         "ReorientObject",
                                         "ShortestLineTo"};

bool IsMethodOfBuiltInType(std::string_view name) {
  if (name.starts_with("ST") && name.size() > 2) return true;
  for (const std::string_view method : kMethods) {
    if (EqualsIgnoringCase(name, method)) return true;
  }
  return false;
}

bool IsNumber(TokenKind kind) {
  return kind == TokenKind::kInteger || kind == TokenKind::kDecimal || kind == TokenKind::kFloat ||
         kind == TokenKind::kMoney;
}

}  // namespace

void Parser::ParseExpression(Role role) {
  const Nesting nesting(*this);
  ParseAdditive(role);
}

void Parser::ParseExpressionList(Role role) {
  const Mark start = Here();
  do {
    ParseExpression(Role::kItem);
  } while (TakeIf(TokenKind::kComma));
  Finish(NodeKind::kExpressionList, start, role);
}

void Parser::CountLink(int& links) {
  if (++links > kMaxChainLinks) FailDepth();
}

// How many tokens the operator of the level of + at the cursor has; 0 when none is there.
int Parser::AdditiveOperatorSize() const {
  switch (Current().kind) {
    case TokenKind::kPlus:
    case TokenKind::kMinus:
    case TokenKind::kAmpersand:
    case TokenKind::kCaret:
      return PeekIs(1, TokenKind::kEqual) ? 0 : 1;
    case TokenKind::kPipe:
      if (PeekIs(1, TokenKind::kPipe)) return PeekIs(2, TokenKind::kEqual) ? 0 : 2;
      return PeekIs(1, TokenKind::kEqual) ? 0 : 1;
    case TokenKind::kLess:
      return PeekIs(1, TokenKind::kLess) ? 2 : 0;
    case TokenKind::kGreater:
      return PeekIs(1, TokenKind::kGreater) ? 2 : 0;
    default:
      return 0;
  }
}

void Parser::ParseAdditive(Role role) {
  const Mark start = Here();
  ParseMultiplicative(role);
  ParseAdditiveTail(start, role);
}

void Parser::ParseAdditiveTail(Mark start, Role role) {
  int links = 0;
  while (const int size = AdditiveOperatorSize()) {
    SetRole(start, Role::kLeft);
    TakeMany(size, Role::kOperator);
    ParseMultiplicative(Role::kRight);
    Finish(NodeKind::kBinary, start, role);
    CountLink(links);
  }
}

void Parser::ParseMultiplicative(Role role) {
  const Mark start = Here();
  ParseUnary(role);
  ParseMultiplicativeTail(start, role);
}

void Parser::ParseMultiplicativeTail(Mark start, Role role) {
  int links = 0;
  while (Current().kind == TokenKind::kStar || Current().kind == TokenKind::kSlash ||
         Current().kind == TokenKind::kPercent) {
    if (PeekIs(1, TokenKind::kEqual)) return;  // *= is an outer join of old, or an assignment.
    SetRole(start, Role::kLeft);
    Take(Role::kOperator);
    ParseUnary(Role::kRight);
    Finish(NodeKind::kBinary, start, role);
    CountLink(links);
  }
}

// A sign has the precedence of + and -, below * and /: -a * b is -(a * b), and 1.0 / -2.0 * 3.0
// is 1.0 / -(2.0 * 3.0).
void Parser::ParseUnary(Role role) {
  const TokenKind kind = Current().kind;
  const bool is_sign = kind == TokenKind::kMinus || kind == TokenKind::kPlus;
  if (!is_sign && kind != TokenKind::kTilde) return ParsePrimary(role);
  const Nesting nesting(*this);
  const Mark start = Here();
  Take(Role::kOperator);
  if (is_sign) {
    ParseMultiplicative(Role::kOperand);
  } else {
    ParseUnary(Role::kOperand);
  }
  Finish(NodeKind::kUnary, start, role);
}

void Parser::ParseToken(NodeKind kind, Role role) {
  const Mark start = Here();
  Take(Role::kValue);
  Finish(kind, start, role);
}

void Parser::ParsePrimary(Role role) {
  const Mark start = Here();
  switch (Current().kind) {
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kFloat:
    case TokenKind::kMoney:
    case TokenKind::kBinary:
    case TokenKind::kString:
    case TokenKind::kNationalString:
      ParseToken(NodeKind::kLiteral, role);
      break;
    case TokenKind::kVariable:
    case TokenKind::kSystemVariable:
      ParseToken(NodeKind::kVariableReference, role);
      break;
    case TokenKind::kWord:
      ParseWordPrimary(role);
      break;
    case TokenKind::kQuotedName:
    case TokenKind::kSqlcmdVariable:
    case TokenKind::kPseudoColumn:
      ParseNamedPrimary(role);
      break;
    case TokenKind::kPeriod:  // .f(): parts of the name left out.
      if (!IsName(Peek(1)) && !PeekIs(1, TokenKind::kPeriod)) return Fail("an expression");
      ParseNamedPrimary(role);
      break;
    case TokenKind::kLeftParenthesis:
      ParseParenthesized(role, false);
      break;
    case TokenKind::kLeftBrace:
      ParseOdbcEscape(role);
      break;
    case TokenKind::kPercent:
      ParsePhysicalColumn(role);
      break;
    default:
      return Fail("an expression");
  }
  ParsePostfix(start, role);
}

// %%physloc%%, %%lockres%%: where a row lies. A call without arguments; no operator can stand here.
void Parser::ParsePhysicalColumn(Role role) {
  const Mark start = Here();
  if (!PeekIs(1, TokenKind::kPercent)) return Fail("an expression");
  TakeMany(2);
  const Mark name = Here();
  ExpectName(Role::kPart);
  Finish(NodeKind::kName, name, Role::kName);
  Expect(TokenKind::kPercent);
  Expect(TokenKind::kPercent);
  Finish(NodeKind::kFunctionCall, start, role);
}

void Parser::ParsePostfix(Mark start, Role role) {
  int links = 0;
  while (true) {
    if (Current().kind == TokenKind::kPeriod) {
      if (PeekIs(1, TokenKind::kStar)) return;
    } else if (Current().keyword == Keyword::kAt) {
      if (!PeekIs(1, Keyword::kTime) || !PeekIs(2, Keyword::kZone)) return;
    } else if (Current().keyword != Keyword::kCollate) {
      return;
    }
    ParsePostfixPart(start, role);
    CountLink(links);
  }
}

void Parser::ParsePostfixPart(Mark start, Role role) {
  if (Current().keyword == Keyword::kCollate) {
    SetRole(start, Role::kOperand);
    Take();
    ExpectName(Role::kCollation, "a collation");
    return Finish(NodeKind::kCollate, start, role);
  }
  SetRole(start, Role::kOperand);
  if (Current().keyword == Keyword::kAt) {
    TakeMany(3);
    const Mark zone = Here();
    ParsePrimaryOfZone();
    SetRole(zone, Role::kZone);
    return Finish(NodeKind::kAtTimeZone, start, role);
  }
  Take();  // The period.
  ExpectAnyWord(Role::kMethod, "a method");
  if (!At(TokenKind::kLeftParenthesis)) return Finish(NodeKind::kMemberAccess, start, role);
  ParseArguments();
  Finish(NodeKind::kMethodCall, start, role);
}

// The zone of AT TIME ZONE takes none itself: in a AT TIME ZONE b AT TIME ZONE c, the second is
// applied to the first.
void Parser::ParsePrimaryOfZone() {
  switch (Current().kind) {
    case TokenKind::kVariable:
    case TokenKind::kSystemVariable:
      return ParseToken(NodeKind::kVariableReference, Role::kZone);
    case TokenKind::kString:
    case TokenKind::kNationalString:
      return ParseToken(NodeKind::kLiteral, Role::kZone);
    case TokenKind::kLeftParenthesis:
      ParseParenthesized(Role::kZone, false);
      return;
    case TokenKind::kWord:
      return ParseWordPrimary(Role::kZone);
    case TokenKind::kQuotedName:
      return ParseNamedPrimary(Role::kZone);
    default:
      return Fail("a time zone");
  }
}

void Parser::ParseWordPrimary(Role role) {
  if (Current().keyword != Keyword::kNone && ParseKeywordPrimary(role)) return;
  if (IsReserved(Current().keyword)) return Fail("an expression");
  ParseNamedPrimary(role);
}

// What a keyword begins; false when it is a name here.
bool Parser::ParseKeywordPrimary(Role role) {
  const bool calls = PeekIs(1, TokenKind::kLeftParenthesis);
  switch (Current().keyword) {
    case Keyword::kNull:
      ParseToken(NodeKind::kLiteral, role);
      return true;
    case Keyword::kCase:
      ParseCase(role);
      return true;
    case Keyword::kCast:
    case Keyword::kTryCast:
      if (calls) ParseCast(role);
      return calls;
    case Keyword::kConvert:
    case Keyword::kTryConvert:
      if (calls) ParseConvert(role);
      return calls;
    case Keyword::kParse:
    case Keyword::kTryParse:
      if (calls) ParseParse(role);
      return calls;
    case Keyword::kTrim:
      if (calls) ParseTrim(role);
      return calls;
    case Keyword::kIif:
      if (calls) ParseConditionalCall(role);
      return calls;
    case Keyword::kIdentity:
      if (calls) ParseIdentityCall(role);
      return calls;
    case Keyword::kCoalesce:
    case Keyword::kNullif:
      if (calls) ParseNullCall(role);
      return calls;
    case Keyword::kLeft:
    case Keyword::kRight:
      if (calls) ParseCallByKeyword(role);
      return calls;
    case Keyword::kUser:
    case Keyword::kCurrentDate:
    case Keyword::kCurrentTime:
    case Keyword::kCurrentTimestamp:
    case Keyword::kCurrentUser:
    case Keyword::kSessionUser:
    case Keyword::kSystemUser:
      ParseNiladicCall(role);
      return true;
    case Keyword::kIdentitycol:
    case Keyword::kRowguidcol: {
      const Mark start = Here();
      Take(Role::kPart);
      Finish(NodeKind::kName, start, Role::kName);
      Finish(NodeKind::kColumnReference, start, role);
      return true;
    }
    case Keyword::kNext:
      if (!PeekIs(1, Keyword::kValue) || !PeekIs(2, Keyword::kFor)) return false;
      ParseNextValueFor(role);
      return true;
    default:
      return false;
  }
}

// A column, a call, or a member of a type: what begins with a name.
void Parser::ParseNamedPrimary(Role role) {
  const Mark start = Here();
  if (Current().kind != TokenKind::kPeriod) TakeNamePart();
  if (Current().kind == TokenKind::kPeriod) TakeNameParts(8);
  if (Current().kind == TokenKind::kLeftParenthesis && Here().value > start.value) {
    if (SplitMethod(start)) {
      ParseArguments();
      return Finish(NodeKind::kMethodCall, start, role);
    }
    Finish(NodeKind::kName, start, Role::kName);
    return ParseCallTail(start, role);
  }
  Finish(NodeKind::kName, start, Role::kName);
  if (Current().kind == TokenKind::kDoubleColon) return ParseTypeMember(start, role);
  Finish(NodeKind::kColumnReference, start, role);
}

// a.b.method( : makes a.b a column and `method` the method's name. A schema-qualified function
// looks the same; only the names of the methods tell, and dbo is no column.
bool Parser::SplitMethod(Mark start) {
  const uint32_t count = Here().value - start.value;
  if (count < 3 || failed()) return false;
  const Token& method = (&Current())[-1];
  const bool is_name = method.kind == TokenKind::kWord || method.kind == TokenKind::kQuotedName;
  if (!is_name || !IsMethodOfBuiltInType(UnquoteName(TextOf(method)))) return false;
  const Token& owner = (&method)[-2];
  if (EqualsIgnoringCase(TextOf(owner), "dbo") || EqualsIgnoringCase(TextOf(owner), "[dbo]")) {
    return false;
  }
  SplitLastPart(start);
  return true;
}

// Of the parts of a name that were taken since `start`, makes the last one the name of a method,
// and a column of those before.
void Parser::SplitLastPart(Mark start) {
  if (Here().value - start.value < 3) return Fail("a column and a method");
  Element method = pending_.back();
  const Element period = pending_[pending_.size() - 2];
  pending_.resize(pending_.size() - 2);
  Finish(NodeKind::kName, start, Role::kName);
  Finish(NodeKind::kColumnReference, start, Role::kOperand);
  pending_.push_back(period);
  method.role = Role::kMethod;
  pending_.push_back(method);
}

// type::Method(...) or type::Member, with the type's name as the child at `start`.
void Parser::ParseTypeMember(Mark start, Role role) {
  SetRole(start, Role::kType);
  Take();
  ExpectAnyWord(Role::kMethod, "a method");
  if (!At(TokenKind::kLeftParenthesis)) return Finish(NodeKind::kMemberAccess, start, role);
  ParseArguments();
  Finish(NodeKind::kMethodCall, start, role);
}

bool Parser::ParseParenthesized(Role role, bool condition_allowed) {
  const Nesting nesting(*this);
  const Mark start = Here();
  Take();
  const Mark inside = Here();
  bool is_condition = false;
  if (Current().keyword == Keyword::kSelect) {
    ParseQuery(Role::kQuery);
    Expect(TokenKind::kRightParenthesis);
    Finish(NodeKind::kScalarSubquery, start, role);
    return false;
  }
  if (condition_allowed) {
    is_condition = ParseOr(Role::kOperand, true);
  } else {
    ParseAdditive(Role::kOperand);
  }
  if (!is_condition && AtSetOperator() && ConvertToQueryBody(inside)) {
    ParseQueryTail(inside, Role::kQuery);
    Expect(TokenKind::kRightParenthesis);
    Finish(NodeKind::kScalarSubquery, start, role);
    return false;
  }
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kParenthesized, start, role);
  return is_condition;
}

bool Parser::ConvertToQueryBody(Mark start) {
  if (failed() || pending_.size() != start.value + 1 || !pending_[start.value].is_node)
    return false;
  // Through ((( to the sub-query inside.
  std::vector<uint32_t> parentheses;
  uint32_t node = pending_[start.value].index;
  while (tree_.nodes[node].kind == NodeKind::kParenthesized) {
    const Element inner = tree_.elements[tree_.nodes[node].first_element + 1];
    if (!inner.is_node) return false;
    parentheses.push_back(node);
    node = inner.index;
  }
  if (tree_.nodes[node].kind != NodeKind::kScalarSubquery) return false;
  tree_.nodes[node].kind = NodeKind::kParenthesizedQuery;
  while (!parentheses.empty()) {
    const uint32_t outer = parentheses.back();
    parentheses.pop_back();
    WrapInQuery(outer);
    tree_.nodes[outer].kind = NodeKind::kParenthesizedQuery;
  }
  SetRole(start, Role::kBody);
  return true;
}

// Puts a kQuery between a node of parentheses and the query body inside.
void Parser::WrapInQuery(uint32_t outer) {
  const uint32_t place = tree_.nodes[outer].first_element + 1;
  const uint32_t body = tree_.elements[place].index;
  const auto first_element = static_cast<uint32_t>(tree_.elements.size());
  tree_.elements.push_back({body, 1, Role::kBody});
  tree_.nodes.push_back({first_element, 1, tree_.nodes[body].first_token,
                         tree_.nodes[body].end_token, NodeKind::kQuery});
  tree_.elements[place] = {static_cast<uint32_t>(tree_.nodes.size() - 1), 1, Role::kQuery};
}

void Parser::ParseCase(Role role) {
  const Nesting nesting(*this);
  const Mark start = Here();
  Take();
  const bool is_searched = At(Keyword::kWhen);
  if (!is_searched) ParseExpression(Role::kOperand);
  if (!At(Keyword::kWhen)) return Fail("WHEN");
  while (At(Keyword::kWhen)) ParseWhenClause(is_searched);
  if (TakeIf(Keyword::kElse)) ParseExpression(Role::kElse);
  Expect(Keyword::kEnd);
  Finish(NodeKind::kCase, start, role);
}

void Parser::ParseWhenClause(bool is_searched) {
  const Mark start = Here();
  Take();
  if (is_searched) {
    ParseCondition(Role::kCondition);
  } else {
    ParseExpression(Role::kCondition);
  }
  Expect(Keyword::kThen);
  ParseExpression(Role::kResult);
  Finish(NodeKind::kWhenClause, start, Role::kWhenClause);
}

void Parser::ParseVariable(Role role) {
  if (Current().kind != TokenKind::kVariable && Current().kind != TokenKind::kSystemVariable) {
    return Fail("a variable");
  }
  ParseToken(NodeKind::kVariableReference, role);
}

void Parser::ParseString(Role role) {
  if (Current().kind != TokenKind::kString && Current().kind != TokenKind::kNationalString) {
    return Fail("a string");
  }
  ParseToken(NodeKind::kLiteral, role);
}

void Parser::ParseLiteralOrVariable(Role role) {
  if (Current().kind == TokenKind::kVariable || Current().kind == TokenKind::kSystemVariable) {
    return ParseToken(NodeKind::kVariableReference, role);
  }
  ParseSignedLiteral(role);
}

void Parser::ParseSignedLiteral(Role role) {
  const Mark start = Here();
  if (Current().kind == TokenKind::kMinus || Current().kind == TokenKind::kPlus) {
    Take(Role::kOperator);
    if (!IsNumber(Current().kind)) return Fail("a number");
    ParseToken(NodeKind::kLiteral, Role::kOperand);
    return Finish(NodeKind::kUnary, start, role);
  }
  const TokenKind kind = Current().kind;
  if (IsNumber(kind) || kind == TokenKind::kBinary || kind == TokenKind::kString ||
      kind == TokenKind::kNationalString || kind == TokenKind::kSqlcmdVariable ||
      At(Keyword::kNull) || At(Keyword::kDefault)) {
    return ParseToken(NodeKind::kLiteral, role);
  }
  Fail("a value");
}

}  // namespace datamigrate::tsql
