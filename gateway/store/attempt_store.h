// Counts failed sign-ins, so that guessing takes longer and longer. Thread safe; every call blocks.
#ifndef DATAMIGRATE_GATEWAY_STORE_ATTEMPT_STORE_H_
#define DATAMIGRATE_GATEWAY_STORE_ATTEMPT_STORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/pool.h"

namespace datamigrate::gateway {

// Something whose failures are counted: an account, an address, or both together.
struct AttemptSubject {
  std::string name;   // "account:ann@example.com"; stored as a hash
  int free_failures;  // so many may fail before the waiting begins
};

// Beyond its free failures a subject waits 1, 2, 4, ... seconds after each, at most 15 minutes. A
// subject is forgotten one hour after its last failure. Counts are shared by every gateway.
class AttemptStore {
 public:
  // `pool` must outlive the store.
  explicit AttemptStore(pg::Pool* pool) : pool_(pool) {}

  // Counts an attempt as failed for every subject, in one statement, before its outcome is known:
  // so many guesses at the same time count as that many. Returns how long to wait, which is zero
  // when the attempt may go on; an attempt that must wait is not counted.
  absl::StatusOr<absl::Duration> Begin(const std::vector<AttemptSubject>& subjects);

  // The attempt succeeded: forgets the `cleared` subjects' failures and takes back one of the
  // `eased`.
  absl::Status Succeed(const std::vector<std::string>& cleared,
                       const std::vector<std::string>& eased);

  // Removes what is forgotten.
  absl::Status Sweep();

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_ATTEMPT_STORE_H_
