#include "common/audit/stored_rows.h"

namespace datamigrate::audit {
namespace {

#define DATAMIGRATE_AUDIT_ROWS                                                                   \
  "SELECT organization_id, sequence, at, coalesce(hash_version, 1) AS hash_version, user_id,"    \
  " coalesce(key_id, '') AS key_id, coalesce(session_id, '') AS session_id, remote_address,"     \
  " coalesce(actor_salt, '') AS actor_salt, coalesce(actor_commitment, '') AS actor_commitment," \
  " object, coalesce(object_salt, '') AS object_salt,"                                           \
  " coalesce(object_commitment, '') AS object_commitment, action, status, request_id,"           \
  " body_sha256, coalesce(verdict, '') AS verdict, coalesce(rules, '') AS rules,"                \
  " coalesce(findings, '') AS findings, coalesce(latency_micros, 0) AS latency_micros,"          \
  " coalesce(occurrences, 1) AS occurrences, hash FROM audit_logs"                               \
  " WHERE organization_id = $1"                                                                  \
  " AND ($2::text IS NULL OR action = $2) AND ($3::text IS NULL OR user_id = $3)"                \
  " AND ($4::text IS NULL OR object = $4) AND ($5::text IS NULL OR remote_address = $5)"         \
  " AND ($6::text IS NULL OR verdict = $6)"                                                      \
  " AND ($7::text IS NULL OR $7 = ANY(string_to_array(rules, ' ')))"                             \
  " AND ($8::integer IS NULL OR status = $8)"                                                    \
  " AND ($9::timestamptz IS NULL OR at >= $9) AND ($10::timestamptz IS NULL OR at < $10)"

constexpr pg::Statement kOldest = {
    "oldest_audit_rows", DATAMIGRATE_AUDIT_ROWS " AND sequence > $11 ORDER BY sequence LIMIT $12"};
constexpr pg::Statement kNewest = {"newest_audit_rows", DATAMIGRATE_AUDIT_ROWS
                                   " AND sequence < $11 ORDER BY sequence DESC LIMIT $12"};

#undef DATAMIGRATE_AUDIT_ROWS

Row RowOf(const pg::Row& stored) {
  const auto text = [&](std::string_view name) { return stored.Get<std::string>(name); };
  const auto bytes = [&](std::string_view name) { return stored.Get<pg::Bytes>(name).value; };
  Row row;
  row.organization_id = text("organization_id");
  row.sequence = stored.Get<int64_t>("sequence");
  row.at = stored.Get<absl::Time>("at");
  row.hash_version = stored.Get<int>("hash_version");
  row.user_id = text("user_id");
  row.key_id = text("key_id");
  row.session_id = text("session_id");
  row.remote_address = text("remote_address");
  row.actor_salt = bytes("actor_salt");
  row.actor_commitment = bytes("actor_commitment");
  row.object = text("object");
  row.object_salt = bytes("object_salt");
  row.object_commitment = bytes("object_commitment");
  row.action = text("action");
  row.status = stored.Get<int>("status");
  row.request_id = text("request_id");
  row.text_sha256 = text("body_sha256");
  row.verdict = text("verdict");
  row.rules = text("rules");
  row.findings = text("findings");
  row.latency_micros = stored.Get<int64_t>("latency_micros");
  row.occurrences = stored.Get<int64_t>("occurrences");
  row.hash = bytes("hash");
  return row;
}

absl::StatusOr<std::vector<Row>> Read(pg::Transaction& transaction, const pg::Statement& statement,
                                      const RowFilter& filter, int64_t place, int limit) {
  const auto stored = transaction.Execute(
      statement,
      {filter.organization_id, filter.action, filter.user_id, filter.object, filter.remote_address,
       filter.verdict, filter.rule, filter.status, filter.from, filter.to, place, limit});
  if (!stored.ok()) return stored.status();
  std::vector<Row> rows;
  rows.reserve(stored->size());
  for (const pg::Row row : *stored) rows.push_back(RowOf(row));
  return rows;
}

}  // namespace

absl::StatusOr<std::vector<Row>> ReadOldestRows(pg::Transaction& transaction,
                                                const RowFilter& filter, int64_t after, int limit) {
  return Read(transaction, kOldest, filter, after, limit);
}

absl::StatusOr<std::vector<Row>> ReadNewestRows(pg::Transaction& transaction,
                                                const RowFilter& filter, int64_t before,
                                                int limit) {
  return Read(transaction, kNewest, filter, before, limit);
}

}  // namespace datamigrate::audit
