// Changes of a migration's row that more than one file of this folder makes.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_MIGRATION_ROWS_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_MIGRATION_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/records.h"
#include "common/pg/pool.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {

// The answer about a migration that is not there, or another tenant's.
absl::Status NoSuchMigration(std::string_view id);

// Writes one new migration, its job and its first event, as MigrationStore::Create does.
absl::StatusOr<CreatedMigration> InsertMigration(pg::Transaction& transaction,
                                                 const NewMigration& migration);

// Adds an event to the migration and returns its sequence. Locks the migration's row until the
// transaction ends, so numbers are visible in their order and without gaps. Take a lock on the job
// first where both are needed. kNotFound for an unknown migration.
absl::StatusOr<int64_t> InsertEvent(pg::Transaction& transaction, std::string_view migration_id,
                                    std::string_view kind, std::string_view payload_json,
                                    std::optional<absl::Time> at = std::nullopt);

// Sets the migration's status and adds the event "status_changed"; neither when it has that status
// already.
absl::Status MoveMigration(pg::Transaction& transaction, std::string_view migration_id,
                           MigrationStatus status, std::string_view error = "");

// Tells watchers of these migrations, whose events were inserted as announced, that there are new
// ones. What is lost on the way they find by themselves: they look from time to time.
void AnnounceEvents(pg::Pool& pool, const std::vector<std::string>& migration_ids);

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_MIGRATION_ROWS_H_
