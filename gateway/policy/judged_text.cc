#include "gateway/policy/judged_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace datamigrate::gateway {
namespace {

using guardian::Match;

// Adds those matches of the part that its judgement is about.
void AddCuts(const guardian::Verdict& verdict, const JudgedText::Part& part,
             std::vector<Match>& to_cut) {
  for (const Match& match : verdict.matches) {
    if (match.category == part.finding.category &&
        std::ranges::find(part.judgement.rules, match.rule) != part.judgement.rules.end()) {
      to_cut.push_back(match);
    }
  }
}

}  // namespace

JudgedText JudgeText(const guardian::Verdict& verdict, guardian::FieldKind kind,
                     const Policy& policy, const RuleScores& scores, absl::Time now,
                     std::optional<guardian::Category> at_home) {
  JudgedText judged;
  for (Finding& finding : FindingsOf(verdict, kind)) {
    if (finding.category == at_home) continue;
    Policy::Judgement judgement = policy.Judge(finding, scores, now);
    judged.reaction = std::max(judged.reaction, judgement.reaction);
    judged.parts.push_back({std::move(finding), std::move(judgement)});
    if (judged.parts.back().judgement.reaction == Reaction::kSanitize) {
      AddCuts(verdict, judged.parts.back(), judged.to_cut);
    }
  }
  std::ranges::stable_sort(judged.to_cut, {}, &Match::offset);
  return judged;
}

std::string WithoutSpans(std::string_view text, const std::vector<Match>& spans) {
  std::string cut;
  size_t done = 0;
  for (const Match& span : spans) {
    size_t begin = span.offset;
    size_t end = std::min(span.offset + span.length, text.size());
    while (begin > 0 && IsContinuation(text[begin])) --begin;
    while (end < text.size() && IsContinuation(text[end])) ++end;
    if (end <= done) continue;
    if (begin >= done) {
      cut += text.substr(done, begin - done);
      cut += fmt::format("[{}]", span.rule);
    }
    done = end;
  }
  cut += text.substr(done);
  return cut;
}

void AddOnce(std::vector<std::string>& list, std::string_view item) {
  if (std::ranges::find(list, item) == list.end()) list.emplace_back(item);
}

}  // namespace datamigrate::gateway
