#include "gateway/store/audit_log.h"

#include <fmt/format.h>

#include <string_view>

#include "common/crypto/digest.h"
#include "common/pg/transaction.h"

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kNoOrganization = "00000000-0000-0000-0000-000000000000";

constexpr pg::Statement kAppend = {"append_audit",
                                   "SELECT append_audit($1, $2, $3, $4, $5, $6, $7, $8)"};
constexpr pg::Statement kRead = {
    "read_audit",
    "SELECT sequence, (extract(epoch FROM at) * 1000000)::bigint AS micros, user_id, action,"
    " object, status, request_id, remote_address, body_sha256, hash"
    " FROM audit_logs WHERE organization_id = $1 AND sequence > $2 ORDER BY sequence LIMIT 1000"};
constexpr pg::Statement kHead = {
    "read_audit_head", "SELECT sequence, hash FROM audit_chains WHERE organization_id = $1"};

std::string_view ChainOf(const std::string& organization_id) {
  return organization_id.empty() ? kNoOrganization : std::string_view(organization_id);
}

// The same text that audit_hash() of 0002_audit.sql makes.
std::string HashOf(const std::string& previous, std::string_view chain, const pg::Row& row) {
  std::string text = previous;
  const auto add = [&](std::string_view field) {
    text += fmt::format("{}:{},", field.size(), field);
  };
  add(chain);
  add(std::to_string(row.Get<int64_t>("sequence")));
  add(std::to_string(row.Get<int64_t>("micros")));
  add(row.Get<std::string>("user_id"));
  add(row.Get<std::string>("action"));
  add(row.Get<std::string>("object"));
  add(std::to_string(row.Get<int>("status")));
  add(row.Get<std::string>("request_id"));
  add(row.Get<std::string>("remote_address"));
  add(row.Get<std::string>("body_sha256"));
  return crypto::Sha256(text);
}

absl::Status Broken(int64_t sequence) {
  return absl::DataLossError(fmt::format("the audit chain is broken at sequence {}", sequence));
}

}  // namespace

absl::Status PgAuditLog::Append(const AuditEntry& entry) {
  // A row written twice after a lost answer tells no lie; one that is missing would.
  pg::RetryPolicy policy;
  policy.retry_unknown_outcome = true;
  return pg::Execute(*pool_, policy, kAppend,
                     {ChainOf(entry.organization_id), pg::ToStorableText(entry.user_id),
                      pg::ToStorableText(entry.action), pg::ToStorableText(entry.object),
                      entry.status, entry.request_id, entry.remote_address, entry.body_sha256})
      .status();
}

absl::StatusOr<int64_t> PgAuditLog::Verify(const std::string& organization_id) {
  const std::string_view chain = ChainOf(organization_id);
  pg::RetryPolicy policy;
  policy.retry_unknown_outcome = true;
  absl::StatusOr<pg::Result> head = pg::Execute(*pool_, policy, kHead, {chain});
  if (!head.ok()) return head.status();
  int64_t sequence = 0;
  std::string previous;
  while (true) {
    absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, policy, kRead, {chain, sequence});
    if (!rows.ok()) return rows.status();
    if (rows->empty()) break;
    for (const pg::Row row : *rows) {
      if (row.Get<int64_t>("sequence") != sequence + 1) return Broken(sequence + 1);
      const std::string hash = HashOf(previous, chain, row);
      if (hash != row.Get<pg::Bytes>("hash").value) return Broken(sequence + 1);
      previous = hash;
      ++sequence;
    }
  }
  // Rows that were cut off the end leave the chain's head behind. Rows added since it was read
  // are ahead of it.
  if (!head->empty() && head->front().Get<int64_t>("sequence") > sequence)
    return Broken(sequence + 1);
  return sequence;
}

}  // namespace datamigrate::gateway
