// INSERT, UPDATE, DELETE, MERGE, TRUNCATE TABLE.
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {

// At INSERT, UPDATE, DELETE, MERGE, SELECT, or the WITH before one of them.
bool Parser::ParseDmlStatement(Role role) {
  const Mark start = Here();
  switch (Current().keyword) {
    case Keyword::kSelect:
      ParseSelectStatement(role);
      return true;
    case Keyword::kWith:
      break;
    case Keyword::kUpdate:
      if (PeekIs(1, Keyword::kStatistics)) return false;
      [[fallthrough]];
    case Keyword::kInsert:
    case Keyword::kDelete:
    case Keyword::kMerge:
      ParseModification(start, role);
      return true;
    default:
      return false;
  }
  ParseWithClause(Role::kWith);
  switch (Current().keyword) {
    case Keyword::kInsert:
    case Keyword::kUpdate:
    case Keyword::kDelete:
    case Keyword::kMerge:
      ParseModification(start, role);
      return true;
    default:
      ParseQuery(Role::kQuery);
      if (At(Keyword::kOption)) ParseOptionClause(Role::kOption);
      Finish(NodeKind::kSelectStatement, start, role);
      return true;
  }
}

// The WITH clause, if any, is the child at `start`.
void Parser::ParseModification(Mark start, Role role) {
  switch (Current().keyword) {
    case Keyword::kInsert:
      return ParseInsert(start, role);
    case Keyword::kUpdate:
      return ParseUpdate(start, role);
    case Keyword::kDelete:
      return ParseDelete(start, role);
    default:
      return ParseMerge(start, role);
  }
}

void Parser::ParseValue(Role role) {
  if (Current().keyword == Keyword::kDefault) return ParseToken(NodeKind::kLiteral, role);
  ParseExpression(role);
}

// A table, a table variable or a rowset function, with hints and no alias. Where no list of columns
// can follow
// (`function_allowed`), a table function too, and hints without WITH.
void Parser::ParseDmlTarget(bool function_allowed) {
  const Mark start = Here();
  switch (Current().keyword) {
    case Keyword::kOpenrowset:
    case Keyword::kOpenquery:
    case Keyword::kOpendatasource:
      return ParseRowsetTarget();
    default:
      break;
  }
  const bool is_variable = Current().kind == TokenKind::kVariable;
  if (is_variable) {
    Take(Role::kValue);
  } else {
    ParseName(Role::kName);
  }
  if (function_allowed && Current().kind == TokenKind::kLeftParenthesis && !AtOldTableHints()) {
    ParseCallTail(start, Role::kCall);
    return Finish(NodeKind::kFunctionTable, start, Role::kTarget);
  }
  if (AtTableHints() || (function_allowed && AtOldTableHints())) ParseTableHints(Role::kHints);
  Finish(is_variable ? NodeKind::kVariableTable : NodeKind::kTableReference, start, Role::kTarget);
}

void Parser::ParseRowsetTarget() {
  const Mark start = Here();
  const Keyword function = Current().keyword;
  Take(Role::kFunction);
  Expect(TokenKind::kLeftParenthesis);
  if (function == Keyword::kOpenrowset) {
    ParseOpenRowset();
  } else {
    ParseRowsetArgument();
    Expect(TokenKind::kComma);
    ParseString(Role::kArgument);
  }
  Expect(TokenKind::kRightParenthesis);
  if (function == Keyword::kOpendatasource) {
    Expect(TokenKind::kPeriod);
    ParseName(Role::kName);
  }
  if (At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParenthesis)) ParseTableHints(Role::kHints);
  Finish(NodeKind::kRowsetTable, start, Role::kTarget);
}

// -- INSERT
// ------------------------------------------------------------------------------------------------------------

void Parser::ParseInsert(Mark start, Role role) {
  Take();
  if (At(Keyword::kBulk)) return ParseInsertBulk(start, role);
  if (At(Keyword::kTop)) ParseTop();
  TakeIf(Keyword::kInto);
  ParseDmlTarget(false);
  if (Current().kind == TokenKind::kLeftParenthesis && !AtQuery()) {
    ParseInsertColumns();
  }
  while (At(Keyword::kOutput)) ParseOutputClause();
  ParseInsertSource();
  if (At(Keyword::kOption)) ParseOptionClause(Role::kOption);
  Finish(NodeKind::kInsertStatement, start, role);
}

// ( column, ... ); a column may be qualified.
void Parser::ParseInsertColumns() {
  const Mark start = Here();
  Take();
  do {
    const Mark column = Here();
    TakeNamePart();
    while (TakeIf(TokenKind::kPeriod)) {
      if (Current().kind == TokenKind::kPeriod) continue;
      TakeNamePart();
    }
    Finish(NodeKind::kColumnName, column, Role::kItem);
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kColumnList, start, Role::kColumns);
}

void Parser::ParseInsertSource() {
  const Mark start = Here();
  if (At(Keyword::kValues)) return ParseValuesClause(Role::kSource);
  if (TakeIf(Keyword::kDefault)) {
    Expect(Keyword::kValues);
    return Finish(NodeKind::kDefaultValues, start, Role::kSource);
  }
  if (At(Keyword::kExec) || At(Keyword::kExecute)) return ParseExecute(Role::kSource);
  if (At(Keyword::kSelect) || At(TokenKind::kLeftParenthesis)) {
    return ParseQuery(Role::kSource);
  }
  Fail("VALUES, SELECT, EXECUTE or DEFAULT VALUES");
}

void Parser::ParseValuesClause(Role role) {
  const Mark start = Here();
  Expect(Keyword::kValues);
  do {
    ParseRow();
  } while (TakeIf(TokenKind::kComma));
  Finish(NodeKind::kValuesClause, start, role);
}

// INSERT BULK table ( column type, ... ) [WITH ( option, ... )]: what bulk clients send.
void Parser::ParseInsertBulk(Mark start, Role role) {
  Take(Role::kKind);
  ParseDmlTarget(false);
  if (At(TokenKind::kLeftParenthesis)) ParseRowsetSchema(Role::kSchema);
  if (TakeIf(Keyword::kWith)) {
    Expect(TokenKind::kLeftParenthesis);
    do {
      ParseRowsetOption();
    } while (TakeIf(TokenKind::kComma));
    Expect(TokenKind::kRightParenthesis);
  }
  Finish(NodeKind::kInsertStatement, start, role);
}

// -- UPDATE
// ------------------------------------------------------------------------------------------------------------

void Parser::ParseUpdate(Mark start, Role role) {
  Take();
  if (At(Keyword::kTop)) ParseTop();
  ParseDmlTarget(true);
  Expect(Keyword::kSet);
  ParseSetClauseList();
  while (At(Keyword::kOutput)) ParseOutputClause();
  if (At(Keyword::kFrom)) ParseFromClause(Role::kFrom);
  ParseWhereOrCurrentOf();
  if (At(Keyword::kOption)) ParseOptionClause(Role::kOption);
  Finish(NodeKind::kUpdateStatement, start, role);
}

void Parser::ParseSetClauseList() {
  do {
    ParseSetClause();
  } while (TakeIf(TokenKind::kComma));
}

// column = value | @v = value | @v = column = value | column.WRITE(...); any assignment operator in
// place of =
void Parser::ParseSetClause() {
  const Mark start = Here();
  if (Current().kind == TokenKind::kVariable) {
    ParseVariable(Role::kTarget);
    TakeAssignmentOperator();
    const bool names_column = IsName(Current()) && AssignmentOperatorSize(CountNameTokens()) > 0;
    if (!names_column) {
      ParseValue(Role::kValue);
      return Finish(NodeKind::kSetClause, start, Role::kSet);
    }
  }
  const Mark target = Here();
  TakeNamePart();
  TakeNameParts(8);
  if (Current().kind == TokenKind::kLeftParenthesis) {
    SplitLastPart(target);
    ParseArguments();
    Finish(NodeKind::kMethodCall, target, Role::kCall);
    return Finish(NodeKind::kSetClause, start, Role::kSet);
  }
  Finish(NodeKind::kName, target, Role::kName);
  Finish(NodeKind::kColumnReference, target, Role::kTarget);
  TakeAssignmentOperator();
  ParseValue(Role::kValue);
  Finish(NodeKind::kSetClause, start, Role::kSet);
}

// How many tokens the name at the cursor has.
uint32_t Parser::CountNameTokens() const {
  uint32_t ahead = 1;
  while (PeekIs(ahead, TokenKind::kPeriod) && ahead + 4 < kEndTokenCount) {
    ahead += IsName(Peek(ahead + 1)) ? 2 : 1;
  }
  return ahead;
}

void Parser::TakeAssignmentOperator() {
  const int size = AssignmentOperatorSize(0);
  if (size == 0) return Fail("'='");
  TakeMany(size, Role::kOperator);
}

// -- DELETE
// ------------------------------------------------------------------------------------------------------------

void Parser::ParseDelete(Mark start, Role role) {
  Take();
  if (At(Keyword::kTop)) ParseTop();
  TakeIf(Keyword::kFrom);
  ParseDmlTarget(true);
  while (At(Keyword::kOutput)) ParseOutputClause();
  if (At(Keyword::kFrom)) ParseFromClause(Role::kFrom);
  ParseWhereOrCurrentOf();
  if (At(Keyword::kOption)) ParseOptionClause(Role::kOption);
  Finish(NodeKind::kDeleteStatement, start, role);
}

void Parser::ParseWhereOrCurrentOf() {
  if (!TakeIf(Keyword::kWhere)) return;
  if (!At(Keyword::kCurrent, Keyword::kOf)) return ParseCondition(Role::kWhere);
  TakeMany(2);
  if (At(Keyword::kGlobal) && IsName(Peek(1))) Take();
  if (Current().kind == TokenKind::kVariable) return Take(Role::kCurrentOf);
  ExpectName(Role::kCurrentOf, "a cursor");
}

// -- MERGE
// -------------------------------------------------------------------------------------------------------------

void Parser::ParseMerge(Mark start, Role role) {
  Take();
  if (At(Keyword::kTop)) ParseTop();
  TakeIf(Keyword::kInto);
  ParseMergeTarget();
  Expect(Keyword::kUsing);
  ParseTableSource(Role::kUsing);
  Expect(Keyword::kOn);
  ParseCondition(Role::kCondition);
  if (!At(Keyword::kWhen)) return Fail("WHEN");
  while (At(Keyword::kWhen)) ParseMergeWhen();
  while (At(Keyword::kOutput)) ParseOutputClause();
  if (At(Keyword::kOption)) ParseOptionClause(Role::kOption);
  Finish(NodeKind::kMergeStatement, start, role);
}

// table [WITH ( hints )] [[AS] alias]
void Parser::ParseMergeTarget() {
  const Mark start = Here();
  const bool is_variable = Current().kind == TokenKind::kVariable;
  if (is_variable) {
    Take(Role::kValue);
  } else {
    ParseName(Role::kName);
  }
  if (At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParenthesis)) ParseTableHints(Role::kHints);
  ParseTableAlias(false);
  Finish(is_variable ? NodeKind::kVariableTable : NodeKind::kTableReference, start, Role::kTarget);
}

// WHEN MATCHED | WHEN NOT MATCHED [BY TARGET | BY SOURCE]  [AND condition] THEN action
void Parser::ParseMergeWhen() {
  const Mark start = Here();
  Take();
  bool inserts = TakeIf(Keyword::kNot, Role::kMatched);
  Expect(Keyword::kMatched, Role::kMatched);
  if (inserts && TakeIf(Keyword::kBy, Role::kMatched)) {
    inserts = !TakeIf(Keyword::kSource, Role::kMatched);
    if (inserts) Expect(Keyword::kTarget, Role::kMatched);
  }
  if (TakeIf(Keyword::kAnd)) ParseCondition(Role::kCondition);
  Expect(Keyword::kThen);
  ParseMergeAction(inserts);
  Finish(NodeKind::kMergeWhen, start, Role::kWhenClause);
}

// INSERT of what has no match in the target; UPDATE or DELETE of what is in it.
void Parser::ParseMergeAction(bool inserts) {
  const Mark start = Here();
  if (!inserts && TakeIf(Keyword::kDelete)) {
    return Finish(NodeKind::kMergeDelete, start, Role::kAction);
  }
  if (!inserts) {
    Expect(Keyword::kUpdate);
    Expect(Keyword::kSet);
    ParseSetClauseList();
    return Finish(NodeKind::kMergeUpdate, start, Role::kAction);
  }
  Expect(Keyword::kInsert);
  if (At(TokenKind::kLeftParenthesis)) ParseInsertColumns();
  const Mark source = Here();
  if (TakeIf(Keyword::kDefault)) {
    Expect(Keyword::kValues);
    Finish(NodeKind::kDefaultValues, source, Role::kSource);
  } else {
    ParseValuesClause(Role::kSource);
  }
  Finish(NodeKind::kMergeInsert, start, Role::kAction);
}

// -- OUTPUT, TRUNCATE
// --------------------------------------------------------------------------------------------------

// OUTPUT list [INTO target [( columns )]]
void Parser::ParseOutputClause() {
  const Mark start = Here();
  Take();
  ParseSelectList();
  if (TakeIf(Keyword::kInto)) {
    const Mark target = Here();
    const bool is_variable = Current().kind == TokenKind::kVariable;
    if (is_variable) {
      Take(Role::kValue);
    } else {
      ParseName(Role::kName);
    }
    Finish(is_variable ? NodeKind::kVariableTable : NodeKind::kTableReference, target, Role::kInto);
    if (At(TokenKind::kLeftParenthesis) && !AtQuery()) ParseColumnList(Role::kColumns);
  }
  Finish(NodeKind::kOutputClause, start, Role::kOutput);
}

// TRUNCATE TABLE t [WITH ( PARTITIONS ( 1, 3 TO 5 ) )]
void Parser::ParseTruncate(Role role) {
  const Mark start = Here();
  Take();
  Expect(Keyword::kTable);
  ParseName(Role::kName);
  if (At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParenthesis)) {
    TakeMany(2);
    const Mark option = Here();
    Expect(Keyword::kPartitions, Role::kName);
    ParsePartitionNumbers();
    Finish(NodeKind::kOption, option, Role::kOption);
    Expect(TokenKind::kRightParenthesis);
  }
  Finish(NodeKind::kTruncateTable, start, role);
}

// ( n, n TO n, ... )
void Parser::ParsePartitionNumbers() {
  Expect(TokenKind::kLeftParenthesis);
  do {
    ParseExpression(Role::kValue);
    if (TakeIf(Keyword::kTo)) ParseExpression(Role::kValue);
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
}

}  // namespace datamigrate::tsql
