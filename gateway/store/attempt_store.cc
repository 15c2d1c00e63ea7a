#include "gateway/store/attempt_store.h"

#include <algorithm>

#include "common/crypto/digest.h"
#include "common/pg/transaction.h"
#include "gateway/store/statements.h"

namespace datamigrate::gateway {
namespace {

// Rows are locked in the order of their hashes, so that two attempts cannot block each other. The
// first SELECT locks what is there and finds the longest wait; the INSERT counts only when it is
// zero.
constexpr pg::Statement kBegin = {
    "begin_sign_in_attempt",
    "WITH asked AS (SELECT decode(s, 'hex') AS subject, f AS free"
    "   FROM unnest($1::text[], $2::int[]) AS t (s, f)),"
    " known AS (SELECT a.subject_sha256, a.failures, a.last_at, asked.free"
    "   FROM sign_in_attempts a JOIN asked ON asked.subject = a.subject_sha256"
    "   WHERE a.last_at > now() - interval '1 hour' ORDER BY a.subject_sha256 FOR UPDATE OF a),"
    " waits AS (SELECT coalesce(max(extract(epoch FROM last_at - clock_timestamp())"
    "     + least(power(2, least(failures - free, 20)), 900)), 0) AS seconds"
    "   FROM known WHERE failures >= free),"
    " counted AS (INSERT INTO sign_in_attempts AS a (subject_sha256, failures, last_at)"
    "   SELECT subject, 1, clock_timestamp() FROM asked, waits WHERE waits.seconds <= 0"
    "   ORDER BY subject"
    "   ON CONFLICT (subject_sha256) DO UPDATE SET last_at = excluded.last_at, failures ="
    "     CASE WHEN a.last_at > now() - interval '1 hour' THEN a.failures + 1 ELSE 1 END"
    "   RETURNING 1)"
    " SELECT greatest(seconds, 0)::double precision AS seconds FROM waits"};
constexpr pg::Statement kClear = {
    "clear_sign_in_attempts",
    "DELETE FROM sign_in_attempts"
    " WHERE subject_sha256 IN (SELECT decode(s, 'hex') FROM unnest($1::text[]) AS t (s))"};
constexpr pg::Statement kEase = {
    "ease_sign_in_attempts",
    "UPDATE sign_in_attempts SET failures = greatest(failures - 1, 0)"
    " WHERE subject_sha256 IN (SELECT decode(s, 'hex') FROM unnest($1::text[]) AS t (s))"};
constexpr pg::Statement kSweep = {
    "sweep_sign_in_attempts",
    "DELETE FROM sign_in_attempts WHERE last_at < now() - interval '1 hour'"};

std::vector<std::string> HashesOf(const std::vector<std::string>& names) {
  std::vector<std::string> hashes;
  for (const std::string& name : names) hashes.push_back(crypto::Sha256Hex(name));
  return hashes;
}

}  // namespace

absl::StatusOr<absl::Duration> AttemptStore::Begin(const std::vector<AttemptSubject>& subjects) {
  std::vector<std::string> hashes;
  std::vector<std::string> free_failures;
  for (const AttemptSubject& subject : subjects) {
    hashes.push_back(crypto::Sha256Hex(subject.name));
    free_failures.push_back(std::to_string(subject.free_failures));
  }
  absl::StatusOr<pg::Result> rows =
      pg::Execute(*pool_, Repeatable(), kBegin, {hashes, free_failures});
  if (!rows.ok()) return rows.status();
  return absl::Seconds(rows->front().Get<double>("seconds"));
}

absl::Status AttemptStore::Succeed(const std::vector<std::string>& cleared,
                                   const std::vector<std::string>& eased) {
  return pg::InTransaction(*pool_, Repeatable(), [&](pg::Transaction& transaction) {
    return RunAll(transaction, {{kEase, {HashesOf(eased)}}, {kClear, {HashesOf(cleared)}}});
  });
}

absl::Status AttemptStore::Sweep() {
  return pg::Execute(*pool_, Repeatable(), kSweep).status();
}

}  // namespace datamigrate::gateway
