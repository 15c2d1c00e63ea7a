#include "common/audit/chain_writer.h"

#include <array>
#include <initializer_list>
#include <vector>

#include "absl/time/clock.h"
#include "common/crypto/encoding.h"
#include "common/pg/sql_state.h"
#include "common/pg/statement.h"

namespace datamigrate::audit {
namespace {

// In one order for everybody, so that two writers cannot wait for each other.
constexpr pg::Statement kLockHeads = {
    "lock_audit_chains",
    "SELECT organization_id, sequence, hash FROM audit_chains"
    " WHERE organization_id = ANY($1::uuid[]) ORDER BY organization_id FOR UPDATE"};
constexpr pg::Statement kMakeHeads = {
    "make_audit_chains",
    "INSERT INTO audit_chains SELECT id, 0, ''::bytea FROM unnest($1::uuid[]) AS id ORDER BY id"
    " ON CONFLICT DO NOTHING"};
constexpr pg::Statement kWrite = {
    "append_audit_rows",
    "SELECT append_audit_rows($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"
    " $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)",
    true};

// What append_audit_rows() raises for heads that are not as its caller thought.
constexpr std::string_view kHeadMoved = "DM001";
// Remembered chains; beyond, all are forgotten, which costs each a round trip.
constexpr size_t kMostHeads = 10000;

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

void MakeStorable(Row& row) {
  if (row.organization_id.empty()) row.organization_id = kNoOrganization;
  for (std::string* text :
       {&row.user_id, &row.key_id, &row.session_id, &row.remote_address, &row.object, &row.action,
        &row.request_id, &row.text_sha256, &row.verdict, &row.rules, &row.findings}) {
    *text = pg::ToStorableText(*text);
  }
}

std::vector<std::string> ChainsOf(std::span<const Row> rows) {
  Heads chains;
  for (const Row& row : rows) chains[row.organization_id];
  std::vector<std::string> ids;
  for (const auto& [id, head] : chains) ids.push_back(id);
  return ids;
}

absl::Status ReadHeads(pg::Transaction& transaction, const std::vector<std::string>& ids,
                       Heads& heads) {
  const auto rows = transaction.Execute(kLockHeads, {ids});
  if (!rows.ok()) return rows.status();
  for (const pg::Row row : *rows) {
    heads[row.Get<std::string>("organization_id")] = {row.Get<int64_t>("sequence"),
                                                      row.Get<pg::Bytes>("hash").value};
  }
  return absl::OkStatus();
}

absl::Status LockHeads(pg::Transaction& transaction, const std::vector<std::string>& ids,
                       Heads& heads) {
  absl::Status read = ReadHeads(transaction, ids, heads);
  if (!read.ok() || heads.size() == ids.size()) return read;
  const auto made = transaction.Execute(kMakeHeads, {ids});
  if (!made.ok()) return made.status();
  read = ReadHeads(transaction, ids, heads);
  if (!read.ok() || heads.size() == ids.size()) return read;
  return absl::InvalidArgumentError("an organization's id is not a uuid in lower case");
}

// Arrays for a statement, one a column.
template <size_t kColumns>
class Columns {
 public:
  void Add(std::initializer_list<std::string> fields) {
    size_t column = 0;
    for (const std::string& field : fields) columns_[column++].push_back(field);
  }
  void AddTo(std::vector<pg::Parameter>& parameters) const {
    for (const auto& column : columns_) parameters.emplace_back(column);
  }

 private:
  std::array<std::vector<std::string>, kColumns> columns_;
};

// Chains the rows to `heads`, which become what they will be, and makes the statement's parameters.
std::vector<pg::Parameter> Chain(std::span<Row> rows, Heads& heads) {
  using crypto::HexEncode;
  const Heads before = heads;
  const absl::Time now = absl::FromUnixMicros(absl::ToUnixMicros(absl::Now()));
  Columns<22> columns;
  for (Row& row : rows) {
    Head& head = heads.at(row.organization_id);
    row.sequence = ++head.sequence;
    row.at = now;
    Commit(row);
    row.hash = HashOf(head.hash, row);
    head.hash = row.hash;
    columns.Add({row.organization_id,
                 std::to_string(row.sequence),
                 TimeText(row.at),
                 row.user_id,
                 row.action,
                 row.object,
                 std::to_string(row.status),
                 row.request_id,
                 row.remote_address,
                 row.text_sha256,
                 HexEncode(row.hash),
                 row.key_id,
                 row.session_id,
                 HexEncode(row.actor_salt),
                 HexEncode(row.actor_commitment),
                 HexEncode(row.object_salt),
                 HexEncode(row.object_commitment),
                 row.verdict,
                 row.rules,
                 row.findings,
                 std::to_string(row.latency_micros),
                 std::to_string(row.occurrences)});
  }
  Columns<5> chains;
  for (const auto& [id, head] : heads) {
    const Head& old = before.at(id);
    chains.Add({id, std::to_string(old.sequence), HexEncode(old.hash),
                std::to_string(head.sequence), HexEncode(head.hash)});
  }
  std::vector<pg::Parameter> parameters;
  chains.AddTo(parameters);
  columns.AddTo(parameters);
  return parameters;
}

}  // namespace

absl::Status AppendRows(pg::Transaction& transaction, std::span<Row> rows) {
  if (rows.empty()) return absl::OkStatus();
  for (Row& row : rows) MakeStorable(row);
  Heads heads;
  absl::Status locked = LockHeads(transaction, ChainsOf(rows), heads);
  if (!locked.ok()) return locked;
  return transaction.Execute(kWrite, Chain(rows, heads)).status();
}

absl::Status ChainWriter::Write(std::span<Row> rows) {
  if (rows.empty()) return absl::OkStatus();
  for (Row& row : rows) MakeStorable(row);
  if (heads_.size() > kMostHeads) heads_.clear();
  Heads heads;
  for (const std::string& id : ChainsOf(rows)) {
    const auto known = heads_.find(id);
    if (known == heads_.end()) return WriteAfterLock(rows, nullptr);
    heads.insert(*known);
  }
  const std::vector<pg::Parameter> parameters = Chain(rows, heads);
  const absl::Status written = pg::Execute(*pool_, {}, kWrite, parameters).status();
  if (written.ok()) {
    for (const auto& [id, head] : heads) heads_[id] = head;
    return written;
  }
  const std::string state = pg::SqlStateOf(written);
  if (state != kHeadMoved && state != pg::kOutcomeUnknown) return written;
  return WriteAfterLock(rows, &heads);
}

absl::Status ChainWriter::WriteAfterLock(std::span<Row> rows, const Heads* hoped_for) {
  Heads heads;
  pg::RetryPolicy policy;
  policy.retry_unknown_outcome = true;
  const std::vector<std::string> ids = ChainsOf(rows);
  const absl::Status written = pg::InTransaction(*pool_, policy, [&](pg::Transaction& transaction) {
    heads.clear();
    const absl::Status locked = LockHeads(transaction, ids, heads);
    // The statement whose answer was lost has done its work.
    if (!locked.ok() || (hoped_for != nullptr && heads == *hoped_for)) return locked;
    return transaction.Execute(kWrite, Chain(rows, heads)).status();
  });
  for (const std::string& id : ids) {
    if (written.ok()) {
      heads_[id] = heads.at(id);
    } else {
      heads_.erase(id);
    }
  }
  return written;
}

}  // namespace datamigrate::audit
