// What the Guardian found in a text, without the text: enough to judge it again by another policy.
#ifndef DATAMIGRATE_GATEWAY_POLICY_FINDING_H_
#define DATAMIGRATE_GATEWAY_POLICY_FINDING_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/guardian/field_kind.h"
#include "common/guardian/rule_book.h"
#include "common/guardian/scanner.h"

namespace datamigrate::gateway {

// One category in one text.
struct Finding {
  guardian::FieldKind kind = guardian::FieldKind::kUnknown;
  guardian::Category category = guardian::Category::kSqlInjection;
  double score = 0;                // of the category: 1 is enough for an attack
  std::vector<std::string> rules;  // each once

  friend bool operator==(const Finding&, const Finding&) = default;
};

// One for each category that scored.
std::vector<Finding> FindingsOf(const guardian::Verdict& verdict, guardian::FieldKind kind);

// "chat:prompt_injection:1.25:prompt_injection.role+prompt_injection.model", and back; nothing for
// another text.
std::string FindingText(const Finding& finding);
std::optional<Finding> ParseFinding(std::string_view text);

// What each rule adds to its category, by id; the model's, too.
using RuleScores = std::map<std::string, double, std::less<>>;
RuleScores ScoresOf(const guardian::RuleBook& rules);

// "secret"; nothing for another word.
std::optional<guardian::Category> ParseCategory(std::string_view name);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_POLICY_FINDING_H_
