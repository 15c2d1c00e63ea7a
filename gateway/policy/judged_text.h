// What a policy makes of what the Guardian found in one text.
#ifndef DATAMIGRATE_GATEWAY_POLICY_JUDGED_TEXT_H_
#define DATAMIGRATE_GATEWAY_POLICY_JUDGED_TEXT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/guardian/scanner.h"
#include "gateway/policy/finding.h"
#include "gateway/policy/policy.h"

namespace datamigrate::gateway {

struct JudgedText {
  Reaction reaction = Reaction::kAllow;  // the strongest
  struct Part {
    Finding finding;
    Policy::Judgement judgement;
  };
  std::vector<Part> parts;              // one for each category that scored
  std::vector<guardian::Match> to_cut;  // by their offsets; may overlap
};

// `at_home`: a category whose matches are where they belong, and do not count.
JudgedText JudgeText(const guardian::Verdict& verdict, guardian::FieldKind kind,
                     const Policy& policy, const RuleScores& scores, absl::Time now,
                     std::optional<guardian::Category> at_home = std::nullopt);

// The text with each of `spans`, sorted by their offsets, replaced by its rule in brackets.
// Characters of several bytes go whole.
std::string WithoutSpans(std::string_view text, const std::vector<guardian::Match>& spans);

// True for a byte inside a character of several (UTF-8).
constexpr bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

void AddOnce(std::vector<std::string>& list, std::string_view item);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_POLICY_JUDGED_TEXT_H_
