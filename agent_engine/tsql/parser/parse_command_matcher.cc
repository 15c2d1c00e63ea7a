#include "agent_engine/tsql/parser/parse_command_matcher.h"

#include <algorithm>
#include <string>

#include "agent_engine/tsql/parser/parse_ddl.h"

namespace datamigrate::tsql {
namespace {

// A SQLCMD variable that was left in the text may stand for any value.
bool IsNumber(TokenKind kind) {
  return kind == TokenKind::kInteger || kind == TokenKind::kDecimal || kind == TokenKind::kFloat ||
         kind == TokenKind::kSqlcmdVariable;
}

bool IsString(TokenKind kind) {
  return kind == TokenKind::kString || kind == TokenKind::kNationalString ||
         kind == TokenKind::kSqlcmdVariable;
}

// Whether the keyword begins a statement that is no row of the grammar, or ends a block.
bool BeginsOtherStatement(Keyword keyword) {
  switch (keyword) {
    case Keyword::kBegin:
    case Keyword::kBreak:
    case Keyword::kClose:
    case Keyword::kCommit:
    case Keyword::kContinue:
    case Keyword::kDeallocate:
    case Keyword::kDeclare:
    case Keyword::kDelete:
    case Keyword::kElse:
    case Keyword::kEnd:
    case Keyword::kExec:
    case Keyword::kExecute:
    case Keyword::kFetch:
    case Keyword::kGoto:
    case Keyword::kIf:
    case Keyword::kInsert:
    case Keyword::kMerge:
    case Keyword::kOpen:
    case Keyword::kPrint:
    case Keyword::kRaiserror:
    case Keyword::kReadtext:
    case Keyword::kReturn:
    case Keyword::kRevert:
    case Keyword::kRollback:
    case Keyword::kSave:
    case Keyword::kSelect:
    case Keyword::kSet:
    case Keyword::kThrow:
    case Keyword::kTruncate:
    case Keyword::kUpdate:
    case Keyword::kUpdatetext:
    case Keyword::kUse:
    case Keyword::kWaitfor:
    case Keyword::kWhile:
    case Keyword::kWritetext:
      return true;
    default:
      return false;
  }
}

// Whether a statement may begin at the cursor, or a list of statements end.
bool MayFollowStatement(Parser& parser) {
  const Token& token = parser.Current();
  switch (token.kind) {
    case TokenKind::kEnd:
    case TokenKind::kSemicolon:
      return true;
    case TokenKind::kLeftParenthesis:
      return parser.AtQuery();
    case TokenKind::kWord:
      return BeginsOtherStatement(token.keyword) || parser.PeekIs(1, TokenKind::kColon) ||
             BeginsCommand(parser);
    default:
      return false;
  }
}

bool IsIpAddress(std::string_view text) {
  int digits = 0;
  int periods = 0;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0) return false;
      digits = 0;
      ++periods;
    } else if (++digits > 3) {
      return false;
    }
  }
  return periods == 3 && digits > 0;
}

}  // namespace

bool CommandMatcher::MatchStatement(const GrammarStatement& statement, Role role) {
  const ParserCore::Checkpoint checkpoint = parser_.Save();
  const Mark start = parser_.Here();
  place_ = WordPlace::kInside;
  verb_words_ = statement.node == NodeKind::kCommand ? statement.leading_words.size() : 0;
  const bool fits = Match(statement.element);
  if (parser_.failed() && parser_.failed_by_depth()) return false;
  // What goes on like a clause of this statement, and like no statement, is a clause with a
  // mistake.
  const Token& next = parser_.Current();
  if (!fits || (furthest_ > &next && !MayFollowStatement(parser_))) {
    parser_.Restore(checkpoint);
    return false;
  }
  parser_.Finish(statement.node, start, role);
  return true;
}

bool CommandMatcher::MatchElement(uint32_t element) {
  place_ = WordPlace::kInside;
  return Try(element);
}

void CommandMatcher::FailAtFurthest() {
  if (furthest_ == nullptr) return parser_.Fail("a statement");
  ParserCore::Checkpoint checkpoint = parser_.Save();
  checkpoint.cursor = furthest_;
  parser_.Restore(checkpoint);
  parser_.Fail(expected_);
}

bool CommandMatcher::Match(uint32_t index) {
  const GrammarElement& element = grammar_.Element(index);
  if (element.makes_node) return MatchNode(element);
  switch (element.kind) {
    case GrammarElement::Kind::kWord:
      return MatchWord(element);
    case GrammarElement::Kind::kToken:
      return MatchToken(element);
    case GrammarElement::Kind::kBuiltin:
      return MatchBuiltin(element);
    case GrammarElement::Kind::kSequence:
      return MatchSequence(element);
    case GrammarElement::Kind::kChoice:
      return MatchChoice(element);
    case GrammarElement::Kind::kOptional:
      return Try(element.children[0]) || !parser_.failed();
    case GrammarElement::Kind::kRepeat:
      return MatchRepeat(element);
  }
  return false;
}

bool CommandMatcher::MatchSequence(const GrammarElement& element) {
  const ParserCore::Nesting nesting(parser_);
  if (parser_.failed()) return false;
  return std::ranges::all_of(element.children, [&](uint32_t child) { return Match(child); });
}

bool CommandMatcher::MatchChoice(const GrammarElement& element) {
  return std::ranges::any_of(element.children, [&](uint32_t child) { return Try(child); });
}

bool CommandMatcher::MatchRepeat(const GrammarElement& element) {
  if (!Match(element.children[0])) return false;
  for (;;) {
    const ParserCore::Checkpoint checkpoint = parser_.Save();
    const WordPlace place = place_;
    if (element.comma_separated && !parser_.TakeIf(TokenKind::kComma)) break;
    const bool fits = Match(element.children[0]);
    if (fits && &parser_.Current() != checkpoint.cursor) continue;
    if (parser_.failed() && parser_.failed_by_depth()) return false;
    parser_.Restore(checkpoint);
    place_ = place;
    break;
  }
  return true;
}

bool CommandMatcher::MatchNode(const GrammarElement& element) {
  const Mark start = parser_.Here();
  const WordPlace outer = place_;
  const NodeKind outer_node = node_;
  node_ = element.node;
  const bool names_words = node_ == NodeKind::kOption || node_ == NodeKind::kClause;
  place_ = names_words ? WordPlace::kBeginning : WordPlace::kInside;
  const bool fits = Match(element.children[0]);
  node_ = outer_node;
  if (!fits) return false;
  place_ = outer == WordPlace::kBehindEqual ? outer : WordPlace::kInside;
  parser_.Finish(element.node, start, element.role);
  return true;
}

Role CommandMatcher::RoleOfWord(const GrammarElement& element) const {
  if (element.has_role) return element.role;
  if (verb_words_ > 0) return Role::kVerb;
  switch (place_) {
    case WordPlace::kBeginning:
      return Role::kName;
    case WordPlace::kBehindEqual:
      return Role::kValue;
    case WordPlace::kInside:
      return Role::kSyntax;
  }
  return Role::kSyntax;
}

bool CommandMatcher::MatchWord(const GrammarElement& element) {
  const bool fits = element.keyword == Keyword::kNone ? parser_.AtWord(element.word)
                                                      : parser_.At(element.keyword);
  if (!fits) return Miss(element.word);
  parser_.Take(RoleOfWord(element));
  if (verb_words_ > 0) --verb_words_;
  return true;
}

bool CommandMatcher::MatchToken(const GrammarElement& element) {
  if (!parser_.At(element.token)) return Miss(TokenKindText(element.token));
  parser_.Take(element.has_role ? element.role : Role::kSyntax);
  const bool in_node = place_ == WordPlace::kBeginning || place_ == WordPlace::kBehindEqual;
  place_ =
      in_node && element.token == TokenKind::kEqual ? WordPlace::kBehindEqual : WordPlace::kInside;
  return true;
}

bool CommandMatcher::MatchBuiltin(const GrammarElement& element) {
  if (!CanBegin(element)) {
    parser_.Expected(BuiltinText(element.builtin));
    return Miss(BuiltinText(element.builtin));
  }
  const Token* begin = &parser_.Current();
  TakeBuiltin(element.builtin, RoleOfBuiltin(element));
  if (parser_.failed()) return MissAt(parser_.failed_at(), BuiltinText(element.builtin));
  if (&parser_.Current() != begin) place_ = WordPlace::kInside;
  return true;
}

// Whether the builtin may begin at the cursor, as far as one or two tokens tell.
bool CommandMatcher::CanBegin(const GrammarElement& element) {
  const TokenKind kind = parser_.Current().kind;
  switch (element.builtin) {
    case Builtin::kName:
    case Builtin::kId:
    case Builtin::kColumn:
      return ParserCore::IsName(parser_.Current());
    case Builtin::kObject:
    case Builtin::kFunctionCall:
      return ParserCore::IsName(parser_.Current()) || kind == TokenKind::kPeriod;
    case Builtin::kDotted:
      return ParserCore::IsName(parser_.Current()) && parser_.PeekIs(1, TokenKind::kPeriod);
    case Builtin::kAnyWord:
      return kind == TokenKind::kWord || kind == TokenKind::kQuotedName;
    case Builtin::kString:
      return IsString(kind);
    case Builtin::kVariable:
      return kind == TokenKind::kVariable || kind == TokenKind::kSystemVariable;
    case Builtin::kInteger:
      return kind == TokenKind::kInteger || kind == TokenKind::kSqlcmdVariable;
    case Builtin::kBinary:
      return kind == TokenKind::kBinary;
    case Builtin::kNumber:
    case Builtin::kIpAddress:
      return IsNumber(kind) ||
             ((kind == TokenKind::kMinus || kind == TokenKind::kPlus) &&
              element.builtin == Builtin::kNumber && IsNumber(parser_.Peek(1).kind));
    case Builtin::kColumns:
    case Builtin::kTableElements:
    case Builtin::kIndexColumns:
      return kind == TokenKind::kLeftParenthesis;
    case Builtin::kExecuteAs:
      return parser_.PeekIs(1, Keyword::kAs) &&
             (parser_.PeekIs(0, Keyword::kExec) || parser_.PeekIs(0, Keyword::kExecute));
    case Builtin::kOptionClause:
      return parser_.PeekIs(0, Keyword::kOption);
    case Builtin::kSchemaElement:
      return parser_.PeekIs(0, Keyword::kGrant) || parser_.PeekIs(0, Keyword::kRevoke) ||
             parser_.PeekIs(0, Keyword::kDeny) ||
             (parser_.PeekIs(0, Keyword::kCreate) &&
              (parser_.PeekIs(1, Keyword::kTable) || parser_.PeekIs(1, Keyword::kView)));
    default:
      return kind != TokenKind::kEnd;
  }
}

Role CommandMatcher::RoleOfBuiltin(const GrammarElement& element) const {
  if (element.has_role || element.role != Role::kName) return element.role;
  const bool is_value = place_ == WordPlace::kBehindEqual ||
                        (node_ == NodeKind::kOption && element.builtin != Builtin::kAnyWord);
  return is_value ? Role::kValue : Role::kName;
}

void CommandMatcher::TakeBuiltin(Builtin builtin, Role role) {
  switch (builtin) {
    case Builtin::kName:
      return parser_.ParseName(role, 1);
    case Builtin::kObject:
    case Builtin::kDotted:
      return parser_.ParseName(role);
    case Builtin::kId:
    case Builtin::kAnyWord:
    case Builtin::kString:
    case Builtin::kVariable:
    case Builtin::kInteger:
    case Builtin::kBinary:
      return parser_.Take(role);
    case Builtin::kNumber:
      return TakeNumber(role);
    case Builtin::kIpAddress:
      if (!TakeIpAddress(role)) parser_.Fail("an IPv4 address");
      return;
    case Builtin::kLiteral:
      return parser_.ParseSignedLiteral(role);
    case Builtin::kExpression:
      return parser_.ParseExpression(role);
    case Builtin::kCondition:
      return parser_.ParseCondition(role);
    case Builtin::kType:
      return parser_.ParseDataType(role);
    case Builtin::kSelect:
      return parser_.ParseSelectStatement(role);
    case Builtin::kStatement:
    case Builtin::kSchemaElement:
      return parser_.ExpectStatement(role);
    case Builtin::kColumn:
      return parser_.ParseColumnName(role);
    case Builtin::kColumns:
      return parser_.ParseColumnList(role);
    case Builtin::kFunctionCall:
      return parser_.ParseFunctionCall(role);
    case Builtin::kExecuteAs:
      return parser_.ParseExecuteAsOption(role);
    case Builtin::kTableElements:
      return parser_.ParseTableElements();
    case Builtin::kIndexColumns:
      return ParseIndexColumnList(parser_, role);
    case Builtin::kOptionClause:
      return parser_.ParseOptionClause(role);
  }
}

void CommandMatcher::TakeNumber(Role role) {
  if (!IsNumber(parser_.Current().kind)) parser_.Take(Role::kOperator);
  parser_.Take(role);
}

bool CommandMatcher::TakeIpAddress(Role role) {
  std::string text;
  const Mark start = parser_.Here();
  while (IsNumber(parser_.Current().kind) || parser_.PeekIs(0, TokenKind::kPeriod)) {
    text += parser_.TextOf(parser_.Current());
    parser_.Take(Role::kPart);
  }
  parser_.Finish(NodeKind::kClause, start, role);
  return IsIpAddress(text);
}

bool CommandMatcher::Try(uint32_t element) {
  const ParserCore::Checkpoint checkpoint = parser_.Save();
  const WordPlace place = place_;
  if (Match(element)) return true;
  if (parser_.failed() && parser_.failed_by_depth()) return false;
  parser_.Restore(checkpoint);
  place_ = place;
  return false;
}

bool CommandMatcher::Miss(std::string_view expected) {
  return MissAt(&parser_.Current(), expected);
}

bool CommandMatcher::MissAt(const Token* place, std::string_view expected) {
  if (furthest_ == nullptr || place > furthest_) {
    furthest_ = place;
    expected_ = expected;
  }
  return false;
}

}  // namespace datamigrate::tsql
