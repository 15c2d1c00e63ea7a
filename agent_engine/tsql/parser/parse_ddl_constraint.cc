// Constraints of columns and tables. Microsoft Learn: "ALTER TABLE column_constraint
// (Transact-SQL)" and "ALTER TABLE table_constraint (Transact-SQL)".
#include "agent_engine/tsql/parser/parse_ddl.h"

namespace datamigrate::tsql {
namespace {

// One of the roles' words: NO ACTION, CASCADE, SET NULL, SET DEFAULT.
void ParseReferentialAction(Parser& parser, Role role) {
  if (parser.TakeIf(Keyword::kNo, role)) return parser.Expect(Keyword::kAction, role);
  if (!parser.TakeIf(Keyword::kSet, role)) return parser.Expect(Keyword::kCascade, role);
  if (!parser.TakeIf(Keyword::kNull, role)) parser.Expect(Keyword::kDefault, role);
}

void ParseWordsOption(Parser& parser, int words) {
  const Mark start = parser.Here();
  parser.TakeMany(words, Role::kName);
  parser.Finish(NodeKind::kOption, start, Role::kOption);
}

// NOT FOR REPLICATION, ENFORCED, NOT ENFORCED.
bool ParseConstraintOption(Parser& parser) {
  if (parser.At(Keyword::kEnforced)) {
    ParseWordsOption(parser, 1);
  } else if (parser.At(Keyword::kNot, Keyword::kEnforced)) {
    ParseWordsOption(parser, 2);
  } else if (parser.At(Keyword::kNot, Keyword::kFor)) {
    if (!parser.PeekIs(2, Keyword::kReplication)) return false;
    ParseWordsOption(parser, 3);
  } else {
    return false;
  }
  return true;
}

void ParseReferentialActions(Parser& parser) {
  for (;;) {
    if (parser.At(Keyword::kOn, Keyword::kDelete)) {
      parser.TakeMany(2);
      ParseReferentialAction(parser, Role::kOnDelete);
    } else if (parser.At(Keyword::kOn, Keyword::kUpdate)) {
      parser.TakeMany(2);
      ParseReferentialAction(parser, Role::kOnUpdate);
    } else if (!ParseConstraintOption(parser)) {
      return;
    }
  }
}

void ParseKeyBody(Parser& parser, bool is_of_column) {
  if (!parser.TakeIf(Keyword::kClustered, Role::kClustered)) {
    parser.TakeIf(Keyword::kNonclustered, Role::kClustered);
  }
  parser.TakeIf(Keyword::kHash, Role::kKind);
  if (parser.At(TokenKind::kLeftParenthesis) || !is_of_column) {
    ParseIndexColumnList(parser, Role::kColumns);
  }
  do {
    ParseIndexSuffix(parser);
  } while (ParseConstraintOption(parser));
}

void ParseReferences(Parser& parser) {
  parser.Expect(Keyword::kReferences);
  parser.ParseName(Role::kReferencedTable);
  if (parser.At(TokenKind::kLeftParenthesis)) parser.ParseColumnList(Role::kReferencedColumns);
  ParseReferentialActions(parser);
}

void ParseForeignKeyBody(Parser& parser) {
  parser.Expect(Keyword::kForeign);
  parser.Expect(Keyword::kKey);
  if (parser.At(TokenKind::kLeftParenthesis)) parser.ParseColumnList(Role::kColumns);
  ParseReferences(parser);
}

void ParseCheckBody(Parser& parser) {
  parser.Take();
  ParseConstraintOption(parser);
  parser.Expect(TokenKind::kLeftParenthesis);
  parser.ParseCondition(Role::kCondition);
  parser.Expect(TokenKind::kRightParenthesis);
  ParseConstraintOption(parser);
}

void ParseDefaultBody(Parser& parser) {
  parser.Take();
  parser.ParseExpression(Role::kValue);
  if (parser.TakeIf(Keyword::kFor)) parser.ExpectName(Role::kForColumn);
  if (parser.At(Keyword::kWith, Keyword::kValues)) ParseWordsOption(parser, 2);
}

// "SQL Server graph: edge constraints": CONNECTION (a TO b, c TO d).
void ParseConnectionBody(Parser& parser) {
  parser.Take();
  parser.Expect(TokenKind::kLeftParenthesis);
  do {
    const Mark start = parser.Here();
    parser.ParseName(Role::kFrom);
    parser.Expect(Keyword::kTo);
    parser.ParseName(Role::kTarget);
    parser.Finish(NodeKind::kClause, start, Role::kItem);
  } while (parser.TakeIf(TokenKind::kComma));
  parser.Expect(TokenKind::kRightParenthesis);
  ParseReferentialActions(parser);
}

// Reads the body and tells its kind.
NodeKind ParseConstraintBody(Parser& parser, bool is_of_column) {
  if (parser.TakeIf(Keyword::kPrimary)) {
    parser.Expect(Keyword::kKey);
    ParseKeyBody(parser, is_of_column);
    return NodeKind::kPrimaryKey;
  }
  if (parser.TakeIf(Keyword::kUnique)) {
    ParseKeyBody(parser, is_of_column);
    return NodeKind::kUnique;
  }
  if (parser.At(Keyword::kCheck)) {
    ParseCheckBody(parser);
    return NodeKind::kCheck;
  }
  if (parser.At(Keyword::kDefault)) {
    ParseDefaultBody(parser);
    return NodeKind::kDefault;
  }
  if (!is_of_column && parser.At(Keyword::kConnection)) {
    ParseConnectionBody(parser);
    return NodeKind::kConnectionConstraint;
  }
  if (is_of_column && parser.At(Keyword::kReferences)) {
    ParseReferences(parser);
    return NodeKind::kForeignKey;
  }
  if (is_of_column && (parser.At(Keyword::kNull) || parser.At(Keyword::kNot))) {
    parser.TakeIf(Keyword::kNot, Role::kNegation);
    parser.Expect(Keyword::kNull);
    return NodeKind::kNullability;
  }
  ParseForeignKeyBody(parser);
  return NodeKind::kForeignKey;
}

}  // namespace

bool AtTableConstraint(Parser& parser) {
  return parser.At(Keyword::kConstraint) || parser.At(Keyword::kPrimary) ||
         parser.At(Keyword::kUnique) || parser.At(Keyword::kForeign) ||
         parser.At(Keyword::kCheck) || parser.At(Keyword::kDefault) ||
         (parser.At(Keyword::kConnection) && parser.PeekIs(1, TokenKind::kLeftParenthesis));
}

void ParseConstraint(Parser& parser, Role role, bool is_of_column) {
  const Mark start = parser.Here();
  if (parser.TakeIf(Keyword::kConstraint)) parser.ExpectName(Role::kConstraintName);
  const NodeKind kind = ParseConstraintBody(parser, is_of_column);
  parser.Finish(kind, start, kind == NodeKind::kNullability ? Role::kNullability : role);
}

}  // namespace datamigrate::tsql
