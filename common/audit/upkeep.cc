#include "common/audit/upkeep.h"

#include <fmt/format.h>

#include <span>
#include <vector>

#include "common/audit/chain_check.h"
#include "common/audit/chain_writer.h"
#include "common/crypto/digest.h"
#include "common/pg/transaction.h"

namespace datamigrate::audit {
namespace {

constexpr int64_t kRowsAtATime = 10000;

constexpr pg::Statement kChainsOfUser = {
    "audit_chains_of_user",
    "SELECT DISTINCT organization_id FROM audit_logs WHERE user_id = $1 OR object = $1"};
constexpr pg::Statement kEraseActors = {
    "erase_audit_actors",
    "UPDATE audit_logs SET user_id = '', key_id = '', session_id = '', remote_address = '',"
    " actor_salt = '' WHERE organization_id = $1 AND user_id = $2 AND hash_version = 2"
    " RETURNING sequence"};
constexpr pg::Statement kEraseObjects = {
    "erase_audit_objects",
    "UPDATE audit_logs SET object = '', object_salt = ''"
    " WHERE organization_id = $1 AND object = $2 AND hash_version = 2 RETURNING sequence"};
constexpr pg::Statement kUnerased = {
    "count_unerased",
    "SELECT count(*) AS rows FROM audit_logs WHERE organization_id = $1"
    " AND (user_id = $2 OR object = $2) AND hash_version IS DISTINCT FROM 2"};
constexpr pg::Statement kListErasure = {"list_audit_erasure",
                                        "INSERT INTO audit_erasures VALUES ($1, $2, $3)"};

constexpr pg::Statement kChainsBefore = {
    "audit_chains_before", "SELECT organization_id FROM audit_chains ORDER BY organization_id"};
// The last row that may go: none but checkpoints' own rows is nothing to drop.
constexpr pg::Statement kLastToDrop = {
    "last_audit_row_to_drop",
    "WITH old AS (SELECT sequence, hash, action FROM audit_logs WHERE organization_id = $1"
    " AND sequence < coalesce((SELECT min(sequence) FROM audit_logs WHERE organization_id = $1"
    " AND at >= $2), 9223372036854775807) ORDER BY sequence LIMIT $3)"
    " SELECT sequence, hash FROM old WHERE EXISTS (SELECT FROM old WHERE action <> $4)"
    " ORDER BY sequence DESC LIMIT 1"};
constexpr pg::Statement kCheckpoint = {
    "write_audit_checkpoint",
    "INSERT INTO audit_checkpoints VALUES ($1, $2, $3, $4) ON CONFLICT (organization_id)"
    " DO UPDATE SET through = excluded.through, hash = excluded.hash,"
    " recorded_by = excluded.recorded_by"};
constexpr pg::Statement kDrop = {
    "drop_audit_rows", "DELETE FROM audit_logs WHERE organization_id = $1 AND sequence <= $2"};
constexpr pg::Statement kForgetErasures = {
    "forget_audit_erasures",
    "DELETE FROM audit_erasures WHERE organization_id = $1 AND sequence <= $2"};

pg::RetryPolicy Repeatable() {
  pg::RetryPolicy policy;
  policy.retry_unknown_outcome = true;
  return policy;
}

// A row of what the upkeep itself does.
Row RecordBy(const Row& by, const std::string& organization_id, std::string_view action) {
  Row row = by;
  row.organization_id = organization_id;
  row.action = action;
  row.object.clear();
  row.status = 200;
  return row;
}

absl::Status EraseInChain(pg::Transaction& transaction, const std::string& organization_id,
                          const std::string& user_id, const Row& by, Erasure& erasure) {
  std::string list;
  const auto erase = [&](const pg::Statement& statement, std::string_view field, int64_t& count) {
    const auto rows = transaction.Execute(statement, {organization_id, user_id});
    if (!rows.ok()) return rows.status();
    for (const pg::Row row : *rows) {
      list += fmt::format("{}{}:{}", list.empty() ? "" : " ", field, row.Get<int64_t>("sequence"));
      ++count;
    }
    return absl::OkStatus();
  };
  absl::Status done = erase(kEraseActors, "actor", erasure.actors);
  if (done.ok()) done = erase(kEraseObjects, "object", erasure.objects);
  if (!done.ok()) return done;
  const auto unerased = transaction.Execute(kUnerased, {organization_id, user_id});
  if (!unerased.ok()) return unerased.status();
  erasure.unerased += unerased->front().Get<int64_t>("rows");
  if (list.empty()) return absl::OkStatus();
  Row record = RecordBy(by, organization_id, kEraseAction);
  record.text_sha256 = crypto::Sha256Hex(list);
  done = AppendRows(transaction, std::span(&record, 1));
  if (!done.ok()) return done;
  return transaction.Execute(kListErasure, {organization_id, record.sequence, list}).status();
}

absl::Status DropFromChain(pg::Transaction& transaction, const std::string& organization_id,
                           absl::Time before, const Row& by, int64_t& dropped) {
  const auto last = transaction.Execute(
      kLastToDrop, {organization_id, before, kRowsAtATime, std::string(kDropAction)});
  if (!last.ok() || last->empty()) return last.status();
  const auto through = last->front().Get<int64_t>("sequence");
  const std::string hash = last->front().Get<pg::Bytes>("hash").value;
  Row record = RecordBy(by, organization_id, kDropAction);
  record.object = CheckpointText(through, hash);
  absl::Status done = AppendRows(transaction, std::span(&record, 1));
  if (!done.ok()) return done;
  done =
      transaction.Execute(kCheckpoint, {organization_id, through, pg::Bytes{hash}, record.sequence})
          .status();
  if (!done.ok()) return done;
  const auto gone = transaction.Execute(kDrop, {organization_id, through});
  if (!gone.ok()) return gone.status();
  dropped = gone->affected_rows();
  return transaction.Execute(kForgetErasures, {organization_id, through}).status();
}

absl::StatusOr<std::vector<std::string>> Ids(absl::StatusOr<pg::Result> rows) {
  if (!rows.ok()) return rows.status();
  std::vector<std::string> ids;
  for (const pg::Row row : *rows) ids.push_back(row.Get<std::string>("organization_id"));
  return ids;
}

}  // namespace

absl::StatusOr<Erasure> EraseUserFrom(pg::Pool& pool, const std::string& organization_id,
                                      const std::string& user_id, const Row& by) {
  Erasure erasure;
  // An empty one would erase every row that names nobody.
  if (user_id.empty()) return absl::InvalidArgumentError("a user's id is needed");
  const absl::Status done =
      pg::InTransaction(pool, Repeatable(), [&](pg::Transaction& transaction) {
        erasure = Erasure();
        return EraseInChain(transaction, organization_id, user_id, by, erasure);
      });
  if (!done.ok()) return done;
  return erasure;
}

absl::StatusOr<Erasure> EraseUser(pg::Pool& pool, const std::string& user_id, const Row& by) {
  if (user_id.empty()) return absl::InvalidArgumentError("a user's id is needed");
  const auto ids = Ids(pg::Execute(pool, Repeatable(), kChainsOfUser, {user_id}));
  if (!ids.ok()) return ids.status();
  Erasure total;
  for (const std::string& id : *ids) {
    const auto erasure = EraseUserFrom(pool, id, user_id, by);
    if (!erasure.ok()) return erasure.status();
    total.actors += erasure->actors;
    total.objects += erasure->objects;
    total.unerased += erasure->unerased;
  }
  return total;
}

absl::StatusOr<int64_t> DropOldRows(pg::Pool& pool, absl::Time before, const Row& by) {
  const auto ids = Ids(pg::Execute(pool, Repeatable(), kChainsBefore));
  if (!ids.ok()) return ids.status();
  int64_t total = 0;
  for (const std::string& id : *ids) {
    int64_t dropped = 0;
    do {
      const absl::Status done =
          pg::InTransaction(pool, Repeatable(), [&](pg::Transaction& transaction) {
            dropped = 0;
            return DropFromChain(transaction, id, before, by, dropped);
          });
      if (!done.ok()) return done;
      total += dropped;
    } while (dropped == kRowsAtATime);
  }
  return total;
}

}  // namespace datamigrate::audit
