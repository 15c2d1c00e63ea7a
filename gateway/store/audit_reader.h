// What an organization's auditors ask of its audit rows. Thread safe; every call blocks.
#ifndef DATAMIGRATE_GATEWAY_STORE_AUDIT_READER_H_
#define DATAMIGRATE_GATEWAY_STORE_AUDIT_READER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/audit/stored_rows.h"
#include "common/pg/pool.h"

namespace datamigrate::gateway {

// Numbers of requests, in a span of time.
struct AuditSummary {
  struct Hour {
    absl::Time begin;
    int64_t requests = 0;
    int64_t blocked = 0;  // by the Guardian
    int64_t refused = 0;  // with 401, 403 or 429, the blocked ones apart
    int64_t failed = 0;   // with 5xx
  };
  struct Address {
    std::string remote_address;
    int64_t requests = 0;
    absl::Time last_at;
  };
  using Count = std::pair<std::string, int64_t>;

  std::vector<Hour> hours;         // those with any, the oldest first
  std::vector<Count> actions;      // the most frequent first, at most 50
  std::vector<Count> verdicts;     // "": nothing was scanned
  std::vector<Count> rules;        // at most 20
  std::vector<Address> addresses;  // of what was blocked or refused, at most 20
  // From arrival to the endpoint's answer, of the requests that have rows of their own.
  int64_t p50_micros = 0;
  int64_t p95_micros = 0;
  int64_t p99_micros = 0;
};

// Everything is asked on behalf of one organization, behind row-level security.
class AuditReader {
 public:
  // `pool` must outlive the reader.
  explicit AuditReader(pg::Pool* pool) : pool_(pool) {}

  // As audit::ReadNewestRows and ReadOldestRows.
  absl::StatusOr<std::vector<audit::Row>> Newest(const audit::RowFilter& filter, int64_t before,
                                                 int limit);
  absl::StatusOr<std::vector<audit::Row>> Oldest(const audit::RowFilter& filter, int64_t after,
                                                 int limit);

  absl::StatusOr<AuditSummary> Summarize(const std::string& organization_id, absl::Time from,
                                         absl::Time to);

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_AUDIT_READER_H_
