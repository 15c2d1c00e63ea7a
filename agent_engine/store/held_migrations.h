// Migrations that come after others: their jobs are held until those have succeeded.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_HELD_MIGRATIONS_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_HELD_MIGRATIONS_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/pg/pool.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {

// Queues held migrations when all that they come after have succeeded (or ended, for those that go
// on in any case), and fails those of which one has not; returns how many. Any number of engines
// may ask: each migration is moved once. For a sweep: those that come after one that fails by it
// are found by the next.
absl::StatusOr<int> ReleaseHeld(pg::Pool& pool);

// kFailedPrecondition, which says what to do, when the migration comes after one that has failed or
// was cancelled and does not go on without it.
absl::Status CheckDependencies(pg::Transaction& transaction, std::string_view migration_id);

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_HELD_MIGRATIONS_H_
