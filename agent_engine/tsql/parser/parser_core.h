// The cursor over the tokens, the building of the tree, and the bookkeeping of errors: what all
// parts of the parser share.
//
//   Mark start = Here();
//   Expect(Keyword::kPrint);
//   ParseExpression(Role::kValue);
//   Finish(NodeKind::kPrint, start, role);
//
// Failure is a state, not an exception and not a result: after Fail(), the cursor stands at the end
// token, so that every At() is false, Take() does nothing, and the calling functions run out by
// themselves. Loops must therefore be driven by something that is found ("while (TakeIf(kComma))"),
// never by something that is not found yet. The list of statements that is nearest undoes the
// statement, reports it, and goes on behind it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/tsql/ast/syntax_tree.h"
#include "agent_engine/tsql/lexer/keywords.h"
#include "agent_engine/tsql/lexer/lexer.h"
#include "agent_engine/tsql/lexer/token.h"

namespace datamigrate::tsql {

// A place in the list of children that wait for their parent.
struct Mark {
  uint32_t value;
};

class ParserCore {
 public:
  // `text` must outlive the core. `lexed` comes from Lex(text).
  ParserCore(std::string_view text, LexResult lexed, int max_depth);
  ParserCore(const ParserCore&) = delete;
  ParserCore& operator=(const ParserCore&) = delete;

  // -- Looking
  // -------------------------------------------------------------------------------------------------------

  const Token& Current() const { return *cursor_; }
  // The token `ahead` places on; `ahead` < kEndTokenCount. Behind the last token there are end
  // tokens.
  const Token& Peek(uint32_t ahead) const { return cursor_[ahead]; }
  std::string_view TextOf(const Token& token) const { return tree_.TextOf(token); }

  bool AtEnd() const { return cursor_->kind == TokenKind::kEnd; }
  bool At(TokenKind kind) {
    if (cursor_->kind == kind) return true;
    if (cursor_ == recorded_) [[unlikely]]
      Note(TokenKindText(kind));
    return false;
  }
  bool At(Keyword keyword) {
    if (cursor_->keyword == keyword) return true;
    if (cursor_ == recorded_) [[unlikely]]
      Note(KeywordText(keyword));
    return false;
  }
  // Two keywords in a row.
  bool At(Keyword first, Keyword second) { return At(first) && cursor_[1].keyword == second; }
  // An unquoted word in any mixture of cases, for words that have no row in keywords.def. `word` is
  // in upper case.
  bool AtWord(std::string_view word) {
    if (cursor_->kind == TokenKind::kWord && EqualsIgnoringCase(TextOf(*cursor_), word))
      return true;
    if (cursor_ == recorded_) [[unlikely]]
      Note(word);
    return false;
  }
  bool PeekIs(uint32_t ahead, Keyword keyword) const { return cursor_[ahead].keyword == keyword; }
  bool PeekIs(uint32_t ahead, TokenKind kind) const { return cursor_[ahead].kind == kind; }
  bool PeekIsWord(uint32_t ahead, std::string_view word) const {
    return cursor_[ahead].kind == TokenKind::kWord &&
           EqualsIgnoringCase(TextOf(cursor_[ahead]), word);
  }
  // Whether a token may be a name: quoted, or a word that is not reserved, or a SQLCMD variable.
  static bool IsName(const Token& token) {
    return token.kind == TokenKind::kQuotedName || token.kind == TokenKind::kSqlcmdVariable ||
           (token.kind == TokenKind::kWord && !IsReserved(token.keyword));
  }
  bool AtName() {
    if (IsName(*cursor_)) return true;
    if (cursor_ == recorded_) [[unlikely]]
      Note("a name");
    return false;
  }
  // Whether nothing, not even white space, is between the current token and the one before it.
  bool TouchesPrevious() const { return cursor_ != begin_ && cursor_[-1].end == cursor_->begin; }
  // Whether token `ahead` and the one after it touch.
  bool TouchesNext(uint32_t ahead) const { return cursor_[ahead].end == cursor_[ahead + 1].begin; }
  // Whether a line break is between token `ahead` and the one before it; true for the first token
  // of the text.
  bool BeginsLine(const Token& token) const;

  // -- Taking
  // --------------------------------------------------------------------------------------------------------

  // Makes the current token a child of the node under construction. Does nothing at the end.
  void Take(Role role = Role::kSyntax) {
    if (cursor_->kind == TokenKind::kEnd) return;
    pending_.push_back({static_cast<uint32_t>(cursor_ - begin_), 0, role});
    ++cursor_;
  }
  void TakeMany(int count, Role role = Role::kSyntax) {
    for (int i = 0; i < count; ++i) Take(role);
  }
  bool TakeIf(TokenKind kind, Role role = Role::kSyntax) {
    if (!At(kind)) return false;
    Take(role);
    return true;
  }
  bool TakeIf(Keyword keyword, Role role = Role::kSyntax) {
    if (!At(keyword)) return false;
    Take(role);
    return true;
  }
  bool TakeIfWord(std::string_view word, Role role = Role::kSyntax) {
    if (!AtWord(word)) return false;
    Take(role);
    return true;
  }
  void Expect(TokenKind kind, Role role = Role::kSyntax) {
    if (cursor_->kind == kind) return Take(role);
    Fail(TokenKindText(kind));
  }
  void Expect(Keyword keyword, Role role = Role::kSyntax) {
    if (cursor_->keyword == keyword) return Take(role);
    Fail(KeywordText(keyword));
  }
  void ExpectWord(std::string_view word, Role role = Role::kSyntax) {
    if (AtWord(word)) return Take(role);
    Fail(word);
  }
  // Takes one token that may be a name.
  void ExpectName(Role role, std::string_view expected = "a name") {
    if (IsName(*cursor_)) return Take(role);
    Fail(expected);
  }
  // Takes one word, reserved or not, quoted or not.
  void ExpectAnyWord(Role role, std::string_view expected = "a word") {
    if (cursor_->kind == TokenKind::kWord || cursor_->kind == TokenKind::kQuotedName)
      return Take(role);
    Fail(expected);
  }

  // -- Building
  // ------------------------------------------------------------------------------------------------------

  Mark Here() const { return {static_cast<uint32_t>(pending_.size())}; }
  // Makes a node of all children taken since `start`; it becomes a child in `role` itself. To put a
  // finished node under a new parent as its first child (a left operand), use the mark from before
  // it, and SetRole.
  void Finish(NodeKind kind, Mark start, Role role);
  // Changes the role of the child at `mark`.
  void SetRole(Mark mark, Role role) {
    if (mark.value < pending_.size()) pending_[mark.value].role = role;
  }
  // Whether any child was taken since `mark`.
  bool AnySince(Mark mark) const { return pending_.size() > mark.value; }
  // The kind of the node that is the child at `mark`; kBatch when a token is there.
  NodeKind KindAt(Mark mark) const {
    if (failed_ || mark.value >= pending_.size() || !pending_[mark.value].is_node) {
      return NodeKind::kBatch;
    }
    return tree_.nodes[pending_[mark.value].index].kind;
  }

  // -- Failing
  // -------------------------------------------------------------------------------------------------------

  // The current token does not fit; `expected` (text that lives on) would have. The first failure
  // counts.
  void Fail(std::string_view expected);
  bool failed() const { return failed_; }
  // Where and why, after a failure: the token that did not fit; whether the nesting was too deep.
  const Token* failed_at() const { return error_; }
  bool failed_by_depth() const { return failed_by_depth_; }
  // Adds to what would have fitted here, for tests that do not go through At().
  void Expected(std::string_view what) {
    if (cursor_ == recorded_) [[unlikely]]
      Note(what);
  }

  // The same for the words of a list: only one that the current word may be a slip of is noted.
  void ExpectedWords(std::span<const std::string_view> words) {
    if (cursor_ == recorded_) [[unlikely]]
      NoteLikely(words);
  }

  // Counts one level of nesting while it lives; a level too many fails.
  class Nesting {
   public:
    explicit Nesting(ParserCore& core) : core_(core) {
      if (++core_.depth_ > core_.max_depth_) core_.FailDepth();
    }
    ~Nesting() { --core_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    ParserCore& core_;
  };

  // A state to come back to.
  struct Checkpoint {
    const Token* cursor;
    uint32_t pending;
    uint32_t nodes;
    uint32_t elements;
  };
  Checkpoint Save() const;
  // Undoes all that was taken since, a failure too.
  void Restore(const Checkpoint& checkpoint);

 protected:
  void FailDepth();
  void Note(std::string_view what);
  void NoteLikely(std::span<const std::string_view> words);
  uint32_t IndexOf(const Token* token) const { return static_cast<uint32_t>(token - begin_); }

  SyntaxTree tree_;  // Its tokens still have their end tokens.
  const Token* begin_ = nullptr;
  const Token* end_ = nullptr;  // The first end token.
  const Token* cursor_ = nullptr;
  const Token* recorded_ =
      nullptr;  // While this is the current token, what is looked for is noted.
  std::vector<std::string_view> noted_;
  std::vector<Element> pending_;  // Children whose parent is not finished yet.
  int depth_ = 0;
  int max_depth_;
  bool failed_ = false;
  bool failed_by_depth_ = false;
  const Token* error_ = nullptr;  // Where it failed.
  std::string_view error_expected_;
  bool lexed_ok_;
  bool quoted_identifier_;  // At the end of the text.
};

}  // namespace datamigrate::tsql
