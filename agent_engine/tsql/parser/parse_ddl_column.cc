// Column definitions. Microsoft Learn: "CREATE TABLE (Transact-SQL)", "ALTER TABLE
// column_definition (Transact-SQL)".
#include "agent_engine/tsql/parser/parse_ddl.h"

namespace datamigrate::tsql {
namespace {

void ParseIdentity(Parser& parser) {
  const Mark start = parser.Here();
  parser.Expect(Keyword::kIdentity);
  if (parser.TakeIf(TokenKind::kLeftParenthesis)) {
    parser.ParseSignedLiteral(Role::kSeed);
    parser.Expect(TokenKind::kComma);
    parser.ParseSignedLiteral(Role::kIncrement);
    parser.Expect(TokenKind::kRightParenthesis);
  }
  parser.Finish(NodeKind::kIdentity, start, Role::kIdentity);
}

// GENERATED ALWAYS AS ROW START: "Temporal tables", "Ledger".
void ParseGeneratedAlways(Parser& parser) {
  parser.Take();
  parser.Expect(Keyword::kAlways);
  parser.Expect(Keyword::kAs);
  if (!parser.TakeIf(Keyword::kRow, Role::kPeriod) &&
      !parser.TakeIfWord("TRANSACTION_ID", Role::kPeriod) &&
      !parser.TakeIfWord("SEQUENCE_NUMBER", Role::kPeriod) &&
      !parser.TakeIfWord("SUSER_SID", Role::kPeriod)) {
    parser.ExpectWord("SUSER_SNAME", Role::kPeriod);
  }
  if (!parser.TakeIf(Keyword::kStart, Role::kPeriod)) {
    parser.Expect(Keyword::kEnd, Role::kPeriod);
  }
}

bool AtColumnConstraint(Parser& parser) {
  return parser.At(Keyword::kConstraint) || parser.At(Keyword::kPrimary) ||
         parser.At(Keyword::kUnique) || parser.At(Keyword::kForeign) ||
         parser.At(Keyword::kCheck) || parser.At(Keyword::kDefault) ||
         parser.At(Keyword::kReferences);
}

// [NOT] NULL; NOT FOR REPLICATION; false: neither.
bool ParseNullability(Parser& parser) {
  const Mark start = parser.Here();
  if (parser.At(Keyword::kNot, Keyword::kFor)) {
    parser.TakeMany(2, Role::kName);
    parser.Expect(Keyword::kReplication, Role::kName);
    parser.Finish(NodeKind::kOption, start, Role::kOption);
    return true;
  }
  if (!parser.At(Keyword::kNull) && !parser.At(Keyword::kNot, Keyword::kNull)) return false;
  parser.TakeIf(Keyword::kNot, Role::kNegation);
  parser.Take();
  parser.Finish(NodeKind::kNullability, start, Role::kNullability);
  return true;
}

// What only the rows of the grammar know: SPARSE, MASKED WITH (...), ...
bool ParseColumnOption(Parser& parser) {
  const bool is_option = parser.At(Keyword::kSparse) || parser.At(Keyword::kRowguidcol) ||
                         parser.At(Keyword::kMasked) || parser.At(Keyword::kEncrypted) ||
                         parser.At(Keyword::kFilestream) || parser.At(Keyword::kColumnSet);
  if (is_option) ParseRule(parser, "column_option");
  return is_option;
}

bool ParseColumnPart(Parser& parser) {
  if (ParseNullability(parser)) return true;
  if (AtColumnConstraint(parser)) {
    ParseConstraint(parser, Role::kConstraint, true);
  } else if (parser.At(Keyword::kIdentity)) {
    ParseIdentity(parser);
  } else if (parser.TakeIf(Keyword::kCollate)) {
    parser.ExpectName(Role::kCollation, "a collation");
  } else if (parser.At(Keyword::kGenerated)) {
    ParseGeneratedAlways(parser);
  } else if (parser.At(Keyword::kIndex)) {
    ParseInlineIndex(parser, Role::kConstraint);
  } else if (!parser.TakeIf(Keyword::kHidden, Role::kHidden)) {
    return ParseColumnOption(parser);
  }
  return true;
}

// Whether what follows a column's name is not its type: a column named timestamp needs none.
bool AtTypelessColumn(Parser& parser) {
  const Token& name = (&parser.Current())[-1];
  if (name.keyword != Keyword::kTimestamp && parser.TextOf(name) != "[timestamp]") return false;
  return parser.AtEnd() || parser.PeekIs(0, TokenKind::kComma) ||
         parser.PeekIs(0, TokenKind::kRightParenthesis) ||
         parser.PeekIs(0, TokenKind::kSemicolon) || IsReserved(parser.Current().keyword);
}

bool IsReservedType(Keyword keyword) {
  return keyword == Keyword::kDouble || keyword == Keyword::kNational ||
         keyword == Keyword::kCursor;
}

}  // namespace

void ParseColumnDefinition(Parser& parser, Role role) {
  const Mark start = parser.Here();
  parser.ExpectName(Role::kName, "a column definition");
  if (parser.TakeIf(Keyword::kAs)) {
    parser.ParseExpression(Role::kComputed);
    parser.TakeIf(Keyword::kPersisted, Role::kPersisted);
  } else if (!parser.failed() &&
             (!AtTypelessColumn(parser) || IsReservedType(parser.Current().keyword))) {
    parser.ParseDataType(Role::kType);
  }
  while (ParseColumnPart(parser)) {
  }
  parser.Finish(NodeKind::kColumnDefinition, start, role);
}

}  // namespace datamigrate::tsql
