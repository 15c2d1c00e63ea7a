#include "agent_engine/store/migration_rows.h"

#include <string>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace datamigrate::store {
namespace {

constexpr pg::Statement kInsertEvent = {
    "insert_event",
    "WITH numbered AS (UPDATE migrations SET last_event = last_event + 1,"
    "   updated_at = clock_timestamp() WHERE id = $1 RETURNING id, last_event)"
    " INSERT INTO migration_events (migration_id, sequence, kind, payload, at)"
    " SELECT id, last_event, $2, $3::jsonb, coalesce($4::timestamptz, clock_timestamp())"
    " FROM numbered RETURNING sequence"};

constexpr pg::Statement kMoveMigration = {
    "move_migration",
    "UPDATE migrations SET status = $2::text, error = $3, is_set_aside = false,"
    "   updated_at = clock_timestamp(),"
    "   progress = CASE WHEN $2 = 'completed' THEN 1 ELSE progress END,"
    "   finished_at = CASE WHEN $2 IN ('completed', 'failed', 'cancelled')"
    "     THEN clock_timestamp() END"
    " WHERE id = $1 AND status <> $2::text RETURNING id"};

// A notice may be lost, so nobody waits until it is on the disk.
constexpr pg::Statement kAnnounceEvents = {
    "announce_events",
    "SELECT set_config('synchronous_commit', 'off', true), pg_notify('datamigrate_events', id)"
    " FROM unnest($1::text[]) AS id",
    true};

}  // namespace

absl::Status NoSuchMigration(std::string_view id) {
  return absl::NotFoundError(fmt::format("there is no migration {}", id));
}

absl::StatusOr<int64_t> InsertEvent(pg::Transaction& transaction, std::string_view migration_id,
                                    std::string_view kind, std::string_view payload_json,
                                    std::optional<absl::Time> at) {
  std::string payload = payload_json.empty() ? "{}" : pg::ToStorableJson(payload_json);
  absl::StatusOr<pg::Result> rows =
      transaction.Execute(kInsertEvent, {migration_id, kind, payload, at});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return absl::NotFoundError("there is no such migration");
  return rows->front().Get<int64_t>("sequence");
}

absl::Status MoveMigration(pg::Transaction& transaction, std::string_view migration_id,
                           MigrationStatus status, std::string_view error) {
  absl::StatusOr<pg::Result> moved = transaction.Execute(
      kMoveMigration, {migration_id, ToString(status), pg::ToStorableText(error)});
  if (!moved.ok() || moved->empty()) return moved.status();
  nlohmann::json payload = {{"status", ToString(status)}};
  if (!error.empty()) payload["error"] = pg::ToStorableText(error);
  return InsertEvent(transaction, migration_id, "status_changed", payload.dump()).status();
}

void AnnounceEvents(pg::Pool& pool, const std::vector<std::string>& migration_ids) {
  pg::Execute(pool, {.max_attempts = 1}, kAnnounceEvents, {migration_ids}).status().IgnoreError();
}

}  // namespace datamigrate::store
