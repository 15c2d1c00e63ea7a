// Statements in a row: which parser takes which, and how to go on behind one that cannot be parsed.
#include <algorithm>

#include "agent_engine/tsql/parser/error_text.h"
#include "agent_engine/tsql/parser/parser_impl.h"

namespace datamigrate::tsql {
namespace {

// Keywords that begin a statement and nothing else, even inside parentheses that were not closed.
bool BeginsOnlyStatements(Keyword keyword) {
  switch (keyword) {
    case Keyword::kAlter:
    case Keyword::kBackup:
    case Keyword::kBegin:
    case Keyword::kClose:
    case Keyword::kCommit:
    case Keyword::kCreate:
    case Keyword::kDbcc:
    case Keyword::kDeallocate:
    case Keyword::kDeclare:
    case Keyword::kDeny:
    case Keyword::kDrop:
    case Keyword::kExec:
    case Keyword::kGrant:
    case Keyword::kIf:
    case Keyword::kKill:
    case Keyword::kPrint:
    case Keyword::kRaiserror:
    case Keyword::kReconfigure:
    case Keyword::kRestore:
    case Keyword::kRollback:
    case Keyword::kTruncate:
    case Keyword::kUse:
    case Keyword::kWaitfor:
    case Keyword::kWhile:
      return true;
    default:
      return false;
  }
}

// Keywords that begin a statement, where they are not inside parentheses.
bool BeginsStatements(Keyword keyword) {
  switch (keyword) {
    case Keyword::kSelect:
    case Keyword::kInsert:
    case Keyword::kUpdate:
    case Keyword::kDelete:
    case Keyword::kMerge:
    case Keyword::kExecute:
    case Keyword::kReturn:
    case Keyword::kRevoke:
    case Keyword::kFetch:
    case Keyword::kOpen:
    case Keyword::kSave:
    case Keyword::kGoto:
    case Keyword::kThrow:
      return true;
    default:
      return BeginsOnlyStatements(keyword);
  }
}

// Whether a statement cannot begin behind this keyword, since it demands that its own goes on.
bool Continues(Keyword keyword) {
  switch (keyword) {
    case Keyword::kUnion:
    case Keyword::kAll:
    case Keyword::kExcept:
    case Keyword::kIntersect:
    case Keyword::kThen:
    case Keyword::kOn:
    case Keyword::kFor:
    case Keyword::kAfter:
    case Keyword::kOf:
      return true;
    default:
      return false;
  }
}

}  // namespace

// -- Dispatch
// ----------------------------------------------------------------------------------------------------------

bool Parser::ParseStatement(Role role) {
  if (IsName(Current()) && PeekIs(1, TokenKind::kColon)) {
    ParseLabel(role);
    return true;
  }
  if (Current().kind == TokenKind::kLeftParenthesis) {
    if (!AtQuery()) return false;
    ParseSelectStatement(role);
    return true;
  }
  if (Current().kind != TokenKind::kWord) return ParseFirstStatement(role);
  if (ParseDmlStatement(role) || ParseProceduralStatement(role)) return true;
  if (Current().keyword == Keyword::kTruncate) {
    ParseTruncate(role);
    return true;
  }
  const bool defines =
      Current().keyword == Keyword::kCreate || Current().keyword == Keyword::kAlter;
  if (defines && ParseModule(role)) return true;
  if (Current().keyword == Keyword::kEnd && !PeekIs(1, Keyword::kConversation)) return false;
  return ParseDdlStatement(role) || ParseCommandStatement(role) || ParseFirstStatement(role);
}

// At the beginning of a batch, the name of a procedure alone calls it.
bool Parser::ParseFirstStatement(Role role) {
  const bool is_name = IsName(Current()) || (Current().kind == TokenKind::kPeriod &&
                                             (PeekIs(1, TokenKind::kPeriod) || IsName(Peek(1))));
  if (cursor_ != begin_ || !is_name) return false;
  ParseBareExecute(role);
  return true;
}

void Parser::ExpectStatement(Role role) {
  if (!ParseStatement(role)) Fail("a statement");
}

// -- Lists and recovery
// ------------------------------------------------------------------------------------------------

bool Parser::AtStatementListEnd() {
  if (AtEnd()) return true;
  if (block_depth_ > 0) {
    return Current().keyword == Keyword::kEnd && !PeekIs(1, Keyword::kConversation);
  }
  // Scripts written for tools that run each definition by itself have no GO between them.
  return in_module_ && ModuleKeyword() != Keyword::kNone && BeginsLine(Current());
}

void Parser::ParseStatementList(Role role) {
  Checkpoint previous = Save();
  bool is_open = false;  // A statement came before, without a semicolon yet.
  while (!AtStatementListEnd()) {
    if (Current().kind == TokenKind::kSemicolon) {
      const Mark start = Here();
      Take();
      if (!is_open) Finish(NodeKind::kEmptyStatement, start, role);
      is_open = false;
      continue;
    }
    Checkpoint start = Save();
    const bool is_begun = ParseStatement(role);
    if (is_begun && !failed_) {
      previous = start;
      is_open = true;
      continue;
    }
    // The list outside all blocks goes on behind what is nested too deeply.
    if (failed_by_depth_ && block_depth_ > 0) return;
    if (!failed_) {
      Fail("a statement");
      if (is_open) start = previous;
    }
    Recover(start, role);
    is_open = false;
  }
}

// Leaves out the statement that began at `start` and failed.
void Parser::Recover(const Checkpoint& start, Role role) {
  const Token* const error = error_;
  if (!is_replaying_) {
    ++unsupported_;
    Report(start, role);
  }
  Restore(start);
  // A word that begins no statement may be where it failed: go at least over that.
  const bool is_stuck = error == start.cursor ||
                        !(BeginsStatements(error->keyword) || IsBoundary(error, error, false));
  SkipToStatement(is_stuck && error != end_ ? error + 1 : error, error);
}

// Goes behind the next semicolon at or after `from`, or to the next statement that begins a line.
void Parser::SkipToStatement(const Token* from, const Token* error) {
  int parentheses = 0;
  const Token* token = error;
  for (; token < from; ++token) {
    if (token->kind == TokenKind::kSemicolon) break;
    if (token->kind == TokenKind::kLeftParenthesis) ++parentheses;
  }
  for (; token != end_; ++token) {
    if (token->kind == TokenKind::kSemicolon) {
      ++token;
      break;
    }
    if (token->kind == TokenKind::kLeftParenthesis) ++parentheses;
    if (token->kind == TokenKind::kRightParenthesis && parentheses > 0) --parentheses;
    if (token->keyword == Keyword::kNone) continue;
    if (IsBoundary(token, error, parentheses > 0)) break;
  }
  cursor_ = token;
}

// Whether a statement may begin at `token`, after a failure at `error`: what failed there did not
// go on with it.
bool Parser::IsBoundary(const Token* token, const Token* error, bool in_parentheses) const {
  if (!BeginsLine(*token)) return false;
  if (block_depth_ > 0 && token->keyword == Keyword::kEnd) return true;
  if (token != begin_ && token != error && Continues(token[-1].keyword)) {
    // ON before SELECT ended a SET; ON DELETE and ON UPDATE go on.
    const bool ended = token[-1].keyword == Keyword::kOn && token->keyword != Keyword::kDelete &&
                       token->keyword != Keyword::kUpdate && token->keyword != Keyword::kInsert;
    if (!ended) return false;
  }
  if (BeginsOnlyStatements(token->keyword)) return true;
  if (in_parentheses) return false;
  if (token->keyword == Keyword::kSet) {  // Not that of UPDATE t SET a = 1.
    return token[1].kind == TokenKind::kVariable ||
           (token[1].kind == TokenKind::kWord && token[2].kind == TokenKind::kWord);
  }
  return BeginsStatements(token->keyword);
}

// -- Messages
// ----------------------------------------------------------------------------------------------------------

// One error a place; and none where the lexer reported one.
void Parser::Report(const Checkpoint& start, Role role) {
  has_errors_ = true;
  const Token* const error = error_;
  if (failed_by_depth_) {
    reported_ = error;
    return sink_->Report(NestingError(*error, max_depth_));
  }
  if ((reported_ != nullptr && error <= reported_) || error->kind == TokenKind::kOther) return;
  reported_ = error;
  const std::string_view expected = error_expected_;
  NoteExpected(start, error, role);
  sink_->Report(ExpectedError(tree_.text, *error, expected, noted_));
}

// Parses the failed statement once more, noting all that is looked for where it failed. All
// statements together are parsed twice at most, so that the time stays linear in the text.
void Parser::NoteExpected(const Checkpoint& start, const Token* error, Role role) {
  noted_.clear();
  const int64_t cost = error - start.cursor + 1;
  if (cost > replay_budget_) return;
  replay_budget_ -= cost;
  Restore(start);
  is_replaying_ = true;
  recorded_ = error;
  if (replay_ == nullptr) {
    ParseStatement(role);
  } else {
    (this->*replay_)(role);
  }
  recorded_ = nullptr;
  is_replaying_ = false;
}

// -- Entry points
// ------------------------------------------------------------------------------------------------------

ParseResult Parser::RunBatch() {
  const Mark start = Here();
  ParseStatementList(Role::kStatement);
  Finish(NodeKind::kBatch, start, Role::kStatement);
  return TakeResult();
}

ParseResult Parser::RunExpression(bool is_condition) {
  replay_ = is_condition ? &Parser::ParseCondition : &Parser::ParseExpression;
  const Checkpoint start = Save();
  (this->*replay_)(Role::kValue);
  if (!failed_ && !AtEnd()) Fail("the end");
  if (failed_) {
    ++unsupported_;
    Report(start, Role::kValue);
    Restore(start);
    cursor_ = end_;
    Finish(NodeKind::kBatch, Here(), Role::kValue);
  }
  return TakeResult();
}

ParseResult Parser::TakeResult() {
  ParseResult result;
  result.ok = lexed_ok_ && !has_errors_;
  result.unsupported = unsupported_;
  result.quoted_identifier = quoted_identifier_;
  tree_.root = static_cast<uint32_t>(tree_.nodes.size() - 1);
  tree_.tokens.resize(tree_.tokens.size() - kEndTokenCount);
  result.tree = std::move(tree_);
  return result;
}

ParseResult ParseBatch(std::string_view text, const ParseOptions& options,
                       diagnostics::DiagnosticSink& sink) {
  return Parser(text, Lex(text, options.quoted_identifier, sink), options.max_depth, sink)
      .RunBatch();
}

ParseResult ParseExpression(std::string_view text, bool is_condition, const ParseOptions& options,
                            diagnostics::DiagnosticSink& sink) {
  return Parser(text, Lex(text, options.quoted_identifier, sink), options.max_depth, sink)
      .RunExpression(is_condition);
}

}  // namespace datamigrate::tsql
