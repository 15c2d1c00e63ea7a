// CREATE and ALTER of views, procedures, functions and triggers: the objects that hold statements.
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {

// At CREATE | CREATE OR ALTER | ALTER  VIEW | PROCEDURE | FUNCTION | TRIGGER: VIEW and so on; kNone
// at other statements.
Keyword Parser::ModuleKeyword() const {
  if (!PeekIs(0, Keyword::kCreate) && !PeekIs(0, Keyword::kAlter)) return Keyword::kNone;
  const bool or_alter =
      PeekIs(0, Keyword::kCreate) && PeekIs(1, Keyword::kOr) && PeekIs(2, Keyword::kAlter);
  uint32_t ahead = or_alter ? 3 : 1;
  if (PeekIs(ahead, Keyword::kMaterialized)) ++ahead;
  switch (Peek(ahead).keyword) {
    case Keyword::kView:
    case Keyword::kProc:
    case Keyword::kProcedure:
    case Keyword::kFunction:
    case Keyword::kTrigger:
      return Peek(ahead).keyword;
    default:
      return Keyword::kNone;
  }
}

// False when no module is defined here, with nothing taken.
bool Parser::ParseModule(Role role) {
  const Keyword kind = ModuleKeyword();
  if (kind == Keyword::kNone) return false;
  if (in_module_) {  // No module holds another.
    Fail("a statement");
    return true;
  }
  const Mark start = Here();
  if (At(Keyword::kAlter)) {
    Take(Role::kAlter);
  } else {
    Take();
    if (At(Keyword::kOr)) TakeMany(2, Role::kAlter);
  }
  TakeIf(Keyword::kMaterialized, Role::kKind);
  Expect(kind);
  if (kind == Keyword::kView) {
    ParseView(start, role);
  } else if (kind == Keyword::kFunction) {
    ParseFunction(start, role);
  } else if (kind == Keyword::kTrigger) {
    ParseTrigger(start, role);
  } else {
    ParseProcedure(start, role);
  }
  return true;
}

void Parser::ParseView(Mark start, Role role) {
  ParseName(Role::kName);
  if (At(TokenKind::kLeftParenthesis)) ParseColumnList(Role::kColumns);
  if (TakeIf(Keyword::kWith)) ParseViewOptions();
  if (At(Keyword::kRebuild) || At(Keyword::kDisable)) {  // ALTER MATERIALIZED VIEW
    Take(Role::kOption);
    return Finish(NodeKind::kCreateView, start, role);
  }
  Expect(Keyword::kAs);
  ParseSelectStatement(Role::kQuery);
  if (At(Keyword::kWith, Keyword::kCheck)) {
    Take();
    Take(Role::kCheckOption);
    Expect(Keyword::kOption);
  }
  Finish(NodeKind::kCreateView, start, role);
}

// ENCRYPTION, SCHEMABINDING, VIEW_METADATA; or, of materialized views, ( DISTRIBUTION = HASH(a),
// FOR_APPEND ).
void Parser::ParseViewOptions() {
  const bool in_parentheses = TakeIf(TokenKind::kLeftParenthesis);
  do {
    const Mark start = Here();
    if (in_parentheses) {
      ExpectAnyWord(Role::kName, "an option");
    } else if (At(Keyword::kEncryption) || At(Keyword::kSchemabinding) ||
               At(Keyword::kViewMetadata)) {
      Take(Role::kName);
    } else {
      return Fail("an option");
    }
    if (in_parentheses && TakeIf(TokenKind::kEqual)) {
      ExpectAnyWord(Role::kValue, "a distribution");
      if (At(TokenKind::kLeftParenthesis)) ParseColumnList(Role::kColumns);
    }
    Finish(NodeKind::kOption, start, Role::kOption);
  } while (TakeIf(TokenKind::kComma));
  if (in_parentheses) Expect(TokenKind::kRightParenthesis);
}

// name [; number] [parameters] [WITH options] [FOR REPLICATION] AS body
void Parser::ParseProcedure(Mark start, Role role) {
  ParseName(Role::kName);
  if (Current().kind == TokenKind::kSemicolon && PeekIs(1, TokenKind::kInteger)) {
    Take();
    Take(Role::kOption);
  }
  const bool in_parentheses = TakeIf(TokenKind::kLeftParenthesis);
  if (Current().kind == TokenKind::kVariable) ParseParameters();
  if (in_parentheses) Expect(TokenKind::kRightParenthesis);
  ParseModuleOptions();
  if (At(Keyword::kFor, Keyword::kReplication)) TakeMany(2, Role::kOption);
  Expect(Keyword::kAs);
  ParseModuleBody();
  Finish(NodeKind::kCreateProcedure, start, role);
}

void Parser::ParseParameters() {
  do {
    ParseParameter(Role::kParameter);
  } while (TakeIf(TokenKind::kComma));
}

// @name [AS] type [VARYING] [NULL | NOT NULL] [= default] [OUT | OUTPUT] [READONLY]
void Parser::ParseParameter(Role role) {
  const Mark start = Here();
  if (Current().kind != TokenKind::kVariable) return Fail("a parameter");
  Take(Role::kName);
  TakeIf(Keyword::kAs);
  ParseDataType(Role::kType);
  TakeIf(Keyword::kVarying, Role::kVarying);
  if (At(Keyword::kNot, Keyword::kNull)) {
    const Mark nullability = Here();
    Take(Role::kNegation);
    Take();
    Finish(NodeKind::kNullability, nullability, Role::kNullability);
  } else if (At(Keyword::kNull)) {
    const Mark nullability = Here();
    Take();
    Finish(NodeKind::kNullability, nullability, Role::kNullability);
  }
  if (TakeIf(TokenKind::kEqual)) ParseParameterDefault();
  while (true) {
    if (At(Keyword::kOut) || At(Keyword::kOutput)) {
      Take(Role::kOutput);
    } else if (At(Keyword::kReadonly)) {
      Take(Role::kReadOnly);
    } else {
      break;
    }
  }
  Finish(NodeKind::kParameter, start, role);
}

// A constant, or a word, which is taken as a string.
void Parser::ParseParameterDefault() {
  if (IsName(Current()) && Current().kind != TokenKind::kSqlcmdVariable) {
    return ParseToken(NodeKind::kLiteral, Role::kValue);
  }
  if (Current().kind == TokenKind::kSystemVariable) return ParseVariable(Role::kValue);
  if (Current().kind == TokenKind::kLeftBrace) return ParseOdbcEscape(Role::kValue);
  ParseSignedLiteral(Role::kValue);
}

// WITH option, ...
void Parser::ParseModuleOptions() {
  if (!TakeIf(Keyword::kWith)) return;
  do {
    ParseModuleOption();
  } while (TakeIf(TokenKind::kComma));
}

void Parser::ParseModuleOption() {
  if (At(Keyword::kExec) || At(Keyword::kExecute)) return ParseExecuteAsOption(Role::kOption);
  const Mark start = Here();
  if (At(Keyword::kReturns) || At(Keyword::kCalled)) {  // RETURNS NULL | CALLED  ON NULL INPUT
    const bool returns = At(Keyword::kReturns);
    Take(Role::kName);
    if (returns) Expect(Keyword::kNull, Role::kName);
    Expect(Keyword::kOn, Role::kName);
    Expect(Keyword::kNull, Role::kName);
    Expect(Keyword::kInput, Role::kName);
  } else if (At(Keyword::kInline)) {
    Take(Role::kName);
    Expect(TokenKind::kEqual);
    TakeOnOrOff();
  } else if (At(Keyword::kEncryption) || At(Keyword::kSchemabinding) || At(Keyword::kRecompile) ||
             At(Keyword::kNativeCompilation)) {
    Take(Role::kName);
  } else {
    return Fail("an option");
  }
  Finish(NodeKind::kOption, start, Role::kOption);
}

// EXTERNAL NAME assembly.class.method
bool Parser::ParseExternalName() {
  if (!At(Keyword::kExternal)) return false;
  Take();
  Expect(Keyword::kName);
  const Mark start = Here();  // assembly.class.method
  ExpectName(Role::kPart);
  for (int i = 0; i < 2; ++i) {
    Expect(TokenKind::kPeriod);
    ExpectName(Role::kPart);
  }
  Finish(NodeKind::kName, start, Role::kExternal);
  return true;
}

// All statements up to the end of the batch.
void Parser::ParseModuleBody() {
  if (ParseExternalName()) return;
  in_module_ = true;
  ParseStatementList(Role::kStatement);
  in_module_ = false;
}

// -- Functions
// ---------------------------------------------------------------------------------------------------------

// name ( parameters ) RETURNS type | TABLE | @t TABLE ( ... )  [WITH options] [AS] body
void Parser::ParseFunction(Mark start, Role role) {
  ParseName(Role::kName);
  Expect(TokenKind::kLeftParenthesis);
  if (Current().kind == TokenKind::kVariable) ParseParameters();
  Expect(TokenKind::kRightParenthesis);
  Expect(Keyword::kReturns);
  const bool is_inline = At(Keyword::kTable) && !PeekIs(1, TokenKind::kLeftParenthesis);
  ParseReturns();
  ParseModuleOptions();
  if (At(Keyword::kOrder)) ParseClrOrder();
  TakeIf(Keyword::kAs);
  if (ParseExternalName()) {
    // The body is in an assembly.
  } else if (is_inline) {
    ParseInlineBody();
  } else {
    ParseBlock(Role::kBody);
  }
  Finish(NodeKind::kCreateFunction, start, role);
}

void Parser::ParseReturns() {
  const Mark start = Here();
  if (Current().kind == TokenKind::kVariable) {
    Take(Role::kName);
    TakeIf(Keyword::kAs);
    Expect(Keyword::kTable);
    ParseTableElements();
    return Finish(NodeKind::kTableReturn, start, Role::kReturns);
  }
  if (!At(Keyword::kTable)) {
    ParseDataType(Role::kReturns);
    if (At(Keyword::kNot, Keyword::kNull)) {
      TakeMany(2);
    } else {
      TakeIf(Keyword::kNull);
    }
    return;
  }
  Take();
  if (!At(TokenKind::kLeftParenthesis)) {
    return Finish(NodeKind::kInlineReturn, start, Role::kReturns);
  }
  ParseTableElements();  // Of an assembly's function.
  Finish(NodeKind::kTableReturn, start, Role::kReturns);
}

// ORDER ( column [ASC | DESC], ... ), of an assembly's function.
void Parser::ParseClrOrder() {
  const Mark start = Here();
  Take(Role::kName);
  Expect(TokenKind::kLeftParenthesis);
  do {
    const Mark column = Here();
    ExpectName(Role::kName);
    if (At(Keyword::kAsc) || At(Keyword::kDesc)) Take(Role::kDirection);
    Finish(NodeKind::kIndexColumn, column, Role::kItem);
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kOption, start, Role::kOption);
}

// RETURN query | RETURN ( query ), any number of parentheses around [WITH ...] query
void Parser::ParseInlineBody() {
  Expect(Keyword::kReturn);
  uint32_t parentheses = 0;
  while (PeekIs(parentheses, TokenKind::kLeftParenthesis) && parentheses + 1 < kEndTokenCount) {
    ++parentheses;
  }
  // Parentheses belong to RETURN when WITH is inside; else they are part of the query.
  if (!PeekIs(parentheses, Keyword::kWith)) {
    return ParseSelectStatement(Role::kQuery);
  }
  TakeMany(static_cast<int>(parentheses));
  ParseSelectStatement(Role::kQuery);
  for (uint32_t i = 0; i < parentheses; ++i) Expect(TokenKind::kRightParenthesis);
}

// -- Triggers
// ----------------------------------------------------------------------------------------------------------

// name ON table | DATABASE | ALL SERVER  [WITH options] FOR | AFTER | INSTEAD OF  events [NOT FOR
// REPLICATION] AS body
void Parser::ParseTrigger(Mark start, Role role) {
  ParseName(Role::kName);
  Expect(Keyword::kOn);
  const bool is_of_table = !At(Keyword::kDatabase) && !At(Keyword::kAll);
  if (is_of_table) {
    ParseName(Role::kOn);
  } else if (TakeIf(Keyword::kAll, Role::kOn)) {
    Expect(Keyword::kServer, Role::kOn);
  } else {
    Take(Role::kOn);
  }
  ParseModuleOptions();
  if (At(Keyword::kInstead)) {
    Take(Role::kTiming);
    Expect(Keyword::kOf, Role::kTiming);
  } else {
    if (!TakeIf(Keyword::kAfter, Role::kTiming)) Expect(Keyword::kFor, Role::kTiming);
  }
  ParseTriggerEvents(is_of_table);
  Expect(Keyword::kAs);
  ParseModuleBody();
  Finish(NodeKind::kCreateTrigger, start, role);
}

// Of a table: INSERT, UPDATE, DELETE; else events of definitions, of which there are hundreds.
void Parser::ParseTriggerEvents(bool is_of_table) {
  do {
    const bool changes_rows = At(Keyword::kInsert) || At(Keyword::kUpdate) || At(Keyword::kDelete);
    if (is_of_table != changes_rows || Current().kind != TokenKind::kWord) {
      return Fail(is_of_table ? "INSERT, UPDATE or DELETE" : "an event");
    }
    Take(Role::kEvent);
  } while (TakeIf(TokenKind::kComma));
  if (At(Keyword::kWith, Keyword::kAppend)) TakeMany(2, Role::kOption);
  if (At(Keyword::kNot, Keyword::kFor)) {
    TakeMany(2, Role::kOption);
    Expect(Keyword::kReplication, Role::kOption);
  }
}

}  // namespace datamigrate::tsql
