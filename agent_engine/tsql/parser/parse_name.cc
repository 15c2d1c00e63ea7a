// Names, column lists and data types.
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {

// One part: a name, or pieces of one that touch where SQLCMD variables are in it: stage_$(env).
void Parser::TakeNamePart() {
  if (Current().kind == TokenKind::kPseudoColumn) return Take(Role::kPart);
  ExpectName(Role::kPart);
  while (IsName(Current()) && TouchesPrevious() &&
         (Current().kind == TokenKind::kSqlcmdVariable ||
          (&Current())[-1].kind == TokenKind::kSqlcmdVariable)) {
    Take(Role::kPart);
  }
}

void Parser::TakeNameParts(int max_parts) {
  int parts = 1;
  while (Current().kind == TokenKind::kPeriod && parts < max_parts) {
    if (PeekIs(1, TokenKind::kStar)) return;
    Take();
    ++parts;
    if (Current().kind == TokenKind::kPeriod && parts < max_parts)
      continue;  // A part left out: a..b
    if (Current().keyword == Keyword::kIdentitycol || Current().keyword == Keyword::kRowguidcol) {
      return Take(Role::kPart);
    }
    TakeNamePart();
  }
}

void Parser::ParseName(Role role, int max_parts) {
  const Mark start = Here();
  if (Current().kind != TokenKind::kPeriod || max_parts == 1) TakeNamePart();
  TakeNameParts(max_parts);
  Finish(NodeKind::kName, start, role);
}

void Parser::ParseColumnName(Role role) {
  const Mark start = Here();
  TakeNamePart();
  Finish(NodeKind::kColumnName, start, role);
}

void Parser::ParseColumnList(Role role) {
  const Mark start = Here();
  Expect(TokenKind::kLeftParenthesis);
  do {
    ParseColumnName(Role::kItem);
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kColumnList, start, role);
}

void Parser::ExpectAlias(Role role) {
  const TokenKind kind = Current().kind;
  if (kind == TokenKind::kString || kind == TokenKind::kNationalString) return Take(role);
  ExpectName(role);
}

// The words of types whose names are several words: "Data Type Synonyms (Transact-SQL)".
void Parser::TakeTypeWords() {
  if (At(Keyword::kDouble)) {
    Take(Role::kPart);
    return Expect(Keyword::kPrecision, Role::kPart);
  }
  if (TakeIf(Keyword::kNational, Role::kPart)) {
    if (AtWord("TEXT")) return Take(Role::kPart);
    if (!AtWord("CHARACTER") && !AtWord("CHAR")) return Fail("CHARACTER");
    Take(Role::kPart);
    TakeIf(Keyword::kVarying, Role::kPart);
    return;
  }
  if (TakeIf(Keyword::kCursor, Role::kPart)) return;
  const bool may_vary = PeekIs(1, Keyword::kVarying) && !PeekIs(2, TokenKind::kPeriod);
  if (Current().kind != TokenKind::kPeriod) TakeNamePart();
  // A cursor parameter ends with VARYING too, but CURSOR was taken above.
  if (may_vary) return Take(Role::kPart);
  TakeNameParts(3);
}

void Parser::ParseTypeParameters(bool is_xml) {
  Expect(TokenKind::kLeftParenthesis);
  if (is_xml) {
    if ((At(Keyword::kContent) || At(Keyword::kDocument)) && !PeekIs(1, TokenKind::kPeriod) &&
        !PeekIs(1, TokenKind::kRightParenthesis)) {
      Take(Role::kParameter);
    }
    ParseName(Role::kSchemaCollection);
    return Expect(TokenKind::kRightParenthesis);
  }
  do {
    if (Current().kind == TokenKind::kInteger || Current().kind == TokenKind::kWord ||
        Current().kind == TokenKind::kSqlcmdVariable) {
      Take(Role::kParameter);
    } else {
      Fail("a number");
    }
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
}

void Parser::ParseDataType(Role role) {
  Expected("a data type");
  const Mark start = Here();
  const bool is_xml =
      Current().keyword == Keyword::kXml || EqualsIgnoringCase(TextOf(Current()), "[xml]");
  TakeTypeWords();
  Finish(NodeKind::kName, start, Role::kName);
  if (At(TokenKind::kLeftParenthesis)) ParseTypeParameters(is_xml);
  Finish(NodeKind::kDataType, start, role);
}

}  // namespace datamigrate::tsql
