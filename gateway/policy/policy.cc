#include "gateway/policy/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::json;

constexpr auto kReactions =
    std::to_array<std::string_view>({"allow", "report", "sanitize", "block"});

constexpr double kHighestThreshold = 100;

// Scores are recorded with two digits.
constexpr double kRounding = 0.005;

absl::Status Wrong(std::string_view place, size_t index, std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("/{}/{}{}", place, index, what));
}

std::string TextOf(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// The member "field" of an item: nothing where it is missing.
absl::StatusOr<std::optional<guardian::FieldKind>> FieldOf(const Json& item, std::string_view place,
                                                           size_t index) {
  if (!item.contains("field")) return std::nullopt;
  const auto kind = guardian::ParseFieldKind(TextOf(item, "field"));
  if (!kind.has_value()) return Wrong(place, index, "/field is no kind of field");
  return kind;
}

const Json& ListOf(const Json& document, const char* name) {
  static const Json kNone = Json::array();
  const auto found = document.find(name);
  return found != document.end() && found->is_array() ? *found : kNone;
}

// Where the policy says nothing. A request may need what in an answer would be given away.
Reaction UsualReactionTo(const Finding& finding) {
  if (guardian::IsAttack(finding.category)) return Reaction::kBlock;
  const bool is_answer = finding.kind == guardian::FieldKind::kModelOutput;
  return is_answer ? Reaction::kSanitize : Reaction::kAllow;
}

}  // namespace

std::string_view NameOf(Reaction reaction) {
  return kReactions[static_cast<size_t>(reaction)];
}

std::optional<Reaction> ParseReaction(std::string_view name) {
  const auto found = std::ranges::find(kReactions, name);
  if (found == kReactions.end()) return std::nullopt;
  return static_cast<Reaction>(found - kReactions.begin());
}

absl::StatusOr<Policy> Policy::Parse(const Json& document, const RuleScores& scores) {
  Policy policy;
  policy.only_reports_ = TextOf(document, "mode") == "report";
  size_t index = 0;
  for (const Json& item : ListOf(document, "reactions")) {
    const std::string to = TextOf(item, "to");
    const auto reaction = ParseReaction(TextOf(item, "reaction"));
    if (!ParseCategory(to).has_value() && !scores.contains(to)) {
      return Wrong("reactions", index, "/to is neither a category nor a rule of the Guardian");
    }
    if (!reaction.has_value()) {
      return Wrong("reactions", index, "/reaction must be allow, report, sanitize or block");
    }
    policy.reactions_[to] = *reaction;
    ++index;
  }
  index = 0;
  for (const Json& item : ListOf(document, "thresholds")) {
    const auto category = ParseCategory(TextOf(item, "category"));
    if (!category.has_value()) return Wrong("thresholds", index, "/category is no category");
    const auto field = FieldOf(item, "thresholds", index);
    if (!field.ok()) return field.status();
    const auto score = item.find("score");
    if (score == item.end() || !score->is_number() || score->get<double>() < 0 ||
        score->get<double>() > kHighestThreshold) {
      return Wrong("thresholds", index, "/score must be a number from 0 to 100");
    }
    policy.thresholds_.push_back({*category, *field, score->get<double>()});
    ++index;
  }
  index = 0;
  for (const Json& item : ListOf(document, "allow")) {
    Allowed allowed;
    allowed.rule = TextOf(item, "rule");
    if (!scores.contains(allowed.rule)) {
      return Wrong("allow", index, "/rule is no rule of the Guardian");
    }
    const auto field = FieldOf(item, "allow", index);
    if (!field.ok()) return field.status();
    allowed.field = *field;
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, TextOf(item, "expires_at"), &allowed.expires_at,
                         &error)) {
      return Wrong("allow", index, "/expires_at must be a time as 2026-11-21T16:00:00Z");
    }
    policy.allowed_.push_back(std::move(allowed));
    ++index;
  }
  index = 0;
  for (const Json& item : ListOf(document, "addresses")) {
    const absl::Status added =
        policy.addresses_.Add(item.is_string() ? item.get<std::string>() : "");
    if (!added.ok()) return Wrong("addresses", index, ": " + std::string(added.message()));
    ++index;
  }
  return policy;
}

bool Policy::IsAllowed(const std::string& rule, guardian::FieldKind kind, absl::Time now) const {
  return std::ranges::any_of(allowed_, [&](const Allowed& allowed) {
    return allowed.rule == rule && allowed.expires_at > now && allowed.field.value_or(kind) == kind;
  });
}

// What says more goes first: a threshold for the kind of field.
double Policy::ThresholdOf(const Finding& finding) const {
  double for_all = guardian::IsAttack(finding.category) ? 1 : 0;
  for (const Threshold& threshold : thresholds_) {
    if (threshold.category != finding.category) continue;
    if (threshold.field == finding.kind) return threshold.score;
    if (!threshold.field.has_value()) for_all = threshold.score;
  }
  return for_all;
}

Reaction Policy::ReactionTo(const Finding& finding, const std::vector<std::string>& rules) const {
  const auto of_category = reactions_.find(guardian::NameOf(finding.category));
  const Reaction otherwise =
      of_category != reactions_.end() ? of_category->second : UsualReactionTo(finding);
  Reaction strongest = Reaction::kAllow;
  for (const std::string& rule : rules) {
    const auto of_rule = reactions_.find(rule);
    strongest = std::max(strongest, of_rule != reactions_.end() ? of_rule->second : otherwise);
  }
  return strongest;
}

Policy::Judgement Policy::Judge(const Finding& finding, const RuleScores& scores,
                                absl::Time now) const {
  const auto score_of = [&](const std::string& rule) {
    const auto found = scores.find(rule);
    return found == scores.end() ? 1 : found->second;
  };
  Judgement judgement;
  double of_rules = 0;
  double score = 0;
  for (const std::string& rule : finding.rules) {
    of_rules += score_of(rule);
    if (IsAllowed(rule, finding.kind, now)) continue;
    judgement.rules.push_back(rule);
    score += score_of(rule);
  }
  if (judgement.rules.empty()) return judgement;
  // What the model hinted at beside the rules, and more matches of one rule, stay.
  score += std::max(finding.score - of_rules, 0.0);
  if (score + kRounding < ThresholdOf(finding)) return judgement;
  judgement.reaction = ReactionTo(finding, judgement.rules);
  if (only_reports_) judgement.reaction = std::min(judgement.reaction, Reaction::kReport);
  return judgement;
}

}  // namespace datamigrate::gateway
