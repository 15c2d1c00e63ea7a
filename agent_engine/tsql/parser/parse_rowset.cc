// Rowset functions in FROM: OPENROWSET and its kin, OPENXML, CHANGETABLE, full-text tables,
// PREDICT.
#include <algorithm>

#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {
namespace {

// Options of "OPENROWSET (Transact-SQL)" and of INSERT BULK ("BULK INSERT (Transact-SQL)").
constexpr std::string_view kRowsetOptions[] = {"ALLOW_ENCRYPTED_VALUE_MODIFICATIONS",
                                               "CHECK_CONSTRAINTS",
                                               "CODEPAGE",
                                               "CONNECTION",
                                               "CREDENTIAL",
                                               "DATAFILETYPE",
                                               "DATASOURCE",
                                               "DATA_COMPRESSION",
                                               "DATA_SOURCE",
                                               "DATE_FORMAT",
                                               "ERRORFILE",
                                               "ERRORFILE_DATA_SOURCE",
                                               "ERRORFILE_LOCATION",
                                               "ESCAPECHAR",
                                               "ESCAPE_CHAR",
                                               "FIELDQUOTE",
                                               "FIELDTERMINATOR",
                                               "FIRE_TRIGGERS",
                                               "FIRSTROW",
                                               "FORMAT",
                                               "FORMATFILE",
                                               "FORMATFILE_DATASOURCE",
                                               "FORMATFILE_DATA_SOURCE",
                                               "HEADER_ROW",
                                               "INCLUDE_HIDDEN",
                                               "KEEPIDENTITY",
                                               "KEEPNULLS",
                                               "KEEP_NULLS",
                                               "KILOBYTES_PER_BATCH",
                                               "LASTROW",
                                               "MAXERRORS",
                                               "NO_TRIGGERS",
                                               "OBJECT",
                                               "PARSER_VERSION",
                                               "PROVIDER",
                                               "RESUMABLE",
                                               "ROWSET_OPTIONS",
                                               "ROWS_PER_BATCH",
                                               "ROWTERMINATOR",
                                               "SERVER_CREDENTIAL",
                                               "SINGLE_BLOB",
                                               "SINGLE_CLOB",
                                               "SINGLE_NCLOB",
                                               "TABLOCK"};

bool IsRowsetOption(std::string_view word) {
  return std::ranges::any_of(
      kRowsetOptions, [&](std::string_view option) { return EqualsIgnoringCase(word, option); });
}

}  // namespace

// ( name type ['path' | ordinal] [AS JSON], ... )
void Parser::ParseRowsetSchema(Role role) {
  const Mark start = Here();
  Expect(TokenKind::kLeftParenthesis);
  do {
    ParseRowsetColumn();
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
  Finish(NodeKind::kRowsetSchema, start, role);
}

void Parser::ParseRowsetColumn() {
  const Mark start = Here();
  const bool is_timestamp = At(Keyword::kTimestamp);
  ExpectName(Role::kName);
  // A column of INSERT BULK named timestamp needs no type, as in CREATE TABLE.
  if (is_timestamp && !IsName(Current())) {
    TakeNullability();
    return Finish(NodeKind::kRowsetColumn, start, Role::kItem);
  }
  ParseDataType(Role::kType);
  if (TakeIf(Keyword::kCollate)) ExpectName(Role::kCollation, "a collation");
  if (Current().kind == TokenKind::kString || Current().kind == TokenKind::kNationalString ||
      Current().kind == TokenKind::kInteger) {
    Take(Role::kPath);
  }
  TakeNullability();
  if (TakeIf(Keyword::kAs)) Expect(Keyword::kJson, Role::kAsJson);
  Finish(NodeKind::kRowsetColumn, start, Role::kItem);
}

// [NOT] NULL
void Parser::TakeNullability() {
  if (At(Keyword::kNot, Keyword::kNull)) return TakeMany(2);
  TakeIf(Keyword::kNull);
}

// OPENROWSET(...), OPENQUERY(server, 'query'), OPENDATASOURCE(...).a.b.c, with schema and alias.
void Parser::ParseRowsetFunction(Role role) {
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
  if (At(Keyword::kWith) && PeekIs(1, TokenKind::kLeftParenthesis)) {
    Take();
    ParseRowsetSchema(Role::kSchema);
  }
  ParseTableAlias(true);
  Finish(NodeKind::kRowsetTable, start, role);
}

// A string, a variable, or the name of a server or an object.
void Parser::ParseRowsetArgument() {
  if (IsName(Current())) return ParseName(Role::kArgument);
  ParseLiteralOrVariable(Role::kArgument);
}

void Parser::ParseOpenRowset() {
  if (At(Keyword::kBulk)) return ParseBulkRowset();
  if (IsName(Current()) && PeekIs(1, TokenKind::kEqual)) {  // PROVIDER = 'CosmosDB', ...
    do {
      ParseRowsetOption();
    } while (TakeIf(TokenKind::kComma));
    return;
  }
  const bool is_internal = IsName(Current());
  ParseRowsetArgument();
  if (is_internal) {  // OPENROWSET ( name, 1, 2 ): what system views are made of.
    while (TakeIf(TokenKind::kComma)) ParseSignedLiteral(Role::kArgument);
    return;
  }
  Expect(TokenKind::kComma);
  ParseString(Role::kArgument);  // The connection, or 'source';'user';'password'.
  if (Current().kind == TokenKind::kSemicolon) {
    for (int i = 0; i < 2; ++i) {  // User and password may be left out, the semicolons not.
      Expect(TokenKind::kSemicolon);
      if (Current().kind == TokenKind::kString || Current().kind == TokenKind::kNationalString) {
        ParseString(Role::kArgument);
      }
    }
  }
  if (TakeIf(TokenKind::kComma)) ParseRowsetArgument();
}

// BULK 'file' | BULK ('file', ...), option, ...
void Parser::ParseBulkRowset() {
  Take();
  if (TakeIf(TokenKind::kLeftParenthesis)) {
    do {
      ParseString(Role::kArgument);
    } while (TakeIf(TokenKind::kComma) && Current().kind != TokenKind::kRightParenthesis);
    Expect(TokenKind::kRightParenthesis);
  } else {
    ParseLiteralOrVariable(Role::kArgument);
  }
  while (TakeIf(TokenKind::kComma)) ParseRowsetOption();
}

// NAME | NAME = value | ORDER ( column [ASC | DESC], ... ) [UNIQUE]
void Parser::ParseRowsetOption() {
  const Mark start = Here();
  const bool is_order = At(Keyword::kOrder);
  ExpectedWords(kRowsetOptions);
  if (!is_order && !IsRowsetOption(TextOf(Current()))) return Fail("an option");
  Take(Role::kName);
  if (is_order) {
    Expect(TokenKind::kLeftParenthesis);
    do {
      const Mark column = Here();
      ExpectName(Role::kName);
      if (At(Keyword::kAsc) || At(Keyword::kDesc)) Take(Role::kDirection);
      Finish(NodeKind::kIndexColumn, column, Role::kItem);
    } while (TakeIf(TokenKind::kComma));
    Expect(TokenKind::kRightParenthesis);
    TakeIf(Keyword::kUnique);
  } else if (TakeIf(TokenKind::kEqual)) {
    if (Current().kind == TokenKind::kWord) {
      ParseWordLiteral(Role::kValue);
    } else {
      ParseLiteralOrVariable(Role::kValue);
    }
  }
  Finish(NodeKind::kOption, start, Role::kOption);
}

// OPENXML ( @document, path [, flags] ) [WITH ( schema ) | WITH table]
void Parser::ParseOpenXml(Role role) {
  const Mark start = Here();
  ParseCallByKeyword(Role::kCall);
  if (At(Keyword::kWith) && !PeekIs(1, TokenKind::kLeftParenthesis)) {
    Take();
    ParseName(Role::kTable);
  }
  ParseFunctionTableTail(start, role);
}

// CHANGETABLE ( CHANGES table, version [, FORCESEEK] ) | CHANGETABLE ( VERSION table, ( keys ), (
// values ) )
void Parser::ParseChangeTable(Role role) {
  const Mark start = Here();
  Take();
  Expect(TokenKind::kLeftParenthesis);
  const bool is_changes = At(Keyword::kChanges);
  if (is_changes) {
    Take(Role::kKind);
  } else {
    ExpectWord("VERSION", Role::kKind);
  }
  ParseName(Role::kTable);
  Expect(TokenKind::kComma);
  if (is_changes) {
    ParseExpression(Role::kArgument);
    if (TakeIf(TokenKind::kComma)) Expect(Keyword::kForceseek);
  } else {
    ParseColumnList(Role::kColumns);
    Expect(TokenKind::kComma);
    Expect(TokenKind::kLeftParenthesis);
    ParseExpressionList(Role::kArgument);
    Expect(TokenKind::kRightParenthesis);
    if (TakeIf(TokenKind::kComma)) Expect(Keyword::kForceseek);
  }
  Expect(TokenKind::kRightParenthesis);
  ParseTableAlias(true);
  Finish(NodeKind::kChangeTable, start, role);
}

// CONTAINSTABLE ( table, columns, 'condition' [, LANGUAGE l] [, n] ) and the SEMANTIC...TABLE
// functions.
void Parser::ParseFullTextTable(Role role) {
  const Mark start = Here();
  Take(Role::kFunction);
  Expect(TokenKind::kLeftParenthesis);
  ParseName(Role::kTable);
  Expect(TokenKind::kComma);
  ParseFullTextColumns();
  while (TakeIf(TokenKind::kComma)) {
    TakeIf(Keyword::kLanguage);
    ParseExpression(Role::kArgument);
  }
  Expect(TokenKind::kRightParenthesis);
  ParseTableAlias(true);
  Finish(NodeKind::kRowsetTable, start, role);
}

// PREDICT ( MODEL = model, DATA = source AS alias [, RUNTIME = ONNX] ) WITH ( schema ) AS alias
void Parser::ParsePredict(Role role) {
  const Mark start = Here();
  Take(Role::kFunction);
  Expect(TokenKind::kLeftParenthesis);
  do {
    const Mark argument = Here();
    const bool is_source = At(Keyword::kData);
    ExpectAnyWord(Role::kName, "an argument's name");
    Expect(TokenKind::kEqual);
    if (is_source) {
      ParseTablePrimary(Role::kSource, false);
    } else {
      ParseExpression(Role::kValue);
    }
    Finish(NodeKind::kNamedArgument, argument, Role::kArgument);
  } while (TakeIf(TokenKind::kComma));
  Expect(TokenKind::kRightParenthesis);
  Expect(Keyword::kWith);
  ParseRowsetSchema(Role::kSchema);
  ParseTableAlias(true);
  Finish(NodeKind::kRowsetTable, start, role);
}

}  // namespace datamigrate::tsql
