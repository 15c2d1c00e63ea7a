// What an organization wants done with what the Guardian finds.
#ifndef DATAMIGRATE_GATEWAY_POLICY_POLICY_H_
#define DATAMIGRATE_GATEWAY_POLICY_POLICY_H_

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/access/network_list.h"
#include "gateway/policy/finding.h"

namespace datamigrate::gateway {

// The stronger is the greater.
enum class Reaction {
  kAllow,
  kReport,    // pass, and say so in the audit log
  kSanitize,  // pass with what was found cut out
  kBlock,
};
std::string_view NameOf(Reaction reaction);
std::optional<Reaction> ParseReaction(std::string_view name);

// Immutable. A default one does as the Guardian itself: attacks are blocked; secrets, personal data
// and links that would carry text away pass in what clients send, and are cut out of what models
// answer.
class Policy {
 public:
  Policy() = default;

  // Reads the document of docs/reference/policies.md. `scores` says which rules there are.
  // Errors: kInvalidArgument names the place and what it takes.
  static absl::StatusOr<Policy> Parse(const nlohmann::json& document, const RuleScores& scores);

  // False for an address that is in none of the networks that the policy names, if it names any.
  bool AllowsAddress(std::string_view address) const {
    return addresses_.empty() || addresses_.Contains(address);
  }

  struct Judgement {
    Reaction reaction = Reaction::kAllow;
    std::vector<std::string> rules;  // those of the finding that are not on the allow list
  };
  // A pure function of its arguments, so that a recorded finding gets the answer that the text
  // would have got.
  Judgement Judge(const Finding& finding, const RuleScores& scores, absl::Time now) const;

 private:
  struct Threshold {
    guardian::Category category;
    std::optional<guardian::FieldKind> field;  // nothing: every one
    double score;
  };
  struct Allowed {
    std::string rule;
    std::optional<guardian::FieldKind> field;
    absl::Time expires_at;
  };

  bool IsAllowed(const std::string& rule, guardian::FieldKind kind, absl::Time now) const;
  double ThresholdOf(const Finding& finding) const;
  Reaction ReactionTo(const Finding& finding, const std::vector<std::string>& rules) const;

  bool only_reports_ = false;
  std::map<std::string, Reaction, std::less<>> reactions_;  // by rule or category
  std::vector<Threshold> thresholds_;
  std::vector<Allowed> allowed_;
  NetworkList addresses_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_POLICY_POLICY_H_
