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

namespace re2 {
class RE2;
}

namespace datamigrate::guardian {

// Immutable; safe to use from any thread.
class RuleBook {
 public:
  // Of all tables. Errors: as AnchorAutomaton::Compile; kInvalidArgument for a pattern that RE2
  // does not take.
  static absl::StatusOr<RuleBook> Compile();

  RuleBook(RuleBook&&) noexcept;
  ~RuleBook();

  struct Entry {
    const Rule* rule;
    Category category;
    std::unique_ptr<re2::RE2> pattern;  // null: the anchor will do
  };
  const std::vector<Entry>& entries() const { return entries_; }

  // Of the rules against attacks, which read normalised text, and of the rest, which reads it raw;
  // a hit's owner is an index of entries().
  const AnchorAutomaton& attacks() const { return *attacks_; }
  const AnchorAutomaton& disclosures() const { return *disclosures_; }

  // The match of an entry around an anchor that was found; nothing when the pattern or the
  // validator says no.
  std::optional<Finding> Confirm(const AnchorAutomaton::Hit& hit, std::string_view text) const;

 private:
  RuleBook() = default;

  std::vector<Entry> entries_;
  std::unique_ptr<const AnchorAutomaton> attacks_;
  std::unique_ptr<const AnchorAutomaton> disclosures_;
};

// True for what reads normalised text.
constexpr bool IsAttack(Category category) {
  return category <= Category::kPromptInjection;
}

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_RULE_BOOK_H_
