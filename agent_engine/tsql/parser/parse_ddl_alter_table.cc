// ALTER TABLE. Microsoft Learn: "ALTER TABLE (Transact-SQL)".
#include "agent_engine/tsql/parser/parse_ddl.h"

namespace datamigrate::tsql {
namespace {

// WITH CHECK, WITH NOCHECK.
void TakeWithCheck(Parser& parser) {
  if (!parser.At(Keyword::kWith)) return;
  parser.Take(Role::kWithCheck);
  if (!parser.TakeIf(Keyword::kCheck, Role::kWithCheck)) {
    parser.Expect(Keyword::kNocheck, Role::kWithCheck);
  }
}

void ParseAdd(Parser& parser, Mark start) {
  parser.Take();
  do {
    ParseTableElement(parser);
    while (AtTableConstraint(parser)) ParseTableElement(parser);
  } while (parser.TakeIf(TokenKind::kComma));
  if (parser.At(Keyword::kWith)) ParseRule(parser, "index_with");
  parser.Finish(NodeKind::kAlterTableAdd, start, Role::kAction);
}

void ParseCheckConstraint(Parser& parser, Mark start) {
  parser.Take(Role::kKind);
  parser.Expect(Keyword::kConstraint);
  if (!parser.TakeIf(Keyword::kAll, Role::kName)) {
    do {
      parser.ExpectName(Role::kName);
    } while (parser.TakeIf(TokenKind::kComma));
  }
  parser.Finish(NodeKind::kAlterTableCheck, start, Role::kAction);
}

// Whether a comma is followed by the next kind of thing to drop.
bool AtNextDropKind(const Parser& parser) {
  return parser.PeekIs(1, Keyword::kColumn) || parser.PeekIs(1, Keyword::kConstraint) ||
         parser.PeekIs(1, Keyword::kIndex) ||
         (parser.PeekIs(1, Keyword::kPeriod) && parser.PeekIs(2, Keyword::kFor));
}

void TakeDropKind(Parser& parser) {
  if (parser.At(Keyword::kPeriod, Keyword::kFor)) {
    parser.Take(Role::kKind);
    parser.Take();
    return parser.Expect(Keyword::kSystemTime);
  }
  if (!parser.TakeIf(Keyword::kColumn, Role::kKind) &&
      !parser.TakeIf(Keyword::kConstraint, Role::kKind)) {
    parser.TakeIf(Keyword::kIndex, Role::kKind);
  }
  if (parser.At(Keyword::kIf)) {
    parser.Take();
    parser.Expect(Keyword::kExists);
  }
  parser.ExpectName(Role::kName);
}

// Each kind of things dropped is an action of its own, the word DROP in the first.
void ParseDrop(Parser& parser, Mark start) {
  parser.Take();
  for (;;) {
    TakeDropKind(parser);
    for (;;) {
      if (parser.At(Keyword::kWith)) ParseRule(parser, "drop_constraint_with");
      if (!parser.At(TokenKind::kComma) || AtNextDropKind(parser)) break;
      parser.Take();
      parser.ExpectName(Role::kName);
    }
    parser.Finish(NodeKind::kAlterTableDrop, start, Role::kAction);
    if (!parser.TakeIf(TokenKind::kComma)) return;
    start = parser.Here();
  }
}

void ParseAlterColumn(Parser& parser, Mark start) {
  parser.TakeMany(2);
  if (parser.PeekIs(1, Keyword::kAdd) || parser.PeekIs(1, Keyword::kDrop)) {
    parser.ExpectName(Role::kName);
    ParseRule(parser, "alter_column_property");
  } else {
    ParseColumnDefinition(parser, Role::kColumn);
  }
  if (parser.At(Keyword::kWith)) ParseRule(parser, "index_with");
  parser.Finish(NodeKind::kAlterColumn, start, Role::kAction);
}

void ParseAction(Parser& parser) {
  const Mark start = parser.Here();
  TakeWithCheck(parser);
  const bool adds_clustering = parser.PeekIs(1, TokenKind::kLeftParenthesis);
  if (parser.At(Keyword::kAdd) && !adds_clustering) return ParseAdd(parser, start);
  if (parser.At(Keyword::kCheck) || parser.At(Keyword::kNocheck)) {
    return ParseCheckConstraint(parser, start);
  }
  if (parser.At(Keyword::kDrop)) return ParseDrop(parser, start);
  if (parser.At(Keyword::kAlter, Keyword::kColumn)) return ParseAlterColumn(parser, start);
  ParseRule(parser, "alter_table_action");
  parser.Finish(NodeKind::kAlterTableOther, start, Role::kAction);
}

}  // namespace

bool ParseAlterTable(Parser& parser, Role role) {
  if (!parser.PeekIs(1, Keyword::kTable)) return false;
  const Mark start = parser.Here();
  parser.TakeMany(2);
  parser.ParseName(Role::kName);
  ParseAction(parser);
  parser.Finish(NodeKind::kAlterTable, start, role);
  return true;
}

}  // namespace datamigrate::tsql
