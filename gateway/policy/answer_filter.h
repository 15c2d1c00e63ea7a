// What of a model's answer may reach the client, while the answer is still being written.
#ifndef DATAMIGRATE_GATEWAY_POLICY_ANSWER_FILTER_H_
#define DATAMIGRATE_GATEWAY_POLICY_ANSWER_FILTER_H_

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/guardian/scanner.h"
#include "gateway/policy/judged_text.h"
#include "gateway/policy/lending_pool.h"
#include "gateway/policy/policy.h"

namespace datamigrate::gateway {

using ScannerPool = LendingPool<guardian::Scanner>;

// What answers are filtered with; must outlive the filters.
struct AnswerRules {
  ScannerPool* scanners;
  const RuleScores* scores;
};

// What was found in an answer, without its text.
struct AnswerVerdict {
  Reaction reaction = Reaction::kAllow;
  std::vector<std::string> rules;  // those that the policy does not allow, each once
  std::vector<Finding> findings;   // one for each category
};

// Takes an answer in pieces and gives it out with what the policy wants cut replaced by the rule's
// name in brackets. Nothing is given out before it is known how it will be judged, as what a client
// has cannot be taken back: the last half kilobyte is held, and more (at most 16 KB) from where a
// match may have begun. Pieces are cut nowhere inside a character. For one thread at a time.
class AnswerFilter {
 public:
  AnswerFilter(const AnswerRules& rules, std::shared_ptr<const Policy> policy, absl::Time now)
      : rules_(rules), policy_(std::move(policy)), now_(now) {}

  // The text that may be given out now; "" while there is none, and for good once blocked.
  std::string Add(std::string_view piece);
  // The rest, at the answer's end.
  std::string Finish();
  // What came before is void, and the answer begins anew; what was found stays found.
  void Restart();

  // True once something was found that the policy blocks, or a match too long to be cut, or more of
  // them than the Guardian counts. Nothing more is given out then.
  bool is_blocked() const { return verdict_.reaction == Reaction::kBlock; }

  // Of what was given out or blocked so far.
  AnswerVerdict verdict() const;

 private:
  std::string AddSlice(std::string_view slice);
  std::string Scan(bool is_end);
  std::string Pass(size_t end, const std::vector<guardian::Match>& to_cut);
  void Note(const JudgedText& judged, const guardian::Verdict& verdict, size_t end);
  void Block();

  const AnswerRules rules_;
  const std::shared_ptr<const Policy> policy_;
  const absl::Time now_;
  std::string window_;  // the end of what was given out, as it came, and all that was not
  size_t passed_ = 0;   // of the window: so much was given out
  size_t scanned_ = 0;  // of the window: so much was scanned
  AnswerVerdict verdict_;
  std::array<Finding, guardian::kCategories> found_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_POLICY_ANSWER_FILTER_H_
