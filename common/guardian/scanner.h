// The Guardian: says of a text whether to let it pass.
//
//   guardian::Scanner scanner(*guardian::RuleBook::Compile(), guardian::LinearModel::BuiltIn());
//   guardian::Verdict verdict = scanner.Scan("1' OR '1'='1", guardian::FieldKind::kChat);
//   // verdict.action == Action::kBlock, verdict.matches[0].rule == "sql_injection.tautology"
#ifndef DATAMIGRATE_COMMON_GUARDIAN_SCANNER_H_
#define DATAMIGRATE_COMMON_GUARDIAN_SCANNER_H_

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/guardian/field_kind.h"
#include "common/guardian/model/features.h"
#include "common/guardian/model/linear_model.h"
#include "common/guardian/rule_book.h"
#include "common/guardian/text/normalized_text.h"

namespace datamigrate::guardian {

enum class Action : uint8_t {
  kAllow,
  kSanitize,  // pass it on with the matches cut out
  kBlock,
};
std::string_view NameOf(Action action);  // "allow"

struct Match {
  std::string_view rule;  // a rule's id, or "sql_injection.model"
  Category category;
  size_t offset;  // in bytes of the raw text
  size_t length;
  float score;  // towards 1, which blocks
};

struct Verdict {
  Action action = Action::kAllow;
  std::vector<Match> matches;  // in the order of their offsets; those that did not suffice, too
  std::array<float, kCategories> scores{};  // of each category
};

// One for each thread: it holds what a scan needs. Work is linear in the text.
class Scanner {
 public:
  // Both must outlive the scanner. Check-fails when there is no memory for it.
  Scanner(const RuleBook& rules, const LinearModel& model);
  ~Scanner();

  // A verdict has no more matches of secrets, personal data and exfiltration than this: a text that
  // has more is not described by it.
  static constexpr size_t kMostMatches = 256;

  Verdict Scan(std::string_view text, FieldKind kind);

  // For a text that goes on: where the part of it ends in which secrets, personal data and
  // exfiltration are found alike whatever follows. A match that Scan finds to go past there may be
  // a longer one later. Half a kilobyte before the text's end where nothing in it looks like the
  // beginning of a match; up to some 12 KB where it does.
  size_t SettledEnd(std::string_view text);

  // What the model may be given of a text: for training. `on_window` is called for each window.
  void ReadFeatures(std::string_view text, absl::FunctionRef<void(const FeatureWindow&)> on_window);

 private:
  // Finds disclosure_hits_, too: anchors of both are looked for at once.
  void FindAttacks(std::string_view raw, FieldKind kind, Verdict& verdict);
  // Adds what a scan of the normalised text cannot see: the anchors that stand, at least in part,
  // where it differs from `raw`.
  void AddHitsBetween(std::string_view raw, std::span<const NormalizedText::Stretch> stretches);
  void AddHitsIn(std::string_view raw, size_t begin, size_t end);
  void FindDisclosures(std::string_view text, FieldKind kind, Verdict& verdict);
  void Judge(Verdict& verdict);
  // Whether the model reads this window of the normalised text.
  bool IsWorthReading(std::string_view window) const;
  void StartFeatures();
  void Decide(Verdict& verdict) const;
  // Where `begin` to `end` of the normalised text stand in the raw one: offset and length.
  std::pair<size_t, size_t> RawSpan(size_t begin, size_t end) const;

  const RuleBook& rules_;
  const LinearModel& model_;
  std::unique_ptr<AnchorAutomaton::Scratch> scratch_;
  std::unique_ptr<AnchorAutomaton::Scratch> disclosure_scratch_;
  std::vector<AnchorAutomaton::Hit> disclosure_hits_;  // in the raw text
  size_t raw_size_ = 0;
  NormalizedText normalized_;
  FeatureReader features_;
  std::vector<size_t> spoken_;  // where rules spoke, in bytes of the normalised text
  std::vector<Finding> findings_;
  std::vector<char> is_found_;  // by entry of the rule book
  std::vector<uint64_t> traits_;
};

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_SCANNER_H_
