// New migrations.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "agent_engine/store/migration_rows.h"
#include "agent_engine/store/migration_store.h"
#include "common/crypto/encoding.h"
#include "common/crypto/random.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

// The same twice as once.
const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

// Each parameter but $6, all requests in a row, is an array with an element for each migration.
// Returns those whose key was not there. It looks at no rows but its own: a plan that was made
// while the tables were empty stays good when they are not.
constexpr pg::Statement kCreate = {
    "create_migrations",
    "WITH asked AS MATERIALIZED (SELECT clock_timestamp() AS now, a.*"
    "   FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $7::integer[],"
    "     $8::integer[], $9::integer[], $10::text[], $11::boolean[], $12::text[], $13::uuid[])"
    "     WITH ORDINALITY AS a (tenant, created_by, name, key, kind, start, length, priority,"
    "       target, is_held, start_at, id, place)),"
    " inserted AS ("
    "   INSERT INTO migrations (id, tenant, created_by, name, idempotency_key, request, last_event,"
    "     created_at, updated_at, target)"
    "   SELECT id, tenant, created_by, name, nullif(key, ''),"
    "     substring($6::bytea FROM start FOR length), 1, now, now, target FROM asked"
    "   ON CONFLICT (tenant, idempotency_key) DO NOTHING RETURNING id, created_at),"
    " job AS (INSERT INTO jobs (id, run_id, kind, priority, tenant, status, available_at)"
    "   SELECT id, id, kind, priority, tenant, CASE WHEN is_held THEN 'held' ELSE 'queued' END,"
    "     greatest(nullif(start_at, '')::timestamptz, now)"
    "   FROM asked JOIN inserted USING (id)),"
    " event AS (INSERT INTO migration_events (migration_id, sequence, kind, payload)"
    "   SELECT id, 1, 'created', '{\"status\": \"pending\"}' FROM inserted)"
    " SELECT a.place, i.id, i.created_at FROM asked a JOIN inserted i USING (id)",
    true};
// $3: requests in hexadecimal.
constexpr pg::Statement kFindByKey = {
    "find_migrations_by_key",
    "SELECT a.place, m.id, m.created_at, m.request = decode(a.request, 'hex') AS is_same"
    " FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY"
    "   AS a (tenant, key, request, place)"
    " JOIN migrations m ON m.tenant = a.tenant AND m.idempotency_key = a.key"};
constexpr pg::Statement kUnknownBefore = {
    "find_unknown_dependency",
    "SELECT b.id FROM unnest($2::uuid[]) AS b (id) WHERE NOT EXISTS ("
    "   SELECT FROM migrations m WHERE m.id = b.id AND m.tenant = $1) LIMIT 1"};
constexpr pg::Statement kInsertDependencies = {
    "insert_dependencies",
    "INSERT INTO migration_dependencies (migration_id, after_id, goes_on)"
    " SELECT DISTINCT $1::uuid, b.id, $3::boolean FROM unnest($2::uuid[]) AS b (id)"};
// A notice may be lost, so nobody waits until it is on the disk.
constexpr pg::Statement kAnnounceJobs = {
    "announce_jobs",
    "SELECT set_config('synchronous_commit', 'off', true), pg_notify('datamigrate_jobs', '')",
    true};

using Migrations = std::vector<NewMigration>;
using Places = std::vector<size_t>;
using CreatedAll = std::vector<absl::StatusOr<CreatedMigration>>;

// Those of kCreate for the migrations at these places.
std::vector<pg::Parameter> CreationParameters(const Migrations& migrations, const Places& places) {
  std::vector<std::string> tenants, creators, names, keys, kinds, begins, lengths, priorities,
      targets, held, starts, ids;
  std::string requests;
  for (const size_t place : places) {
    const NewMigration& migration = migrations[place];
    tenants.push_back(migration.tenant);
    creators.push_back(migration.created_by);
    names.push_back(pg::ToStorableText(migration.name));
    keys.push_back(migration.idempotency_key);
    kinds.push_back(migration.job_kind);
    begins.push_back(std::to_string(requests.size() + 1));  // substring counts from 1
    lengths.push_back(std::to_string(migration.request.size()));
    requests += migration.request;
    priorities.push_back(std::to_string(migration.priority));
    targets.push_back(migration.target);
    held.push_back(migration.after.empty() ? "false" : "true");
    starts.push_back(migration.start_at ? pg::Parameter(*migration.start_at).value() : "");
    ids.push_back(crypto::TimeOrderedUuid());
  }
  return {tenants, creators, names,      keys,    kinds, pg::Bytes{std::move(requests)},
          begins,  lengths,  priorities, targets, held,  starts,
          ids};
}

std::vector<pg::Parameter> KeyParameters(const Migrations& migrations, const Places& places) {
  std::vector<std::string> tenants, keys, requests;
  for (const size_t place : places) {
    tenants.push_back(migrations[place].tenant);
    keys.push_back(migrations[place].idempotency_key);
    requests.push_back(crypto::HexEncode(migrations[place].request));
  }
  return {tenants, keys, requests};
}

absl::StatusOr<CreatedMigration> FoundByKey(const pg::Row& row) {
  if (row.Get<bool>("is_same")) {
    return CreatedMigration{row.Get<std::string>("id"), false, row.Get<absl::Time>("created_at")};
  }
  return absl::AlreadyExistsError(
      "the idempotency key was used for another request; use a new key");
}

// Answers for those that the rows are about, and takes them out of `open`.
template <typename ToCreated>
void Answer(const pg::Result& rows, Places& open, CreatedAll& created, ToCreated to_created) {
  std::vector<bool> is_answered(open.size(), false);
  for (const pg::Row row : rows) {
    const auto at = static_cast<size_t>(row.Get<int64_t>("place")) - 1;
    created[open[at]] = to_created(row);
    is_answered[at] = true;
  }
  Places left;
  for (size_t i = 0; i < open.size(); ++i) {
    if (!is_answered[i]) left.push_back(open[i]);
  }
  open = std::move(left);
}

// Creates those at `open` or finds them by their keys; what is left in `open` has neither been
// possible for: someone with the same key has not committed, or has failed, meanwhile.
// `execute` runs a statement.
template <typename Execute>
absl::Status CreateOrFind(const Migrations& migrations, Places& open, CreatedAll& created,
                          Execute execute) {
  absl::StatusOr<pg::Result> inserted = execute(kCreate, CreationParameters(migrations, open));
  if (!inserted.ok()) return inserted.status();
  Answer(*inserted, open, created, [](const pg::Row& row) {
    return CreatedMigration{row.Get<std::string>("id"), true, row.Get<absl::Time>("created_at")};
  });
  if (open.empty()) return absl::OkStatus();
  absl::StatusOr<pg::Result> found = execute(kFindByKey, KeyParameters(migrations, open));
  if (!found.ok()) return found.status();
  Answer(*found, open, created, FoundByKey);
  return absl::OkStatus();
}

// kFailedPrecondition for one to come after that the tenant does not have.
absl::Status CheckBefore(pg::Transaction& transaction, const NewMigration& migration) {
  if (migration.after.empty()) return absl::OkStatus();
  absl::StatusOr<pg::Result> unknown =
      transaction.Execute(kUnknownBefore, {migration.tenant, migration.after});
  if (!unknown.ok() || unknown->empty()) return unknown.status();
  return absl::FailedPreconditionError(
      fmt::format("there is no migration {} for this one to come after",
                  unknown->front().Get<std::string>("id")));
}

absl::Status UnderWay() {
  return absl::AbortedError("another request with the same idempotency key is under way");
}

// With a key, repeating is what the key is for.
pg::RetryPolicy PolicyOf(const Migrations& migrations, const Places& places) {
  return {.retry_unknown_outcome = std::ranges::none_of(
              places, [&](size_t place) { return migrations[place].idempotency_key.empty(); })};
}

absl::StatusOr<CreatedMigration> CreateAfterOthers(pg::Pool& pool, const NewMigration& migration) {
  absl::StatusOr<CreatedMigration> created = UnderWay();
  absl::Status status = pg::InTransaction(pool, PolicyOf({migration}, {0}),
                                          [&](pg::Transaction& transaction) -> absl::Status {
                                            created = InsertMigration(transaction, migration);
                                            return created.status();
                                          });
  if (!status.ok()) return status;
  return created;
}

}  // namespace

absl::StatusOr<CreatedMigration> InsertMigration(pg::Transaction& transaction,
                                                 const NewMigration& migration) {
  if (absl::Status before = CheckBefore(transaction, migration); !before.ok()) return before;
  Places open = {0};
  CreatedAll created(1, UnderWay());
  const auto execute = [&](const pg::Statement& statement,
                           const std::vector<pg::Parameter>& parameters) {
    return transaction.Execute(statement, parameters);
  };
  absl::Status status = CreateOrFind({migration}, open, created, execute);
  if (!status.ok()) return status;
  if (!created[0].ok() || !created[0]->is_new || migration.after.empty()) return created[0];
  absl::StatusOr<pg::Result> depends = transaction.Execute(
      kInsertDependencies, {created[0]->id, migration.after, migration.goes_on_after_failure});
  if (!depends.ok()) return depends.status();
  return created[0];
}

absl::StatusOr<CreatedMigration> MigrationStore::Create(const NewMigration& migration) {
  absl::StatusOr<CreatedMigration> created = CreateAll({migration}).front();
  // It is written, and taken up in any case.
  if (created.ok() && created->is_new) AnnounceJobs().IgnoreError();
  return created;
}

absl::Status MigrationStore::AnnounceJobs() {
  return pg::Execute(*pool_, kRepeatable, kAnnounceJobs, {}).status();
}

CreatedAll MigrationStore::CreateAll(const Migrations& migrations) {
  CreatedAll created(migrations.size(), UnderWay());
  Places open;
  for (size_t place = 0; place < migrations.size(); ++place) {
    if (migrations[place].after.empty()) {
      open.push_back(place);
    } else {
      created[place] = CreateAfterOthers(*pool_, migrations[place]);
    }
  }
  // Someone who used a key while the statements ran is seen by the second try only.
  for (int attempt = 0; attempt < 3 && !open.empty(); ++attempt) {
    const pg::RetryPolicy policy = PolicyOf(migrations, open);
    const auto execute = [&](const pg::Statement& statement,
                             const std::vector<pg::Parameter>& parameters) {
      return pg::Execute(*pool_, policy, statement, parameters);
    };
    const absl::Status status = CreateOrFind(migrations, open, created, execute);
    if (status.ok()) continue;
    // One that cannot be written is not to cost the others anything.
    const bool is_ones_own = absl::IsInvalidArgument(status) && open.size() > 1;
    for (const size_t place : open) {
      created[place] = is_ones_own ? CreateAll({migrations[place]}).front() : status;
    }
    break;
  }
  return created;
}

}  // namespace datamigrate::store
