// Checks the chains of a database.
#ifndef DATAMIGRATE_COMMON_AUDIT_VERIFY_H_
#define DATAMIGRATE_COMMON_AUDIT_VERIFY_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/audit/chain_check.h"
#include "common/pg/connection.h"

namespace datamigrate::audit {

struct ChainReport {
  std::string organization_id;
  int64_t rows = 0;     // that are there
  int64_t dropped = 0;  // older ones, by retention
  Head head;            // the last row as it is
  std::vector<Flaw> flaws;
};

// Hashes of rows by organization and sequence, as they were noted outside of the database.
using Anchors = std::map<std::string, std::map<int64_t, std::string>>;

// Lines "<organization> <sequence> <hash in hex>"; "#" begins a comment.
// Errors: kInvalidArgument names the line.
absl::StatusOr<Anchors> ParseAnchors(std::string_view text);
std::string AnchorLine(const ChainReport& report);

// Every chain of the database that the tables or `anchors` know of, or the one of
// `organization_id`, in one snapshot.
absl::StatusOr<std::vector<ChainReport>> VerifyChains(pg::Connection& connection,
                                                      const Anchors& anchors,
                                                      const std::string& organization_id = "");

}  // namespace datamigrate::audit

#endif  // DATAMIGRATE_COMMON_AUDIT_VERIFY_H_
