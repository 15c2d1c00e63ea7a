// Organizations' policies in PostgreSQL. Thread safe; every call blocks.
#ifndef DATAMIGRATE_GATEWAY_STORE_POLICY_STORE_H_
#define DATAMIGRATE_GATEWAY_STORE_POLICY_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/pg/pool.h"

namespace datamigrate::gateway {

struct StoredPolicy {
  std::string organization_id;
  int version = 0;       // from 1
  std::string document;  // JSON
  std::string comment;
  std::string created_by;  // a user's id
  absl::Time created_at;
};

// A recorded request in which the Guardian found something.
struct RecordedFindings {
  int64_t sequence = 0;
  std::string action;
  std::string request_id;
  std::string verdict;
  std::string findings;  // as audit::Row has them
  absl::Time at;
};

class PolicyStore {
 public:
  // `pool` must outlive the store.
  explicit PolicyStore(pg::Pool* pool) : pool_(pool) {}

  // The latest version; nothing where there is none.
  absl::StatusOr<std::optional<StoredPolicy>> Latest(const std::string& organization_id);
  // The newest first, at most 100.
  absl::StatusOr<std::vector<StoredPolicy>> Versions(const std::string& organization_id);

  // Stores `policy` as the version after `policy.version`.
  // Errors: kAborted when that is not the latest one.
  absl::StatusOr<StoredPolicy> Add(const StoredPolicy& policy);

  // The latest policies of all organizations that changed since the last call, a minute earlier to
  // be sure; at the first call, all.
  absl::StatusOr<std::vector<StoredPolicy>> Changed();

  // Of an organization since `from`, the oldest first, at most 1000 after `after`.
  absl::StatusOr<std::vector<RecordedFindings>> Findings(const std::string& organization_id,
                                                         absl::Time from, int64_t after);

 private:
  pg::Pool* const pool_;
  absl::Mutex mutex_;
  absl::Time seen_until_ ABSL_GUARDED_BY(mutex_) = absl::UnixEpoch();
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_POLICY_STORE_H_
