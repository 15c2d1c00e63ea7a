// Finds what was done to a chain of audit rows after they were written.
#ifndef DATAMIGRATE_COMMON_AUDIT_CHAIN_CHECK_H_
#define DATAMIGRATE_COMMON_AUDIT_CHAIN_CHECK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/audit/audit_row.h"
#include "common/audit/chain_writer.h"

namespace datamigrate::audit {

// Where the rows begin once the oldest were dropped: the last dropped row, and the row of the chain
// that says so.
struct Checkpoint {
  int64_t through = 0;  // 0: nothing was dropped
  std::string hash;
  int64_t recorded_by = 0;
};

// Action and object of the row that records a checkpoint.
inline constexpr std::string_view kDropAction = "dropAuditRows";
std::string CheckpointText(int64_t through, std::string_view hash);

// Action of the row that records an erasure; its text_sha256 is that of the list of fields, as
// "actor:12 object:15".
inline constexpr std::string_view kEraseAction = "eraseAuditFields";

struct Flaw {
  int64_t sequence = 0;  // where
  std::string what;      // "the row was changed"
};

// What is known of a chain beside its rows.
struct ChainFacts {
  Head head;                                // as audit_chains has it
  Checkpoint checkpoint;                    // as audit_checkpoints has it
  std::map<int64_t, std::string> erasures;  // audit_erasures: lists of fields, by row
  // Hashes that rows had, by sequence, as somebody outside the database noted them.
  std::map<int64_t, std::string> anchors;
};

// One chain's check: Add every row in the order of the sequences, then Finish. A pure function of
// what it is given.
class ChainCheck {
 public:
  explicit ChainCheck(ChainFacts facts);

  void Add(const Row& row);

  // Everything that does not fit, at most `kMostFlaws`; empty for a sound chain.
  std::vector<Flaw> Finish();

  int64_t rows() const { return rows_; }

  static constexpr size_t kMostFlaws = 100;

 private:
  void Note(int64_t sequence, std::string what);
  void CheckPlace(const Row& row);
  void CheckFields(const Row& row);
  void CheckRecords(const Row& row);
  void CheckAnchor(int64_t sequence, const std::string& hash);
  void CheckErasures();
  void CheckEnd();

  const ChainFacts facts_;
  int64_t rows_ = 0;
  Head last_;
  bool is_after_gap_ = false;  // the present row's predecessor is not there
  bool has_checkpoint_row_ = false;
  std::set<std::string> erased_;             // found: "actor:12"
  std::map<int64_t, std::string> recorded_;  // erasures' hashes of lists, by row
  std::vector<Flaw> flaws_;
};

}  // namespace datamigrate::audit

#endif  // DATAMIGRATE_COMMON_AUDIT_CHAIN_CHECK_H_
