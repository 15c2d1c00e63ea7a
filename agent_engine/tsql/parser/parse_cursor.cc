// Cursors: "DECLARE CURSOR (Transact-SQL)" in both syntaxes, OPEN, FETCH, CLOSE, DEALLOCATE.
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {

// OPEN and CLOSE have other uses: OPEN MASTER KEY, CLOSE ALL SYMMETRIC KEYS, ...
bool Parser::AtCursorStatement() {
  const Keyword verb = Current().keyword;
  if (verb != Keyword::kOpen && verb != Keyword::kClose) return true;
  return !PeekIs(2, Keyword::kKey) && !(PeekIs(1, Keyword::kAll) && PeekIs(2, Keyword::kSymmetric));
}

// DECLARE name [INSENSITIVE] [SCROLL] CURSOR [option]* FOR query
void Parser::ParseDeclareCursor(Role role) {
  const Mark start = Here();
  Take();
  ExpectName(Role::kName, "a variable or a cursor");
  while (At(Keyword::kInsensitive) || At(Keyword::kScroll)) Take(Role::kOption);
  Expect(Keyword::kCursor);
  ParseCursorOptions();
  ParseCursorQuery();
  Finish(NodeKind::kDeclareCursor, start, role);
}

// CURSOR [option]* FOR query: the value of a cursor variable.
void Parser::ParseCursorDefinition(Role role) {
  const Mark start = Here();
  Take();
  ParseCursorOptions();
  ParseCursorQuery();
  Finish(NodeKind::kCursorDefinition, start, role);
}

void Parser::ParseCursorOptions() {
  const Mark start = Here();
  while (true) {
    for (uint32_t i = start.value; i < Here().value; ++i) {  // Each once.
      if (tree_.tokens[pending_[i].index].keyword == Current().keyword) return;
    }
    switch (Current().keyword) {
      case Keyword::kLocal:
      case Keyword::kGlobal:
      case Keyword::kForwardOnly:
      case Keyword::kScroll:
      case Keyword::kStatic:
      case Keyword::kKeyset:
      case Keyword::kDynamic:
      case Keyword::kFastForward:
      case Keyword::kReadOnly:
      case Keyword::kScrollLocks:
      case Keyword::kOptimistic:
      case Keyword::kTypeWarning:
      case Keyword::kInsensitive:
        Take(Role::kOption);
        break;
      default:
        Expected("a cursor option");
        return;
    }
  }
}

// FOR query [FOR READ ONLY | FOR UPDATE [OF column, ...]]
void Parser::ParseCursorQuery() {
  Expect(Keyword::kFor);
  ParseSelectStatement(Role::kQuery);
  if (!At(Keyword::kFor)) return;
  const Mark start = Here();
  Take();
  if (TakeIf(Keyword::kRead, Role::kKind)) {
    Expect(Keyword::kOnly, Role::kKind);
  } else {
    Expect(Keyword::kUpdate, Role::kKind);
    if (TakeIf(Keyword::kOf)) {
      do {
        ParseName(Role::kOption);
      } while (TakeIf(TokenKind::kComma));
    }
  }
  Finish(NodeKind::kForClause, start, Role::kFor);
}

// [GLOBAL] name | @variable
void Parser::ParseCursorName() {
  if (At(Keyword::kGlobal) && IsName(Peek(1))) Take(Role::kOption);
  if (Current().kind == TokenKind::kVariable) return Take(Role::kName);
  ExpectName(Role::kName, "a cursor");
}

void Parser::ParseCursorStatement(Role role) {
  if (At(Keyword::kFetch)) return ParseFetch(role);
  const Mark start = Here();
  const bool is_deallocate = At(Keyword::kDeallocate);
  Take(Role::kVerb);
  if (is_deallocate) TakeIf(Keyword::kCursor);
  ParseCursorName();
  Finish(NodeKind::kCommand, start, role);
}

// FETCH [[NEXT | PRIOR | FIRST | LAST | ABSOLUTE n | RELATIVE n] FROM] cursor [INTO @x, ...]
void Parser::ParseFetch(Role role) {
  const Mark start = Here();
  Take(Role::kVerb);
  const bool at_direction =
      At(Keyword::kNext) || At(Keyword::kPrior) || At(Keyword::kFirst) || At(Keyword::kLast);
  if (at_direction && PeekIs(1, Keyword::kFrom)) {
    Take(Role::kDirection);
  } else if (At(Keyword::kAbsolute) || At(Keyword::kRelative)) {
    Take(Role::kDirection);
    ParseLiteralOrVariable(Role::kValue);
    if (!At(Keyword::kFrom)) return Fail("FROM");
  }
  TakeIf(Keyword::kFrom);
  ParseCursorName();
  if (TakeIf(Keyword::kInto)) {
    do {
      ParseVariable(Role::kTarget);
    } while (TakeIf(TokenKind::kComma));
  }
  Finish(NodeKind::kCommand, start, role);
}

}  // namespace datamigrate::tsql
