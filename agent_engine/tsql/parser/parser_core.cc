#include "agent_engine/tsql/parser/parser_core.h"

#include <algorithm>

#include "agent_engine/tsql/parser/error_text.h"

namespace datamigrate::tsql {

ParserCore::ParserCore(std::string_view text, LexResult lexed, int max_depth)
    : max_depth_(max_depth), lexed_ok_(lexed.ok), quoted_identifier_(lexed.quoted_identifier) {
  tree_.text = text;
  tree_.tokens = std::move(lexed.tokens);
  begin_ = tree_.tokens.data();
  end_ = begin_ + (tree_.tokens.size() - kEndTokenCount);
  cursor_ = begin_;
  tree_.nodes.reserve(tree_.tokens.size());
  tree_.elements.reserve(tree_.tokens.size() * 2);
}

bool ParserCore::BeginsLine(const Token& token) const {
  if (&token == begin_) return true;
  const uint32_t gap_begin = (&token)[-1].end;
  const std::string_view gap = tree_.text.substr(gap_begin, token.begin - gap_begin);
  return gap.find('\n') != std::string_view::npos;
}

void ParserCore::Finish(NodeKind kind, Mark start, Role role) {
  if (failed_) return;
  const auto node = static_cast<uint32_t>(tree_.nodes.size());
  const auto first_element = static_cast<uint32_t>(tree_.elements.size());
  const auto count = static_cast<uint32_t>(pending_.size() - start.value);
  uint32_t first_token = IndexOf(cursor_);
  uint32_t end_token = first_token;
  if (count > 0) {
    const Element first = pending_[start.value];
    const Element last = pending_.back();
    first_token = first.is_node ? tree_.nodes[first.index].first_token : first.index;
    end_token = last.is_node ? tree_.nodes[last.index].end_token : last.index + 1;
  }
  tree_.elements.insert(tree_.elements.end(), pending_.begin() + start.value, pending_.end());
  pending_.resize(start.value);
  tree_.nodes.push_back({first_element, count, first_token, end_token, kind});
  pending_.push_back({node, 1, role});
}

void ParserCore::Fail(std::string_view expected) {
  if (failed_) return;
  failed_ = true;
  error_ = cursor_;
  error_expected_ = expected;
  cursor_ = end_;
}

void ParserCore::FailDepth() {
  if (failed_) return;
  Fail({});
  failed_by_depth_ = true;
}

void ParserCore::Note(std::string_view what) {
  if (failed_) return;  // The cursor is at the end, where nothing is looked for any more.
  if (std::ranges::find(noted_, what) == noted_.end()) noted_.push_back(what);
}

void ParserCore::NoteLikely(std::span<const std::string_view> words) {
  for (const std::string_view word : words) {
    if (IsOneSlipAway(TextOf(*cursor_), word)) Note(word);
  }
}

ParserCore::Checkpoint ParserCore::Save() const {
  return {cursor_, static_cast<uint32_t>(pending_.size()),
          static_cast<uint32_t>(tree_.nodes.size()), static_cast<uint32_t>(tree_.elements.size())};
}

void ParserCore::Restore(const Checkpoint& checkpoint) {
  cursor_ = checkpoint.cursor;
  pending_.resize(checkpoint.pending);
  tree_.nodes.resize(checkpoint.nodes);
  tree_.elements.resize(checkpoint.elements);
  failed_ = false;
  failed_by_depth_ = false;
}

}  // namespace datamigrate::tsql
