// The recursive-descent parser, one family of statements a file: parse_expression.cc,
// parse_query.cc, ... Only the parser's own files include this; others include parser.h.
//
// Methods "ParseX(role)" demand an X at the cursor and make it a child in `role`, or fail (see
// parser_core.h). Methods that return bool return false, with nothing taken, when no X begins at
// the cursor.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "agent_engine/tsql/parser/parser.h"
#include "agent_engine/tsql/parser/parser_core.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::tsql {

class Parser : public ParserCore {
 public:
  // Lexes nothing itself: `lexed` is the result for `text`, which must outlive the results; `sink`
  // the parser.
  Parser(std::string_view text, LexResult lexed, int max_depth, diagnostics::DiagnosticSink& sink)
      : ParserCore(text, std::move(lexed), max_depth), sink_(&sink) {}

  // Each once, and one of them.
  ParseResult RunBatch();
  ParseResult RunExpression(bool is_condition);

  // -- parse_name.cc: names and types
  // ----------------------------------------------------------------------------------

  // kName: a  a.b  a..b  s.d..t; at most `max_parts` parts.
  void ParseName(Role role, int max_parts = 4);
  // kColumnName: one part, also a pseudo column ($node_id).
  void ParseColumnName(Role role);
  // kColumnList: (a, b).
  void ParseColumnList(Role role);
  // kDataType: int  decimal(10, 2)  dbo.t  double precision  xml(CONTENT dbo.c)  varchar(max)
  void ParseDataType(Role role);
  // One token that names the thing declared or an alias, which may be a string: AS 'x'.
  void ExpectAlias(Role role);

  // -- parse_expression.cc
  // ---------------------------------------------------------------------------------------------

  // A scalar expression.
  void ParseExpression(Role role);
  // A search condition.
  void ParseCondition(Role role);
  // Either of both.
  void ParseAnyExpression(Role role);
  // kLiteral of a number, a string, NULL or DEFAULT; a sign before a number makes it kUnary.
  void ParseSignedLiteral(Role role);
  // kLiteral, or kVariableReference.
  void ParseLiteralOrVariable(Role role);
  // kLiteral of one string token.
  void ParseString(Role role);
  // kExpressionList of expressions, without parentheses.
  void ParseExpressionList(Role role);
  // kVariableReference.
  void ParseVariable(Role role);
  // An expression, or kLiteral of DEFAULT.
  void ParseValue(Role role);
  // kFunctionCall with a name of any number of parts and its arguments in parentheses.
  void ParseFunctionCall(Role role);

  // -- parse_query.cc, parse_table_source.cc
  // ---------------------------------------------------------------------------

  // Whether a query begins here: SELECT, or parentheses around one.
  bool AtQuery();
  // kQuery, without WITH and OPTION.
  void ParseQuery(Role role);
  // kSelectStatement: [WITH ...] query [OPTION (...)]; what a view, a cursor or a CTAS holds.
  void ParseSelectStatement(Role role);
  // kOrderBy, at ORDER.
  void ParseOrderBy(Role role);
  // kFromClause, at FROM.
  void ParseFromClause(Role role);
  // One table source with its joins.
  void ParseTableSource(Role role);
  // kTableHints, at WITH or at "(" of the old form.
  void ParseTableHints(Role role);
  // kOptionClause, at OPTION.
  void ParseOptionClause(Role role);
  // kWithClause, at WITH.
  void ParseWithClause(Role role);
  // kValuesClause, at VALUES.
  void ParseValuesClause(Role role);
  // kRowsetSchema, at "(": columns of WITH (...) of OPENJSON, OPENXML and OPENROWSET.
  void ParseRowsetSchema(Role role);

  // -- parse_procedural.cc, parse_dml.cc, parse_module.cc
  // --------------------------------------------------------------

  // One statement without the semicolon behind it; false when none begins here.
  bool ParseStatement(Role role);
  // Statements with their semicolons, each in `role`, up to END or the end. Reports and leaves out
  // what cannot be parsed.
  void ParseStatementList(Role role);
  // Demands a statement.
  void ExpectStatement(Role role);
  // kExecuteStatement, at EXEC or EXECUTE.
  void ParseExecute(Role role);
  // kParameter: @name type ...
  void ParseParameter(Role role);
  // EXECUTE AS CALLER | SELF | OWNER | 'user' as kOption, at EXEC or EXECUTE.
  void ParseExecuteAsOption(Role role);

  // -- parse_ddl*.cc
  // ---------------------------------------------------------------------------------------------------

  // CREATE, ALTER, DROP and the like of tables, indexes, types, ...; false: not such a statement,
  // nothing taken.
  bool ParseDdlStatement(Role role);
  // ( element, ... ): columns, constraints, indexes, each in Role::kElement of the node under
  // construction, parentheses included.
  void ParseTableElements();

  // -- parse_command.cc
  // ------------------------------------------------------------------------------------------------

  // Every other statement; false: none begins here, nothing taken.
  bool ParseCommandStatement(Role role);

 private:
  // -- parse_name.cc
  void TakeNamePart();
  // More periods and parts, up to `max_parts`; stops before ".*".
  void TakeNameParts(int max_parts);
  void TakeTypeWords();
  void ParseTypeParameters(bool is_xml);

  // -- parse_expression.cc. "Tail" methods go on from an operand that is already the child at
  // `start`.
  void ParseMultiplicative(Role role);
  void ParseMultiplicativeTail(Mark start, Role role);
  void ParseAdditiveTail(Mark start, Role role);
  void ParseAdditive(Role role);
  int AdditiveOperatorSize() const;
  void ParseUnary(Role role);
  void ParsePrimary(Role role);
  void ParsePhysicalColumn(Role role);
  void ParsePostfix(Mark start, Role role);
  void ParsePostfixPart(Mark start, Role role);
  void ParseToken(NodeKind kind, Role role);
  void ParseWordPrimary(Role role);
  bool ParseKeywordPrimary(Role role);
  void ParseNamedPrimary(Role role);
  void ParseTypeMember(Mark start, Role role);
  // In parentheses; returns whether it is a condition, which only `condition_allowed` lets it be.
  bool ParseParenthesized(Role role, bool condition_allowed);
  // Makes the scalar sub-query at `start` the body of a query, where UNION or the like goes on
  // behind it.
  bool ConvertToQueryBody(Mark start);
  void WrapInQuery(uint32_t outer);
  void ParsePrimaryOfZone();
  bool SplitMethod(Mark start);
  void SplitLastPart(Mark start);
  void ParseCase(Role role);
  void ParseWhenClause(bool is_searched);
  void CountLink(int& links);

  // -- parse_condition.cc. Methods that return bool return whether a condition was read; without
  // `scalar_allowed` it is one.
  bool ParseOr(Role role, bool scalar_allowed);
  bool ParseAnd(Role role, bool scalar_allowed);
  bool ParseNot(Role role, bool scalar_allowed);
  bool ParsePredicate(Role role, bool scalar_allowed);
  bool ParsePredicateTail(Mark start, Role role, bool scalar_allowed);
  bool ParseLeadingPredicate(Role role);
  bool ParseNegatablePredicate(Mark start, Role role);
  void ParseComparison(Mark start, Role role);
  void TakeComparisonOperator();
  void ParseIs(Mark start, Role role);
  void ParseIn(Mark start, Role role);
  void ParseLike(Mark start, Role role);
  void ParseBetween(Mark start, Role role);
  void ParseExists(Role role);
  void ParseFullTextPredicate(Role role);
  void ParseFullTextColumns();
  void ParseMatchPredicate(Role role);
  void ParseMatchPath();
  void ParseMatchNode();
  bool ParseMatchEdge();
  void ParseShortestPath();
  void ParseShortestPathPattern();

  // -- parse_function.cc
  // From the name, which is the child at `start`, on.
  void ParseCallTail(Mark start, Role role);
  void ParseArguments();
  void ParseArgument();
  void ParseNamedArgument();
  void ParseArgumentOptions();
  void ParseCallSuffix();
  void ParseOver();
  void ParseOverBody();
  void ParseWindowFrame();
  void ParseFrameBound(Role role);
  void ParseCast(Role role);
  void ParseConvert(Role role);
  void ParseParse(Role role);
  void ParseTrim(Role role);
  void ParseConditionalCall(Role role);
  void ParseNullCall(Role role);
  void ParseIdentityCall(Role role);
  void ParseNiladicCall(Role role);
  void ParseNextValueFor(Role role);
  void ParseOdbcEscape(Role role);
  void ParseOdbcFunction();
  void ParseCallByKeyword(Role role);

  // -- parse_query.cc
  bool AtSetOperator();
  // From the query's body, which is the child at `start`, on.
  void ParseQueryTail(Mark start, Role role);
  void ParseQueryEnd();
  uint32_t ParseSetOperations(Mark start, bool only_intersect, bool is_nested);
  uint32_t ParseQueryPrimary(Role role, bool is_nested);
  void FinishBefore(NodeKind kind, Mark start, Role role, uint32_t trailing);
  void ParseQuerySpecification(Role role);
  void ParseTop();
  void ParseSelectList();
  void ParseSelectItem();
  bool AtAssignment();
  int AssignmentOperatorSize(uint32_t ahead) const;
  bool AtQualifiedStar() const;
  void ParseStar();
  bool AtBareAlias();
  void ParseInto();
  void ParseGroupBy();
  bool AtGroupByEnd(Mark start);
  void ParseGroupingItem(bool in_set);
  void ParseGroupingFunction(NodeKind kind);
  void ParseGroupingParentheses(bool in_set);
  void ParseWindowClause();
  bool AtOffsetFetch();
  bool AtApproximate(uint32_t ahead) const;
  void ParseOffsetFetch();
  void ParseForClause();
  void ParseForOption();
  void ParseForOptionValue(Role role);
  void ParseCompute();
  void ParseCommonTableExpression();
  void ParseXmlNamespaces();
  void ParseHint(Role role);
  void ParseHintNumber();
  void ParseHintArguments();
  void ParseWordLiteral(Role role);
  void ParseTableHintOfQuery();

  // -- parse_table_source.cc
  void ParseJoins(Mark start, Role role);
  void ParseJoin(Mark start, Role role);
  bool AtJoin();
  void TakeJoinHint();
  bool ParseTablePrimary(Role role, bool bare_query_allowed);
  bool ParseTableInParentheses(Role role, bool bare_query_allowed);
  bool FinishQueryTable(Mark start, Role role, bool bare_query_allowed);
  void ParseDerivedTableTail(Mark start, Role role);
  void ParseValuesTable(Mark start, Role role);
  void ParseRow();
  void ParseVariableTable(Role role);
  void ParseNamedTable(Role role);
  void ParseTableReferenceTail(Mark start, Role role);
  void ParseFunctionTableTail(Mark start, Role role);
  void ParseTableAlias(bool columns_allowed);
  bool AtTableAlias();
  bool AtOldTableHints();
  uint32_t CountPeriods(Mark start) const;
  bool AtIndexNumber() const;
  bool AtTableHints();
  void ParseTableHint();
  void ParseIndexOfHint();
  void ParsePointInTime();
  void ParseForSystemTime();
  void ParseTableSample();
  void ParseOdbcJoin(Role role);
  void ParsePivot(Mark start, Role role);
  void ParseUnpivot(Mark start, Role role);
  void ParsePivotColumns();

  // -- parse_rowset.cc
  void ParseRowsetFunction(Role role);
  void ParseOpenRowset();
  void ParseBulkRowset();
  void ParseRowsetOption();
  void ParseRowsetArgument();
  void ParseRowsetColumn();
  void TakeNullability();
  void ParseOpenXml(Role role);
  void ParseChangeTable(Role role);
  void ParseFullTextTable(Role role);
  void ParsePredict(Role role);

  // -- parse_dml.cc
  void ParseModification(Mark start, Role role);
  void ParseDmlTarget(bool function_allowed);
  void ParseRowsetTarget();
  void ParseMergeTarget();
  void ParseInsertBulk(Mark start, Role role);
  uint32_t CountNameTokens() const;
  void TakeAssignmentOperator();
  void ParseInsert(Mark start, Role role);
  void ParseInsertSource();
  void ParseInsertColumns();
  void ParseUpdate(Mark start, Role role);
  void ParseSetClause();
  void ParseSetClauseList();
  void ParseDelete(Mark start, Role role);
  void ParseWhereOrCurrentOf();
  void ParseMerge(Mark start, Role role);
  void ParseMergeWhen();
  void ParseMergeAction(bool inserts);
  void ParseOutputClause();
  void ParseTruncate(Role role);
  void ParsePartitionNumbers();
  bool ParseDmlStatement(Role role);

  // -- parse_batch.cc
  bool ParseFirstStatement(Role role);
  bool AtStatementListEnd();
  void Recover(const Checkpoint& start, Role role);
  void SkipToStatement(const Token* from, const Token* error);
  bool IsBoundary(const Token* token, const Token* error, bool in_parentheses) const;
  void Report(const Checkpoint& start, Role role);
  void NoteExpected(const Checkpoint& start, const Token* error, Role role);
  ParseResult TakeResult();

  // -- parse_procedural.cc
  bool ParseProceduralStatement(Role role);
  void ParseVerb(Role role);
  bool ParseBegin(Role role);
  void ParseAtomicOptions();
  void ParseBlock(Role role);
  void ParseBlockBody();
  void ParseTryCatch(Role role);
  void ParseTryBlock(Keyword keyword, Role role);
  void ParseIf(Role role);
  void ParseWhile(Role role);
  void ParseDeclare(Role role);
  void ParseDeclaration();
  void ParseSet(Role role);
  void ParseSetVariable(Mark start, Role role);
  void ParseSetOption(Mark start, Role role);
  void ParsePlainSetOptions();
  void ParseSwitches(std::span<const std::string_view> names);
  void ParseSetting();
  void ParseIsolationLevel();
  void TakeOnOrOff();
  void ParseReturn(Role role);
  bool AtExpression();
  void ParsePrint(Role role);
  void ParseRaiseError(Role role);
  void ParseThrow(Role role);
  void ParseUse(Role role);
  void ParseGoto(Role role);
  void ParseLabel(Role role);
  void ParseWaitFor(Role role);
  void ParseTransactionName();
  void ParseTransaction(Role role);
  void ParseBeginTransaction(Role role);
  void ParseTextStatement(Role role);
  void ParseRevert(Role role);

  // -- parse_cursor.cc
  bool AtCursorStatement();
  void ParseDeclareCursor(Role role);
  void ParseCursorDefinition(Role role);
  void ParseCursorOptions();
  void ParseCursorQuery();
  void ParseCursorName();
  void ParseCursorStatement(Role role);
  void ParseFetch(Role role);

  // -- parse_execute.cc
  void ParseExecuteAs(Role role);
  void ParseExecuteText();
  void ParseProcedureName(Role role);
  void ParseRemoteProcedureName();
  void ParseExecuteArguments();
  bool AtExecuteArgument();
  bool AtValue();
  void ParseExecuteArgument();
  void ParseExecuteOptions();
  void ParseResultSets();
  void ParseResultSet();
  void ParseBareExecute(Role role);

  // -- parse_module.cc
  Keyword ModuleKeyword() const;
  bool ParseModule(Role role);
  void ParseView(Mark start, Role role);
  void ParseProcedure(Mark start, Role role);
  void ParseFunction(Mark start, Role role);
  void ParseTrigger(Mark start, Role role);
  void ParseParameters();
  void ParseViewOptions();
  void ParseParameterDefault();
  void ParseClrOrder();
  void ParseModuleOptions();
  void ParseModuleOption();
  void ParseModuleBody();
  bool ParseExternalName();
  void ParseReturns();
  void ParseInlineBody();
  void ParseTriggerEvents(bool is_of_table);

  diagnostics::DiagnosticSink* sink_;
  int block_depth_ = 0;     // Blocks around the current statement: END ends their lists.
  bool in_module_ = false;  // In the body of a procedure or trigger.
  int unsupported_ = 0;
  bool has_errors_ = false;
  bool is_replaying_ = false;               // A failed statement is parsed again for its message.
  void (Parser::*replay_)(Role) = nullptr;  // What is parsed again; null: a statement.
  int64_t replay_budget_ = end_ - begin_ + 1;  // Tokens that may still be parsed again.
  const Token* reported_ = nullptr;            // The furthest place of an error reported.
};

}  // namespace datamigrate::tsql
