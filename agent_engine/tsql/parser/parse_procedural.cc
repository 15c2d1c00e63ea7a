// Blocks, control of flow, variables, options, transactions: "Control-of-Flow Language
// (Transact-SQL)" and its neighbours.
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {

bool Parser::ParseProceduralStatement(Role role) {
  switch (Current().keyword) {
    case Keyword::kBegin:
      return ParseBegin(role);
    case Keyword::kIf:
      ParseIf(role);
      return true;
    case Keyword::kWhile:
      ParseWhile(role);
      return true;
    case Keyword::kBreak:
    case Keyword::kContinue:
      ParseVerb(role);
      return true;
    case Keyword::kDeclare:
      ParseDeclare(role);
      return true;
    case Keyword::kSet:
      ParseSet(role);
      return true;
    case Keyword::kExec:
    case Keyword::kExecute:
      if (PeekIs(1, Keyword::kAs)) {
        ParseExecuteAs(role);
      } else {
        ParseExecute(role);
      }
      return true;
    case Keyword::kReturn:
      ParseReturn(role);
      return true;
    case Keyword::kPrint:
      ParsePrint(role);
      return true;
    case Keyword::kRaiserror:
      ParseRaiseError(role);
      return true;
    case Keyword::kThrow:
      ParseThrow(role);
      return true;
    case Keyword::kUse:
      if (!IsName(Peek(1))) return false;
      if (PeekIs(1, Keyword::kFederation)) return false;
      ParseUse(role);
      return true;
    case Keyword::kGoto:
      ParseGoto(role);
      return true;
    case Keyword::kWaitfor:
      ParseWaitFor(role);
      return true;
    case Keyword::kCommit:
    case Keyword::kRollback:
    case Keyword::kSave:
      ParseTransaction(role);
      return true;
    case Keyword::kOpen:
    case Keyword::kFetch:
    case Keyword::kClose:
    case Keyword::kDeallocate:
      if (!AtCursorStatement()) return false;
      ParseCursorStatement(role);
      return true;
    case Keyword::kReadtext:
    case Keyword::kWritetext:
    case Keyword::kUpdatetext:
      ParseTextStatement(role);
      return true;
    case Keyword::kRevert:
      ParseRevert(role);
      return true;
    default:
      return false;
  }
}

// A statement of one word.
void Parser::ParseVerb(Role role) {
  const Mark start = Here();
  Take(Role::kVerb);
  Finish(NodeKind::kCommand, start, role);
}

// -- Blocks
// ------------------------------------------------------------------------------------------------------------

bool Parser::ParseBegin(Role role) {
  switch (Peek(1).keyword) {
    case Keyword::kTran:
    case Keyword::kTransaction:
    case Keyword::kDistributed:
      ParseBeginTransaction(role);
      return true;
    case Keyword::kDialog:
      return false;
    case Keyword::kConversation:
      if (PeekIs(2, Keyword::kTimer)) return false;
      break;
    case Keyword::kTry:
      ParseTryCatch(role);
      return true;
    default:
      break;
  }
  ParseBlock(role);
  return true;
}

// BEGIN statement... END | BEGIN ATOMIC WITH ( option, ... ) statement... END
void Parser::ParseBlock(Role role) {
  const Mark start = Here();
  Expect(Keyword::kBegin);
  if (At(Keyword::kAtomic) && PeekIs(1, Keyword::kWith)) ParseAtomicOptions();
  const Mark body = Here();
  ParseBlockBody();
  if (!AnySince(body)) Fail("a statement");
  Expect(Keyword::kEnd);
  Finish(NodeKind::kBlock, start, role);
}

void Parser::ParseBlockBody() {
  const Nesting nesting(*this);
  ++block_depth_;
  ParseStatementList(Role::kStatement);
  --block_depth_;
}

// ATOMIC WITH ( TRANSACTION ISOLATION LEVEL = SNAPSHOT, LANGUAGE = N'us_english', ... )
void Parser::ParseAtomicOptions() {
  TakeMany(2);
  Expect(TokenKind::kLeftParenthesis);
  do {
    const Mark start = Here();
    if (TakeIf(Keyword::kTransaction, Role::kName)) {
      Expect(Keyword::kIsolation, Role::kName);
      Expect(Keyword::kLevel, Role::kName);
    } else if (AtWord("LANGUAGE") || AtWord("DATEFIRST") || AtWord("DATEFORMAT") ||
               At(Keyword::kDelayedDurability)) {
      Take(Role::kName);
    } else {
      return Fail("an option");
    }
    Expect(TokenKind::kEqual);
    if (At(Keyword::kRepeatable)) {
      Take(Role::kValue);
      Expect(Keyword::kRead, Role::kValue);
    } else if (TakeIf(Keyword::kRead, Role::kValue)) {
      if (!TakeIf(Keyword::kCommitted, Role::kValue)) {
        Expect(Keyword::kUncommitted, Role::kValue);
      }
    } else if (Current().kind == TokenKind::kWord) {
      Take(Role::kValue);
    } else {
      ParseLiteralOrVariable(Role::kValue);
    }
    Finish(NodeKind::kOption, start, Role::kOption);
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
}

void Parser::ParseTryCatch(Role role) {
  const Mark start = Here();
  ParseTryBlock(Keyword::kTry, Role::kTry);
  TakeIf(TokenKind::kSemicolon);
  ParseTryBlock(Keyword::kCatch, Role::kCatch);
  Finish(NodeKind::kTryCatch, start, role);
}

// BEGIN TRY statement... END TRY, and the same for CATCH; both may be empty.
void Parser::ParseTryBlock(Keyword keyword, Role role) {
  const Mark start = Here();
  Expect(Keyword::kBegin);
  Expect(keyword);
  ParseBlockBody();
  Expect(Keyword::kEnd);
  Expect(keyword);
  Finish(NodeKind::kBlock, start, role);
}

void Parser::ParseIf(Role role) {
  const Nesting nesting(*this);
  const Mark start = Here();
  Take();
  ParseCondition(Role::kCondition);
  ExpectStatement(Role::kThen);
  if (At(TokenKind::kSemicolon) && PeekIs(1, Keyword::kElse)) Take();
  if (TakeIf(Keyword::kElse)) ExpectStatement(Role::kElse);
  Finish(NodeKind::kIf, start, role);
}

void Parser::ParseWhile(Role role) {
  const Nesting nesting(*this);
  const Mark start = Here();
  Take();
  ParseCondition(Role::kCondition);
  ExpectStatement(Role::kBody);
  Finish(NodeKind::kWhile, start, role);
}

// -- Variables
// ---------------------------------------------------------------------------------------------------------

void Parser::ParseDeclare(Role role) {
  if (Peek(1).kind != TokenKind::kVariable) return ParseDeclareCursor(role);
  const Mark start = Here();
  Take();
  do {
    ParseDeclaration();
  } while (TakeIf(TokenKind::kComma));
  Finish(NodeKind::kDeclareStatement, start, role);
}

// @x [AS] type [= value]  |  @t [AS] TABLE ( ... )
void Parser::ParseDeclaration() {
  const Mark start = Here();
  if (Current().kind != TokenKind::kVariable) return Fail("a variable");
  Take(Role::kName);
  TakeIf(Keyword::kAs);
  if (TakeIf(Keyword::kTable)) {
    ParseTableElements();
    return Finish(NodeKind::kTableVariableDeclaration, start, Role::kItem);
  }
  ParseDataType(Role::kType);
  if (At(Keyword::kNot, Keyword::kNull)) {  // In natively compiled modules.
    TakeMany(2);
  } else {
    TakeIf(Keyword::kNull);
  }
  if (TakeIf(TokenKind::kEqual)) ParseExpression(Role::kValue);
  Finish(NodeKind::kVariableDeclaration, start, Role::kItem);
}

void Parser::ParseSet(Role role) {
  const Mark start = Here();
  Take();
  if (Current().kind == TokenKind::kVariable) return ParseSetVariable(start, role);
  ParseSetOption(start, role);
}

// @x = value | @x += value | @x.member = value | @x.method(...) | @c = CURSOR ...
void Parser::ParseSetVariable(Mark start, Role role) {
  if (PeekIs(1, TokenKind::kPeriod)) {
    ParsePrimary(Role::kTarget);
    if (AssignmentOperatorSize(0) == 0) return Finish(NodeKind::kSetVariable, start, role);
  } else if (PeekIs(1, TokenKind::kDoubleColon)) {
    Take(Role::kTarget);
    Take();
    ExpectAnyWord(Role::kMethod, "a member");
    if (At(TokenKind::kLeftParenthesis)) {
      ParseArguments();
      return Finish(NodeKind::kSetVariable, start, role);
    }
  } else {
    Take(Role::kTarget);
  }
  TakeAssignmentOperator();
  if (At(Keyword::kCursor)) {
    ParseCursorDefinition(Role::kValue);
  } else {
    ParseExpression(Role::kValue);
  }
  Finish(NodeKind::kSetVariable, start, role);
}

// -- Flow
// --------------------------------------------------------------------------------------------------------------

// Whether the token can begin an expression rather than the next statement.
bool Parser::AtExpression() {
  switch (Current().kind) {
    case TokenKind::kEnd:
    case TokenKind::kSemicolon:
    case TokenKind::kRightParenthesis:
    case TokenKind::kComma:
    case TokenKind::kEqual:
      return false;
    case TokenKind::kWord:
      break;
    default:
      return true;
  }
  if (!IsReserved(Current().keyword)) return !PeekIs(1, TokenKind::kColon);
  switch (Current().keyword) {
    case Keyword::kNull:
    case Keyword::kCase:
    case Keyword::kConvert:
    case Keyword::kTryConvert:
    case Keyword::kCoalesce:
    case Keyword::kNullif:
    case Keyword::kLeft:
    case Keyword::kRight:
    case Keyword::kUser:
    case Keyword::kCurrentDate:
    case Keyword::kCurrentTime:
    case Keyword::kCurrentTimestamp:
    case Keyword::kCurrentUser:
    case Keyword::kSessionUser:
    case Keyword::kSystemUser:
      return true;
    default:
      Expected("an expression");
      return false;
  }
}

void Parser::ParseReturn(Role role) {
  const Mark start = Here();
  Take();
  if (AtExpression()) ParseExpression(Role::kValue);
  Finish(NodeKind::kReturn, start, role);
}

void Parser::ParsePrint(Role role) {
  const Mark start = Here();
  Take();
  ParseExpression(Role::kValue);
  Finish(NodeKind::kPrint, start, role);
}

// RAISERROR ( message, severity, state [, argument]* ) [WITH option, ...]  |  RAISERROR number
// 'message', of old
void Parser::ParseRaiseError(Role role) {
  const Mark start = Here();
  Take();
  if (!TakeIf(TokenKind::kLeftParenthesis)) {
    if (Current().kind == TokenKind::kString || Current().kind == TokenKind::kNationalString) {
      return Fail("a number");
    }
    ParseLiteralOrVariable(Role::kArgument);
    if (!AtEnd() && AtExpression()) ParseLiteralOrVariable(Role::kArgument);
    return Finish(NodeKind::kRaiseError, start, role);
  }
  int arguments = 0;  // Message, severity and state at least.
  do {
    ParseExpression(Role::kArgument);
    ++arguments;
  } while (TakeIf(TokenKind::kComma));
  if (arguments < 3) return Fail("','");
  Expect(TokenKind::kRightParenthesis);
  if (At(Keyword::kWith)) {
    Take();
    do {
      const Mark option = Here();
      if (!At(Keyword::kLog) && !At(Keyword::kNowait) && !At(Keyword::kSeterror)) {
        return Fail("LOG, NOWAIT or SETERROR");
      }
      Take(Role::kName);
      Finish(NodeKind::kOption, option, Role::kOption);
    } while (TakeIf(TokenKind::kComma));
  }
  Finish(NodeKind::kRaiseError, start, role);
}

// THROW [number, message, state]
void Parser::ParseThrow(Role role) {
  const Mark start = Here();
  Take();
  if (Current().kind == TokenKind::kInteger || Current().kind == TokenKind::kVariable) {
    ParseLiteralOrVariable(Role::kArgument);
    Expect(TokenKind::kComma);
    ParseLiteralOrVariable(Role::kArgument);
    Expect(TokenKind::kComma);
    ParseLiteralOrVariable(Role::kArgument);
  }
  Finish(NodeKind::kThrow, start, role);
}

void Parser::ParseUse(Role role) {
  const Mark start = Here();
  Take();
  ExpectName(Role::kName, "a database");
  Finish(NodeKind::kUse, start, role);
}

void Parser::ParseGoto(Role role) {
  const Mark start = Here();
  Take();
  ExpectName(Role::kName, "a label");
  Finish(NodeKind::kGoto, start, role);
}

void Parser::ParseLabel(Role role) {
  const Mark start = Here();
  Take(Role::kName);
  Take();
  Finish(NodeKind::kLabel, start, role);
}

// WAITFOR DELAY 'time' | TIME 'time' | ( statement ) [, TIMEOUT n]
void Parser::ParseWaitFor(Role role) {
  const Nesting nesting(*this);
  const Mark start = Here();
  Take(Role::kVerb);
  if (At(Keyword::kDelay) || At(Keyword::kTime)) {
    Take(Role::kKind);
    ParseLiteralOrVariable(Role::kValue);
    return Finish(NodeKind::kCommand, start, role);
  }
  Expect(TokenKind::kLeftParenthesis);
  ExpectStatement(Role::kStatement);
  TakeIf(TokenKind::kSemicolon);
  Expect(TokenKind::kRightParenthesis);
  if (TakeIf(TokenKind::kComma)) {
    Expect(Keyword::kTimeout);
    ParseLiteralOrVariable(Role::kValue);
  }
  Finish(NodeKind::kCommand, start, role);
}

// -- Transactions
// ------------------------------------------------------------------------------------------------------

// [name | @variable | [-]number:name.name]: the last form is one that SQL Server makes for
// transactions of others.
void Parser::ParseTransactionName() {
  if (Current().kind == TokenKind::kVariable) return Take(Role::kName);
  const uint32_t sign = PeekIs(0, TokenKind::kMinus) ? 1 : 0;
  if (PeekIs(sign, TokenKind::kInteger) && PeekIs(sign + 1, TokenKind::kColon)) {
    TakeMany(static_cast<int>(sign) + 2, Role::kName);
    ExpectName(Role::kName);
    Expect(TokenKind::kPeriod);
    return ExpectName(Role::kName);
  }
  if (IsName(Current()) && !PeekIs(1, TokenKind::kColon) && !At(Keyword::kThrow)) {
    Take(Role::kName);
    // Names of imported transactions may be several parts: a.b:c-d ("BEGIN DISTRIBUTED
    // TRANSACTION").
    while (Current().kind == TokenKind::kPeriod) {
      Take();
      ExpectName(Role::kName);
    }
  }
}

void Parser::ParseBeginTransaction(Role role) {
  const Mark start = Here();
  Take(Role::kVerb);
  TakeIf(Keyword::kDistributed, Role::kVerb);
  if (!At(Keyword::kTran) && !At(Keyword::kTransaction)) return Fail("TRANSACTION");
  Take(Role::kVerb);
  ParseTransactionName();
  if (At(Keyword::kWith, Keyword::kMark)) {
    TakeMany(2);
    if (Current().kind == TokenKind::kString || Current().kind == TokenKind::kNationalString ||
        Current().kind == TokenKind::kVariable) {
      ParseLiteralOrVariable(Role::kValue);
    }
  }
  Finish(NodeKind::kCommand, start, role);
}

// COMMIT | ROLLBACK [TRANSACTION name | WORK] | SAVE TRANSACTION name
void Parser::ParseTransaction(Role role) {
  const Mark start = Here();
  const bool is_save = At(Keyword::kSave);
  Take(Role::kVerb);
  if (At(Keyword::kTran) || At(Keyword::kTransaction)) {
    Take(Role::kVerb);
    const Mark name = Here();
    ParseTransactionName();
    if (is_save && !AnySince(name)) return Fail("a savepoint");
  } else if (is_save) {
    return Fail("TRANSACTION");
  } else {
    TakeIf(Keyword::kWork, Role::kVerb);
  }
  if (At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParenthesis)) {
    TakeMany(2);
    const Mark option = Here();
    Expect(Keyword::kDelayedDurability, Role::kName);
    Expect(TokenKind::kEqual);
    TakeOnOrOff();
    Finish(NodeKind::kOption, option, Role::kOption);
    Expect(TokenKind::kRightParenthesis);
  }
  Finish(NodeKind::kCommand, start, role);
}

// -- Text pointers, contexts
// -------------------------------------------------------------------------------------------

// READTEXT c p o s [HOLDLOCK] | WRITETEXT [BULK] c p [TIMESTAMP = t] [WITH LOG] value | UPDATETEXT
// [BULK] c p [TIMESTAMP = t] o l [WITH LOG] [value | c p]
void Parser::ParseTextStatement(Role role) {
  const Mark start = Here();
  const Keyword verb = Current().keyword;
  Take(Role::kVerb);
  if (verb != Keyword::kReadtext) TakeIf(Keyword::kBulk);
  ParseName(Role::kName);
  ParseLiteralOrVariable(Role::kArgument);
  if (verb != Keyword::kReadtext && At(Keyword::kTimestamp)) {
    const Mark option = Here();
    Take(Role::kName);
    Expect(TokenKind::kEqual);
    ParseLiteralOrVariable(Role::kValue);
    Finish(NodeKind::kOption, option, Role::kOption);
  }
  if (verb != Keyword::kWritetext) {
    ParseLiteralOrVariable(Role::kArgument);
    ParseLiteralOrVariable(Role::kArgument);
  }
  if (verb == Keyword::kReadtext) {
    TakeIf(Keyword::kHoldlock);
    return Finish(NodeKind::kCommand, start, role);
  }
  if (At(Keyword::kWith, Keyword::kLog)) TakeMany(2);
  if (verb == Keyword::kUpdatetext && IsName(Current())) {
    ParseName(Role::kSource);
    ParseLiteralOrVariable(Role::kArgument);
  } else if (verb == Keyword::kWritetext || AtValue()) {
    ParseLiteralOrVariable(Role::kValue);
  }
  Finish(NodeKind::kCommand, start, role);
}

// REVERT [WITH COOKIE = @x]
void Parser::ParseRevert(Role role) {
  const Mark start = Here();
  Take(Role::kVerb);
  if (At(Keyword::kWith, Keyword::kCookie)) {
    TakeMany(2);
    Expect(TokenKind::kEqual);
    ParseLiteralOrVariable(Role::kValue);
  }
  Finish(NodeKind::kCommand, start, role);
}

}  // namespace datamigrate::tsql
