// CREATE TABLE of every edition. Microsoft Learn: "CREATE TABLE (Transact-SQL)", "CREATE TABLE AS
// SELECT", "CREATE EXTERNAL TABLE (Transact-SQL)", "CREATE TABLE (SQL Graph)".
#include "agent_engine/tsql/parser/parse_ddl.h"

namespace datamigrate::tsql {
namespace {

bool AtPeriodDefinition(const Parser& parser) {
  return parser.PeekIs(0, Keyword::kPeriod) && parser.PeekIs(1, Keyword::kFor) &&
         parser.PeekIs(2, Keyword::kSystemTime);
}

// PERIOD FOR SYSTEM_TIME (from, to).
void ParsePeriodDefinition(Parser& parser) {
  const Mark start = parser.Here();
  parser.TakeMany(3);
  parser.Expect(TokenKind::kLeftParenthesis);
  parser.ExpectName(Role::kStartColumn);
  parser.Expect(TokenKind::kComma);
  parser.ExpectName(Role::kEndColumn);
  parser.Expect(TokenKind::kRightParenthesis);
  parser.Finish(NodeKind::kPeriodDefinition, start, Role::kElement);
}

// AS NODE, AS EDGE, AS FILETABLE; AS CLONE OF t [AT 'time'].
bool ParseTableKind(Parser& parser) {
  if (!parser.At(Keyword::kAs)) return false;
  if (parser.PeekIsWord(1, "CLONE")) {
    ParseRule(parser, "clone_of");
    return true;
  }
  if (!parser.PeekIs(1, Keyword::kNode) && !parser.PeekIs(1, Keyword::kEdge) &&
      !parser.PeekIs(1, Keyword::kFiletable)) {
    return false;
  }
  parser.Take();
  parser.Take(Role::kKind);
  return true;
}

// What may follow the elements, in any order. Returns whether it tells what the table is made of.
bool ParseTableSuffix(Parser& parser) {
  bool has_kind = false;
  for (;;) {
    if (ParseTableKind(parser)) {
      has_kind = true;
    } else if (parser.At(Keyword::kWith)) {
      ParseRule(parser, "table_with");
    } else if (parser.At(Keyword::kOn) || parser.At(Keyword::kTextimageOn) ||
               parser.At(Keyword::kFilestreamOn)) {
      ParseRule(parser, "storage_place");
    } else if (parser.AtWord("FEDERATED")) {
      ParseRule(parser, "federated_on");
    } else {
      return has_kind;
    }
  }
}

// Whether ( name, ... ) stands here, as CREATE TABLE AS SELECT has it.
bool AtColumnNames(const Parser& parser) {
  if (!parser.PeekIs(0, TokenKind::kLeftParenthesis)) return false;
  uint32_t ahead = 1;
  while (ParserCore::IsName(parser.Peek(ahead)) && parser.PeekIs(ahead + 1, TokenKind::kComma)) {
    ahead += 2;
  }
  const bool is_timestamp = ahead == 1 && parser.PeekIs(1, Keyword::kTimestamp);
  return ParserCore::IsName(parser.Peek(ahead)) && !is_timestamp &&
         parser.PeekIs(ahead + 1, TokenKind::kRightParenthesis);
}

// ( name, ... ): each a column without a type.
void ParseColumnNames(Parser& parser) {
  do {
    parser.Take();
    const Mark start = parser.Here();
    parser.ExpectName(Role::kName);
    parser.Finish(NodeKind::kColumnDefinition, start, Role::kElement);
  } while (parser.At(TokenKind::kComma));
  parser.Expect(TokenKind::kRightParenthesis);
}

}  // namespace

void ParseTableElement(Parser& parser) {
  if (AtTableConstraint(parser)) return ParseConstraint(parser, Role::kElement, false);
  if (parser.At(Keyword::kIndex)) return ParseInlineIndex(parser, Role::kElement);
  if (AtPeriodDefinition(parser)) return ParsePeriodDefinition(parser);
  ParseColumnDefinition(parser, Role::kElement);
}

void Parser::ParseTableElements() {
  Expect(TokenKind::kLeftParenthesis);
  ParseTableElement(*this);
  for (;;) {
    if (TakeIf(TokenKind::kComma)) {
      if (At(TokenKind::kRightParenthesis))
        break;  // The server accepts a comma behind the last element.
    } else if (!AtTableConstraint(*this) && !At(Keyword::kIndex)) {
      break;  // Between table constraints the comma may be left out.
    }
    ParseTableElement(*this);
  }
  Expect(TokenKind::kRightParenthesis);
}

bool ParseCreateTable(Parser& parser, Role role) {
  const bool is_external = parser.PeekIs(1, Keyword::kExternal);
  if (!parser.PeekIs(is_external ? 2 : 1, Keyword::kTable)) return false;
  const Mark start = parser.Here();
  parser.Take();
  if (is_external) parser.Take(Role::kKind);
  parser.Take();
  parser.ParseName(Role::kName);
  const bool has_names = AtColumnNames(parser);
  const bool has_elements = parser.At(TokenKind::kLeftParenthesis);
  if (has_names) {
    ParseColumnNames(parser);
  } else if (has_elements) {
    parser.ParseTableElements();
  }
  const bool has_kind = ParseTableSuffix(parser);
  if (parser.TakeIf(Keyword::kAs)) {
    parser.ParseSelectStatement(Role::kQuery);
  } else if (has_names || (!has_elements && !has_kind)) {
    parser.Fail(has_names ? "AS" : "'(' or AS");
  }
  parser.Finish(NodeKind::kCreateTable, start, role);
  return true;
}

}  // namespace datamigrate::tsql
