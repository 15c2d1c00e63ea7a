#include "gateway/policy/finding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_split.h"

namespace datamigrate::gateway {

std::vector<Finding> FindingsOf(const guardian::Verdict& verdict, guardian::FieldKind kind) {
  std::vector<Finding> findings;
  for (size_t i = 0; i < guardian::kCategories; ++i) {
    const auto category = static_cast<guardian::Category>(i);
    Finding finding{kind, category, verdict.scores[i], {}};
    for (const guardian::Match& match : verdict.matches) {
      const bool is_new = std::ranges::find(finding.rules, match.rule) == finding.rules.end();
      if (match.category == category && is_new) finding.rules.emplace_back(match.rule);
    }
    // A hint of the model alone is none.
    if (!finding.rules.empty()) findings.push_back(std::move(finding));
  }
  return findings;
}

std::string FindingText(const Finding& finding) {
  // Rounded down, so that what was not enough stays so.
  return fmt::format("{}:{}:{:.2f}:{}", guardian::NameOf(finding.kind),
                     guardian::NameOf(finding.category), std::floor(finding.score * 100) / 100,
                     fmt::join(finding.rules, "+"));
}

std::optional<Finding> ParseFinding(std::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(std::string(text), ':');
  if (parts.size() != 4) return std::nullopt;
  const auto kind = guardian::ParseFieldKind(parts[0]);
  const auto category = ParseCategory(parts[1]);
  if (!kind.has_value() || !category.has_value()) return std::nullopt;
  const std::vector<std::string> rules = absl::StrSplit(parts[3], '+');
  return Finding{*kind, *category, std::strtod(parts[2].c_str(), nullptr), rules};
}

RuleScores ScoresOf(const guardian::RuleBook& rules) {
  RuleScores scores;
  for (const guardian::RuleBook::Entry& entry : rules.entries()) {
    scores[std::string(entry.rule->id)] = entry.rule->score;
  }
  for (size_t i = 0; i < guardian::kCategories; ++i) {
    const auto category = static_cast<guardian::Category>(i);
    if (guardian::IsAttack(category)) {
      scores[fmt::format("{}.model", guardian::NameOf(category))] = 1;
    }
  }
  return scores;
}

std::optional<guardian::Category> ParseCategory(std::string_view name) {
  for (size_t i = 0; i < guardian::kCategories; ++i) {
    const auto category = static_cast<guardian::Category>(i);
    if (guardian::NameOf(category) == name) return category;
  }
  return std::nullopt;
}

}  // namespace datamigrate::gateway
