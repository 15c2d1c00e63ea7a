#include "agent_engine/store/short_jobs.h"

#include <algorithm>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "absl/time/clock.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

// Repeating changes nothing: ids are ours, and what was left once is not left again.
const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

constexpr pg::Statement kEnqueue = {
    "enqueue_jobs",
    "INSERT INTO jobs (id, tenant, kind, priority, available_at, payload)"
    " SELECT id, tenant, kind, priority, clock_timestamp() + delay,"
    "   substring($6::bytea FROM start FOR length)"
    " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::interval[],"
    "   $7::integer[], $8::integer[]) AS j (id, tenant, kind, priority, delay, start, length)"
    " ON CONFLICT (id) DO NOTHING",
    true};
// A job whose lease has run out while it was done is not to be taken in the same breath.
constexpr pg::Statement kExchange = {
    "exchange_jobs",
    "WITH done AS (DELETE FROM jobs USING unnest($1::uuid[], $2::bigint[]) AS d (id, token)"
    "   WHERE jobs.id = d.id AND jobs.fencing_token = d.token AND jobs.owner = $3::text"
    "     AND jobs.status = 'running'),"
    " next AS (SELECT id FROM jobs"
    "   WHERE is_open AND run_id IS NULL AND kind = $4::text"
    "     AND available_at <= statement_timestamp() AND attempts < $5::integer"
    "     AND (status = 'queued'"
    "       OR (lease_until < statement_timestamp() AND NOT id = ANY ($1::uuid[])))"
    "   ORDER BY priority DESC, available_at, id LIMIT $6::integer FOR UPDATE SKIP LOCKED)"
    " UPDATE jobs SET status = 'running', owner = $3::text, fencing_token = fencing_token + 1,"
    "   attempts = attempts + 1, lease_until = statement_timestamp() + $7::interval"
    " FROM next WHERE jobs.id = next.id"
    " RETURNING jobs.id, tenant, fencing_token, attempts, payload",
    true, true};
constexpr pg::Statement kExtend = {
    "extend_jobs",
    "UPDATE jobs SET lease_until = statement_timestamp() + $4::interval"
    " FROM unnest($1::uuid[], $2::bigint[]) AS d (id, token)"
    " WHERE jobs.id = d.id AND fencing_token = d.token AND owner = $3 AND status = 'running'"};
constexpr pg::Statement kRelease = {
    "release_jobs",
    "UPDATE jobs SET status = 'queued', lease_until = NULL, attempts = greatest(attempts - 1, 0)"
    " FROM unnest($1::uuid[], $2::bigint[]) AS d (id, token)"
    " WHERE jobs.id = d.id AND fencing_token = d.token AND owner = $3 AND status = 'running'"};
constexpr pg::Statement kFail = {
    "fail_job",
    "UPDATE jobs SET lease_until = NULL, error = $4,"
    "   status = CASE WHEN $5::interval IS NULL OR attempts >= $6::integer"
    "     THEN 'failed' ELSE 'queued' END,"
    "   available_at = clock_timestamp() + coalesce($5::interval, interval '0')"
    " WHERE id = $1::uuid AND fencing_token = $2::bigint AND owner = $3 AND status = 'running'"};
constexpr pg::Statement kSetAside = {
    "set_jobs_aside",
    "UPDATE jobs SET status = 'failed', lease_until = NULL, error = $2 WHERE id IN ("
    "   SELECT id FROM jobs WHERE is_open AND run_id IS NULL AND attempts >= $1"
    "     AND (status = 'queued' OR lease_until < clock_timestamp()) FOR UPDATE SKIP LOCKED)"};
constexpr pg::Statement kAside = {
    "jobs_aside",
    "SELECT id, tenant, kind, error, attempts FROM jobs"
    " WHERE run_id IS NULL AND status = 'failed' AND tenant = $1 ORDER BY id LIMIT $2"};
constexpr pg::Statement kRequeue = {
    "requeue_job_aside",
    "UPDATE jobs SET status = 'queued', attempts = 0, available_at = clock_timestamp()"
    " WHERE id = $2 AND tenant = $1 AND run_id IS NULL AND status = 'failed' RETURNING id"};

// A version 7 UUID (RFC 9562, 5.7): the time in milliseconds first, so that rows of one time lie
// together in the index.
std::string TimeOrderedId() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(absl::Now()));
  const uint64_t high = (millis << 16) | 0x7000 | (random() & 0xFFF);
  const uint64_t low = (uint64_t{2} << 62) | (random() >> 2);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                     high & 0xFFFF, low >> 48, low & 0xFFFF'FFFF'FFFF);
}

struct Keys {
  explicit Keys(absl::Span<const ShortJob> jobs) {
    for (const ShortJob& job : jobs) {
      ids.push_back(job.id);
      tokens.push_back(std::to_string(job.fencing_token));
    }
  }
  std::vector<std::string> ids;
  std::vector<std::string> tokens;
};

ShortJob ToJob(const pg::Row& row) {
  return {.id = row.Get<std::string>("id"),
          .tenant = row.Get<std::string>("tenant"),
          .payload = row.Get<pg::Bytes>("payload").value,
          .fencing_token = row.Get<int64_t>("fencing_token"),
          .attempts = row.Get<int>("attempts")};
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ShortJobQueue::Enqueue(
    absl::Span<const NewShortJob> jobs) {
  std::vector<std::string> ids, tenants, kinds, priorities, delays, starts, lengths;
  std::string payloads;
  for (const NewShortJob& job : jobs) {
    ids.push_back(TimeOrderedId());
    tenants.push_back(job.tenant);
    kinds.push_back(job.kind);
    priorities.push_back(std::to_string(job.priority));
    delays.push_back(pg::Parameter(job.delay).value());
    starts.push_back(std::to_string(payloads.size() + 1));  // substring counts from 1
    lengths.push_back(std::to_string(job.payload.size()));
    payloads += job.payload;
  }
  absl::Status status = pg::Execute(*pool_, kRepeatable, kEnqueue,
                                    {ids, tenants, kinds, priorities, delays,
                                     pg::Bytes{std::move(payloads)}, starts, lengths})
                            .status();
  if (!status.ok()) return status;
  return ids;
}

absl::StatusOr<std::vector<ShortJob>> ShortJobQueue::Exchange(std::string_view owner,
                                                              std::string_view kind,
                                                              absl::Span<const ShortJob> done,
                                                              int most) {
  const Keys keys(done);
  // After an unknown outcome the jobs of the lost reply come back when their lease has run out.
  absl::StatusOr<pg::Result> rows = pg::Execute(
      *pool_, kRepeatable, kExchange,
      {keys.ids, keys.tokens, owner, kind, options_.max_attempts, most, options_.lease});
  if (!rows.ok()) return rows.status();
  std::vector<ShortJob> jobs;
  jobs.reserve(rows->size());
  for (const pg::Row row : *rows) jobs.push_back(ToJob(row));
  return jobs;
}

absl::Status ShortJobQueue::Extend(std::string_view owner, absl::Span<const ShortJob> jobs) {
  const Keys keys(jobs);
  return pg::Execute(*pool_, kRepeatable, kExtend, {keys.ids, keys.tokens, owner, options_.lease})
      .status();
}

absl::Status ShortJobQueue::Release(std::string_view owner, absl::Span<const ShortJob> jobs) {
  const Keys keys(jobs);
  return pg::Execute(*pool_, kRepeatable, kRelease, {keys.ids, keys.tokens, owner}).status();
}

absl::Status ShortJobQueue::Fail(std::string_view owner, const ShortJob& job,
                                 std::string_view error,
                                 std::optional<absl::Duration> retry_after) {
  return pg::Execute(*pool_, kRepeatable, kFail,
                     {job.id, job.fencing_token, owner, pg::ToStorableText(error), retry_after,
                      options_.max_attempts})
      .status();
}

absl::StatusOr<int> ShortJobQueue::SetAsideExhausted() {
  const std::string error =
      fmt::format("its worker stopped {} times while it ran", options_.max_attempts);
  absl::StatusOr<pg::Result> rows =
      pg::Execute(*pool_, kRepeatable, kSetAside, {options_.max_attempts, error});
  if (!rows.ok()) return rows.status();
  return static_cast<int>(rows->affected_rows());
}

absl::StatusOr<std::vector<AsideShortJob>> ShortJobQueue::Aside(std::string_view tenant, int most) {
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, kRepeatable, kAside, {tenant, most});
  if (!rows.ok()) return rows.status();
  std::vector<AsideShortJob> jobs;
  for (const pg::Row row : *rows) {
    jobs.push_back({.id = row.Get<std::string>("id"),
                    .tenant = row.Get<std::string>("tenant"),
                    .kind = row.Get<std::string>("kind"),
                    .error = row.Get<std::string>("error"),
                    .attempts = row.Get<int>("attempts")});
  }
  return jobs;
}

absl::Status ShortJobQueue::Requeue(std::string_view tenant, std::string_view id) {
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, kRepeatable, kRequeue, {tenant, id});
  if (!rows.ok()) return rows.status();
  if (!rows->empty()) return absl::OkStatus();
  return absl::NotFoundError(fmt::format("no job {} is set aside", id));
}

}  // namespace datamigrate::store
