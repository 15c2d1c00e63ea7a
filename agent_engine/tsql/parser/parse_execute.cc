// EXECUTE in all its forms: "EXECUTE (Transact-SQL)" and "EXECUTE AS (Transact-SQL)".
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {

void Parser::ParseExecute(Role role) {
  const Mark start = Here();
  Take();
  if (At(TokenKind::kLeftParenthesis)) {
    ParseExecuteText();
    return Finish(NodeKind::kExecuteStatement, start, role);
  }
  if (Current().kind == TokenKind::kVariable && PeekIs(1, TokenKind::kEqual)) {
    Take(Role::kReturnTarget);
    Take();
  }
  ParseProcedureName(Role::kName);
  ParseExecuteArguments();
  ParseExecuteOptions();
  Finish(NodeKind::kExecuteStatement, start, role);
}

// A call of a procedure without EXECUTE, as the first statement of a batch.
void Parser::ParseBareExecute(Role role) {
  const Mark start = Here();
  ParseProcedureName(Role::kName);
  ParseExecuteArguments();
  ParseExecuteOptions();
  Finish(NodeKind::kExecuteStatement, start, role);
}

// name [; number] | @variable | OPENDATASOURCE ( 'provider', 'connection' ).name
void Parser::ParseProcedureName(Role role) {
  if (Current().kind == TokenKind::kVariable) {
    ParseVariable(Role::kValue);
  } else if (At(Keyword::kOpendatasource)) {
    ParseRemoteProcedureName();
  } else {
    Expected("a procedure");
    ParseName(role);
  }
  if (Current().kind == TokenKind::kSemicolon && PeekIs(1, TokenKind::kInteger)) {
    Take();
    Take(Role::kOption);
  }
}

void Parser::ParseRemoteProcedureName() {
  const Mark start = Here();
  Take(Role::kFunction);
  Expect(TokenKind::kLeftParenthesis);
  ParseString(Role::kArgument);
  Expect(TokenKind::kComma);
  ParseString(Role::kArgument);
  Expect(TokenKind::kRightParenthesis);
  Expect(TokenKind::kPeriod);
  ParseName(Role::kName);
  Finish(NodeKind::kRowsetTable, start, Role::kValue);
}

// ( text [, [@parameter =] argument]* ) [AS USER | LOGIN = 'name'] [AT server | AT DATA_SOURCE
// source]
void Parser::ParseExecuteText() {
  Take();
  ParseExpression(Role::kValue);
  while (TakeIf(TokenKind::kComma)) {
    const Mark start = Here();
    if (Current().kind == TokenKind::kVariable && PeekIs(1, TokenKind::kEqual)) {
      Take(Role::kName);
      Take();
    }
    ParseValue(Role::kValue);
    if (At(Keyword::kOutput) || At(Keyword::kOut)) Take(Role::kOutput);
    Finish(NodeKind::kExecuteArgument, start, Role::kArgument);
  }
  Expect(TokenKind::kRightParenthesis);
  if (TakeIf(Keyword::kAs)) {
    const Mark start = Here();
    if (!TakeIf(Keyword::kUser, Role::kName)) Expect(Keyword::kLogin, Role::kName);
    if (TakeIf(TokenKind::kEqual)) ParseString(Role::kValue);
    Finish(NodeKind::kOption, start, Role::kOption);
  }
  if (TakeIf(Keyword::kAt)) {
    if (AtWord("DATA_SOURCE") && IsName(Peek(1))) Take();
    ExpectName(Role::kTarget, "a linked server");
  }
  ParseExecuteOptions();
}

void Parser::ParseExecuteArguments() {
  if (!AtExecuteArgument()) return;
  do {
    ParseExecuteArgument();
  } while (TakeIf(TokenKind::kComma));
}

bool Parser::AtExecuteArgument() {
  if (AtValue() || Current().kind == TokenKind::kVariable ||
      Current().kind == TokenKind::kSystemVariable || Current().kind == TokenKind::kLeftBrace) {
    return true;
  }
  return IsName(Current()) && !PeekIs(1, TokenKind::kColon);
}

// Whether a number, a string, NULL or DEFAULT is here.
bool Parser::AtValue() {
  switch (Current().kind) {
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kFloat:
    case TokenKind::kMoney:
    case TokenKind::kBinary:
    case TokenKind::kString:
    case TokenKind::kNationalString:
    case TokenKind::kMinus:
    case TokenKind::kPlus:
      return true;
    default:
      return At(Keyword::kNull) || At(Keyword::kDefault);
  }
}

// [@parameter =] value [OUTPUT]; a word is taken as a string.
void Parser::ParseExecuteArgument() {
  const Mark start = Here();
  if (Current().kind == TokenKind::kVariable && PeekIs(1, TokenKind::kEqual)) {
    Take(Role::kName);
    Take();
  }
  if (Current().kind == TokenKind::kLeftBrace) {
    ParseOdbcEscape(Role::kValue);
  } else if (IsName(Current())) {
    ParseToken(NodeKind::kLiteral, Role::kValue);
  } else {
    ParseLiteralOrVariable(Role::kValue);
  }
  if (At(Keyword::kOutput) || At(Keyword::kOut)) Take(Role::kOutput);
  Finish(NodeKind::kExecuteArgument, start, Role::kArgument);
}

// WITH RECOMPILE | RESULT SETS ...
void Parser::ParseExecuteOptions() {
  if (!At(Keyword::kWith) || !(PeekIs(1, Keyword::kRecompile) || PeekIs(1, Keyword::kResult)))
    return;
  Take();
  do {
    const Mark start = Here();
    if (TakeIf(Keyword::kRecompile, Role::kName)) {
      Finish(NodeKind::kOption, start, Role::kOption);
    } else {
      ParseResultSets();
    }
  } while (TakeIf(TokenKind::kComma));
}

// RESULT SETS UNDEFINED | NONE | ( definition, ... )
void Parser::ParseResultSets() {
  const Mark start = Here();
  Expect(Keyword::kResult, Role::kName);
  Expect(Keyword::kSets, Role::kName);
  if (At(Keyword::kNoneWord) || AtWord("UNDEFINED")) {
    Take(Role::kValue);
  } else {
    Expect(TokenKind::kLeftParenthesis);
    do {
      ParseResultSet();
    } while (TakeIf(TokenKind::kComma));
    Expect(TokenKind::kRightParenthesis);
  }
  Finish(NodeKind::kOption, start, Role::kOption);
}

// ( column type [COLLATE c] [NULL | NOT NULL], ... ) | AS OBJECT name | AS TYPE name | AS FOR XML
void Parser::ParseResultSet() {
  const Mark start = Here();
  if (TakeIf(Keyword::kAs)) {
    if (TakeIf(Keyword::kFor, Role::kKind)) {
      Expect(Keyword::kXml, Role::kKind);
    } else {
      if (!TakeIf(Keyword::kObject, Role::kKind)) Expect(Keyword::kType, Role::kKind);
      ParseName(Role::kName);
    }
    return Finish(NodeKind::kClause, start, Role::kItem);
  }
  ParseRowsetSchema(Role::kItem);
}

// -- EXECUTE AS
// --------------------------------------------------------------------------------------------------------

// The statement: EXECUTE AS CALLER | LOGIN = 'name' | USER = 'name'  [WITH NO REVERT | WITH COOKIE
// INTO @x]
void Parser::ParseExecuteAs(Role role) {
  const Mark start = Here();
  TakeMany(2, Role::kVerb);
  if (!TakeIf(Keyword::kCaller, Role::kKind)) {
    if (!TakeIf(Keyword::kUser, Role::kKind)) Expect(Keyword::kLogin, Role::kKind);
    Expect(TokenKind::kEqual);
    ParseExpression(Role::kValue);
  }
  if (At(Keyword::kWith) && (PeekIs(1, Keyword::kNo) || PeekIs(1, Keyword::kCookie))) {
    Take();
    const Mark option = Here();
    if (TakeIf(Keyword::kNo, Role::kName)) {
      Expect(Keyword::kRevert, Role::kName);
    } else {
      Take(Role::kName);
      Expect(Keyword::kInto, Role::kName);
      ParseVariable(Role::kValue);
    }
    Finish(NodeKind::kOption, option, Role::kOption);
  }
  Finish(NodeKind::kCommand, start, role);
}

// The clause of a module.
void Parser::ParseExecuteAsOption(Role role) {
  const Mark start = Here();
  Take(Role::kName);
  Expect(Keyword::kAs, Role::kName);
  if (At(Keyword::kCaller) || At(Keyword::kSelf) || At(Keyword::kOwner)) {
    Take(Role::kValue);
  } else {
    ParseString(Role::kValue);
  }
  Finish(NodeKind::kOption, start, role);
}

}  // namespace datamigrate::tsql
