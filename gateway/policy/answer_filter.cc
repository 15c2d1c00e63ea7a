#include "gateway/policy/answer_filter.h"

#include <algorithm>
#include <utility>

namespace datamigrate::gateway {
namespace {

using guardian::FieldKind;
using guardian::Match;

// Fewer new bytes wait for more: each scan reads the whole window.
constexpr size_t kStep = 64;
// Of a long piece, so that no window has more matches than a verdict.
constexpr size_t kSlice = 1024;
// Of what was given out, for rules that look at what stands before a match.
constexpr size_t kContext = 1024;
constexpr size_t kMostHeld = 16 * 1024;

// The end of the last whole character before `position`, which is not past the text's end.
size_t WholeCharacters(std::string_view text, size_t position) {
  while (position > 0 && position < text.size() && IsContinuation(text[position])) --position;
  return position;
}

// A match is given out cut, or not yet: never one half of it.
size_t BeforeMatches(const std::vector<Match>& to_cut, size_t end) {
  for (auto match = to_cut.rbegin(); match != to_cut.rend(); ++match) {
    if (match->offset < end && end < match->offset + match->length) end = match->offset;
  }
  return end;
}

}  // namespace

std::string AnswerFilter::Add(std::string_view piece) {
  std::string passed;
  for (; !piece.empty() && !is_blocked(); piece.remove_prefix(std::min(kSlice, piece.size()))) {
    passed += AddSlice(piece.substr(0, kSlice));
  }
  return is_blocked() ? "" : passed;
}

std::string AnswerFilter::AddSlice(std::string_view slice) {
  window_ += slice;
  return window_.size() - scanned_ < kStep ? "" : Scan(/*is_end=*/false);
}

std::string AnswerFilter::Finish() {
  std::string passed = is_blocked() ? "" : Scan(/*is_end=*/true);
  Restart();
  return passed;
}

void AnswerFilter::Restart() {
  window_.clear();
  passed_ = scanned_ = 0;
}

std::string AnswerFilter::Scan(bool is_end) {
  guardian::Verdict verdict;
  size_t end = window_.size();
  {
    auto scanner = rules_.scanners->Borrow();
    verdict = scanner->Scan(window_, FieldKind::kModelOutput);
    if (!is_end) end = scanner->SettledEnd(window_);
  }
  scanned_ = window_.size();
  const JudgedText judged =
      JudgeText(verdict, FieldKind::kModelOutput, *policy_, *rules_.scores, now_);
  end = std::max(passed_, WholeCharacters(window_, BeforeMatches(judged.to_cut, end)));
  const bool is_too_much =
      verdict.matches.size() >= guardian::Scanner::kMostMatches || window_.size() - end > kMostHeld;
  if (judged.reaction == Reaction::kBlock || is_too_much) {
    Note(judged, verdict, window_.size());
    Block();
    return "";
  }
  Note(judged, verdict, end);
  return Pass(end, judged.to_cut);
}

std::string AnswerFilter::Pass(size_t end, const std::vector<Match>& to_cut) {
  std::vector<Match> cuts;
  for (Match match : to_cut) {
    const size_t match_end = std::min(match.offset + match.length, end);
    match.offset = std::max(match.offset, passed_);
    if (match.offset >= match_end) continue;
    match.length = match_end - match.offset;
    match.offset -= passed_;
    cuts.push_back(match);
  }
  std::string passed = WithoutSpans(std::string_view(window_).substr(passed_, end - passed_), cuts);
  const size_t kept = end - std::min(end, kContext);
  const size_t dropped = WholeCharacters(window_, kept);
  window_.erase(0, dropped);
  passed_ = end - dropped;
  scanned_ -= dropped;
  return passed;
}

// Each match is noted once: when the text that it stands in is given out.
void AnswerFilter::Note(const JudgedText& judged, const guardian::Verdict& verdict, size_t end) {
  for (const JudgedText::Part& part : judged.parts) {
    Finding& found = found_[static_cast<size_t>(part.finding.category)];
    found.kind = FieldKind::kModelOutput;
    found.category = part.finding.category;
    for (const Match& match : verdict.matches) {
      if (match.category != found.category || match.offset < passed_ || match.offset >= end) {
        continue;
      }
      found.score += match.score;
      AddOnce(found.rules, match.rule);
      if (std::ranges::find(part.judgement.rules, match.rule) == part.judgement.rules.end()) {
        continue;
      }
      AddOnce(verdict_.rules, match.rule);
      verdict_.reaction = std::max(verdict_.reaction, part.judgement.reaction);
    }
  }
}

void AnswerFilter::Block() {
  verdict_.reaction = Reaction::kBlock;
  Restart();
}

AnswerVerdict AnswerFilter::verdict() const {
  AnswerVerdict verdict = verdict_;
  for (const Finding& found : found_) {
    if (!found.rules.empty()) verdict.findings.push_back(found);
  }
  return verdict;
}

}  // namespace datamigrate::gateway
