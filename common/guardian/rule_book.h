// Every rule, compiled.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_RULE_BOOK_H_
#define DATAMIGRATE_COMMON_GUARDIAN_RULE_BOOK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/guardian/anchor_automaton.h"
#include "common/guardian/rule.h"

namespace datamigrate::guardian {

// Immutable; safe to use from any thread.
class RuleBook {
 public:
  // Of all tables; patterns are compiled when they are first needed.
  // Errors: as AnchorAutomaton::Compile.
  static absl::StatusOr<RuleBook> Compile();

  // Compiles every pattern. Errors: kInvalidArgument names the rule whose pattern is wrong.
  absl::Status CheckPatterns() const;

  RuleBook(RuleBook&&) noexcept;
  ~RuleBook();

  struct Entry {
    const Rule* rule;
    Category category;
  };
  const std::vector<Entry>& entries() const { return entries_; }
  // Those of rules against attacks that are tried on short texts, as numbers in entries().
  const std::vector<uint32_t>& whole_text_entries() const { return whole_text_entries_; }

  // Of all rules, and of those that read raw text: secrets, personal data and exfiltration. A hit's
  // owner is an index of entries().
  const AnchorAutomaton& all() const { return *all_; }
  const AnchorAutomaton& disclosures() const { return *disclosures_; }

  // The longest anchor of disclosures(), in bytes.
  size_t longest_anchor() const { return longest_anchor_; }

  // How far a match of disclosures() may begin before the end of its anchor, in bytes.
  size_t longest_lead() const { return longest_lead_; }

  // The match of an entry around an anchor that was found; nothing when the pattern or the
  // validator says no.
  std::optional<Finding> Confirm(const AnchorAutomaton::Hit& hit, std::string_view text) const;

 private:
  struct Pattern;

  RuleBook() = default;
  // Of the entry's rule, compiled at the first call.
  const Pattern& PatternOf(size_t entry) const;

  std::vector<Entry> entries_;
  std::vector<uint32_t> whole_text_entries_;
  std::vector<std::unique_ptr<Pattern>> patterns_;  // by entry
  size_t longest_lead_ = 0;
  size_t longest_anchor_ = 0;
  std::unique_ptr<const AnchorAutomaton> all_;
  std::unique_ptr<const AnchorAutomaton> disclosures_;
};

// True for what reads normalised text.
constexpr bool IsAttack(Category category) {
  return category <= Category::kPromptInjection;
}

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_RULE_BOOK_H_
