// Indexes over rows and columns: CREATE INDEX and the INDEX of a table definition. XML, spatial and
// other kinds are rows of the grammar. Microsoft Learn: "CREATE INDEX (Transact-SQL)", "CREATE
// COLUMNSTORE INDEX (Transact-SQL)".
#include "agent_engine/tsql/parser/parse_ddl.h"

namespace datamigrate::tsql {
namespace {

void ParseIndexColumn(Parser& parser) {
  const Mark start = parser.Here();
  if (!parser.TakeIf(TokenKind::kPseudoColumn, Role::kName)) parser.ExpectName(Role::kName);
  if (!parser.TakeIf(Keyword::kAsc, Role::kDirection)) {
    parser.TakeIf(Keyword::kDesc, Role::kDirection);
  }
  parser.Finish(NodeKind::kIndexColumn, start, Role::kItem);
}

// [CLUSTERED | NONCLUSTERED] [HASH | COLUMNSTORE]; returns whether it is a columnstore.
bool TakeIndexKind(Parser& parser) {
  if (!parser.TakeIf(Keyword::kClustered, Role::kKind)) {
    parser.TakeIf(Keyword::kNonclustered, Role::kKind);
  }
  if (parser.TakeIf(Keyword::kHash, Role::kKind)) return false;
  return parser.TakeIf(Keyword::kColumnstore, Role::kKind);
}

// What stands between the name of an index and its options.
void ParseIndexBody(Parser& parser) {
  if (parser.At(TokenKind::kLeftParenthesis)) ParseIndexColumnList(parser, Role::kColumns);
  if (parser.At(Keyword::kOrder)) {
    const Mark start = parser.Here();
    parser.Take(Role::kName);
    ParseIndexColumnList(parser, Role::kValue);
    parser.Finish(NodeKind::kOption, start, Role::kOption);
  }
  if (parser.TakeIf(Keyword::kInclude)) parser.ParseColumnList(Role::kIncluded);
  if (parser.TakeIf(Keyword::kWhere)) parser.ParseCondition(Role::kWhere);
  ParseIndexSuffix(parser);
}

bool AtCreateIndex(const Parser& parser) {
  uint32_t ahead = 1;
  for (const Keyword word :
       {Keyword::kUnique, Keyword::kClustered, Keyword::kNonclustered, Keyword::kColumnstore}) {
    if (parser.PeekIs(ahead, word)) ++ahead;
  }
  return ahead > 1 || parser.PeekIs(1, Keyword::kIndex);
}

}  // namespace

void ParseIndexColumnList(Parser& parser, Role role) {
  const Mark start = parser.Here();
  parser.Expect(TokenKind::kLeftParenthesis);
  do {
    ParseIndexColumn(parser);
  } while (parser.TakeIf(TokenKind::kComma));
  parser.Expect(TokenKind::kRightParenthesis);
  parser.Finish(NodeKind::kIndexColumnList, start, role);
}

void ParseIndexSuffix(Parser& parser) {
  for (;;) {
    if (parser.At(Keyword::kWith)) {
      ParseRule(parser, "index_with");
    } else if (parser.At(Keyword::kOn) || parser.At(Keyword::kFilestreamOn)) {
      ParseRule(parser, "storage_place");
    } else {
      return;
    }
  }
}

void ParseInlineIndex(Parser& parser, Role role) {
  const Mark start = parser.Here();
  parser.Expect(Keyword::kIndex);
  parser.ExpectName(Role::kName);
  parser.TakeIf(Keyword::kUnique, Role::kUnique);
  TakeIndexKind(parser);
  ParseIndexBody(parser);
  parser.Finish(NodeKind::kInlineIndex, start, role);
}

bool ParseCreateIndex(Parser& parser, Role role) {
  if (!AtCreateIndex(parser)) return false;
  const Mark start = parser.Here();
  parser.Take();
  parser.TakeIf(Keyword::kUnique, Role::kUnique);
  const bool is_columnstore = TakeIndexKind(parser);
  parser.Expect(Keyword::kIndex);
  parser.ExpectName(Role::kName);
  parser.Expect(Keyword::kOn);
  parser.ParseName(Role::kTable);
  // Only a columnstore has all columns where none is named.
  if (!is_columnstore && !parser.At(TokenKind::kLeftParenthesis)) parser.Fail("'('");
  ParseIndexBody(parser);
  parser.Finish(NodeKind::kCreateIndex, start, role);
  return true;
}

}  // namespace datamigrate::tsql
