// Takes rows and personal fields out of the audit log and leaves chains that are still whole.
#ifndef DATAMIGRATE_COMMON_AUDIT_UPKEEP_H_
#define DATAMIGRATE_COMMON_AUDIT_UPKEEP_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/audit/audit_row.h"
#include "common/pg/pool.h"

namespace datamigrate::audit {

struct Erasure {
  int64_t actors = 0;    // rows that no longer say who and from where
  int64_t objects = 0;   // rows that no longer say that it was done to the person
  int64_t unerased = 0;  // rows of version 1, whose fields are hashed themselves: they stay
};

// Erases a user from every chain: who and from where in the rows of what the user did, the object
// in the rows of what was done to the user. Each chain gets a row that lists the erased fields.
// `by` is who erases: its actor fields and request id go into those rows.
// Each chain is one transaction; after an error, call again.
absl::StatusOr<Erasure> EraseUser(pg::Pool& pool, const std::string& user_id, const Row& by);

// As EraseUser in the chain of one organization.
absl::StatusOr<Erasure> EraseUserFrom(pg::Pool& pool, const std::string& organization_id,
                                      const std::string& user_id, const Row& by);

// Drops rows from before `before`, the oldest first, up to the first that is younger. Each chain
// that loses rows gets one that says up to where, with the last one's hash (Checkpoint).
// Returns how many rows went. In transactions of bounded size; after an error, call again.
absl::StatusOr<int64_t> DropOldRows(pg::Pool& pool, absl::Time before, const Row& by);

}  // namespace datamigrate::audit

#endif  // DATAMIGRATE_COMMON_AUDIT_UPKEEP_H_
