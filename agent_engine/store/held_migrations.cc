#include "agent_engine/store/held_migrations.h"

#include <string>

#include <fmt/format.h>

#include "agent_engine/store/migration_rows.h"

namespace datamigrate::store {
namespace {

// Each is moved once: repeating finds the rest.
const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

constexpr pg::Statement kQueueReady = {
    "queue_ready_jobs",
    "UPDATE jobs SET status = 'queued' WHERE id IN (SELECT j.id FROM jobs j"
    "   WHERE j.is_held AND NOT EXISTS (SELECT FROM migration_dependencies d"
    "     JOIN migrations m ON m.id = d.after_id WHERE d.migration_id = j.run_id"
    "       AND m.status <> 'completed'"
    "       AND NOT (d.goes_on AND m.status IN ('failed', 'cancelled')))"
    "   LIMIT 1000 FOR UPDATE OF j SKIP LOCKED)"};
constexpr pg::Statement kHopeless = {
    "hopeless_jobs",
    "SELECT j.id, j.run_id, f.after_id, f.status FROM jobs j CROSS JOIN LATERAL ("
    "   SELECT d.after_id, m.status FROM migration_dependencies d"
    "   JOIN migrations m ON m.id = d.after_id WHERE d.migration_id = j.run_id AND NOT d.goes_on"
    "     AND m.status IN ('failed', 'cancelled') ORDER BY m.finished_at LIMIT 1) f"
    " WHERE j.is_held LIMIT 100 FOR UPDATE OF j SKIP LOCKED"};
constexpr pg::Statement kFailJob = {"fail_hopeless_job",
                                    "UPDATE jobs SET status = 'failed' WHERE id = $1"};
constexpr pg::Statement kFailedBefore = {
    "failed_dependency",
    "SELECT d.after_id, m.status FROM migration_dependencies d"
    " JOIN migrations m ON m.id = d.after_id WHERE d.migration_id = $1 AND NOT d.goes_on"
    "   AND m.status IN ('failed', 'cancelled') ORDER BY m.finished_at LIMIT 1"};

// `row` has the other migration's id and status.
std::string WhatFailed(const pg::Row& row) {
  const std::string status = row.Get<std::string>("status");
  return fmt::format("it comes after migration {0}, which {1}; resume {0} first, then this one",
                     row.Get<std::string>("after_id"),
                     status == "cancelled" ? "was cancelled" : "has failed");
}

absl::StatusOr<int> FailHopeless(pg::Pool& pool) {
  int count = 0;
  absl::Status failed = pg::InTransaction(pool, kRepeatable, [&](pg::Transaction& transaction) {
    absl::StatusOr<pg::Result> hopeless = transaction.Execute(kHopeless);
    if (!hopeless.ok()) return hopeless.status();
    for (const pg::Row row : *hopeless) {
      absl::Status left = transaction.Execute(kFailJob, {row.Get<std::string>("id")}).status();
      if (!left.ok()) return left;
      absl::Status moved = MoveMigration(transaction, row.Get<std::string>("run_id"),
                                         MigrationStatus::kFailed, WhatFailed(row));
      if (!moved.ok()) return moved;
    }
    count = static_cast<int>(hopeless->size());
    return absl::OkStatus();
  });
  if (!failed.ok()) return failed;
  return count;
}

}  // namespace

absl::StatusOr<int> ReleaseHeld(pg::Pool& pool) {
  absl::StatusOr<pg::Result> queued = pg::Execute(pool, kRepeatable, kQueueReady);
  if (!queued.ok()) return queued.status();
  absl::StatusOr<int> failed = FailHopeless(pool);
  if (!failed.ok()) return failed;
  return static_cast<int>(queued->affected_rows()) + *failed;
}

absl::Status CheckDependencies(pg::Transaction& transaction, std::string_view migration_id) {
  absl::StatusOr<pg::Result> rows = transaction.Execute(kFailedBefore, {migration_id});
  if (!rows.ok() || rows->empty()) return rows.status();
  return absl::FailedPreconditionError(
      fmt::format("migration {} cannot begin: {}", migration_id, WhatFailed(rows->front())));
}

}  // namespace datamigrate::store
