#include "common/audit/verify.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/audit/stored_rows.h"
#include "common/crypto/encoding.h"
#include "common/pg/transaction.h"

namespace datamigrate::audit {
namespace {

constexpr int kRowsAtATime = 2000;

constexpr pg::Statement kChains = {
    "audit_chains",
    "SELECT organization_id FROM audit_chains"
    " UNION SELECT organization_id FROM audit_checkpoints"
    // One step of the index a chain, instead of all rows.
    " UNION (WITH RECURSIVE chain AS ((SELECT organization_id FROM audit_logs"
    " ORDER BY organization_id LIMIT 1) UNION ALL SELECT (SELECT organization_id FROM audit_logs"
    " WHERE organization_id > chain.organization_id ORDER BY organization_id LIMIT 1) FROM chain"
    " WHERE chain.organization_id IS NOT NULL) SELECT organization_id FROM chain"
    " WHERE organization_id IS NOT NULL)"};
constexpr pg::Statement kHead = {
    "audit_head", "SELECT sequence, hash FROM audit_chains WHERE organization_id = $1"};
constexpr pg::Statement kCheckpoint = {
    "audit_checkpoint",
    "SELECT through, hash, recorded_by FROM audit_checkpoints WHERE organization_id = $1"};
constexpr pg::Statement kErasures = {
    "audit_erasures", "SELECT sequence, erased FROM audit_erasures WHERE organization_id = $1"};

absl::StatusOr<std::set<std::string>> ListChains(pg::Transaction& transaction) {
  const auto rows = transaction.Execute(kChains);
  if (!rows.ok()) return rows.status();
  std::set<std::string> ids;
  for (const pg::Row row : *rows) ids.insert(row.Get<std::string>("organization_id"));
  return ids;
}

absl::StatusOr<ChainFacts> ReadFacts(pg::Transaction& transaction, const std::string& id) {
  ChainFacts facts;
  const auto head = transaction.Execute(kHead, {id});
  if (!head.ok()) return head.status();
  if (!head->empty()) {
    facts.head = {head->front().Get<int64_t>("sequence"),
                  head->front().Get<pg::Bytes>("hash").value};
  }
  const auto checkpoint = transaction.Execute(kCheckpoint, {id});
  if (!checkpoint.ok()) return checkpoint.status();
  if (!checkpoint->empty()) {
    const pg::Row row = checkpoint->front();
    facts.checkpoint = {row.Get<int64_t>("through"), row.Get<pg::Bytes>("hash").value,
                        row.Get<int64_t>("recorded_by")};
  }
  const auto erasures = transaction.Execute(kErasures, {id});
  if (!erasures.ok()) return erasures.status();
  for (const pg::Row row : *erasures) {
    facts.erasures[row.Get<int64_t>("sequence")] = row.Get<std::string>("erased");
  }
  return facts;
}

absl::StatusOr<ChainReport> VerifyChain(pg::Transaction& transaction, const std::string& id,
                                        const Anchors& anchors) {
  absl::StatusOr<ChainFacts> facts = ReadFacts(transaction, id);
  if (!facts.ok()) return facts.status();
  if (const auto own = anchors.find(id); own != anchors.end()) facts->anchors = own->second;
  ChainReport report;
  report.organization_id = id;
  report.dropped = facts->checkpoint.through;
  report.head = {facts->checkpoint.through, facts->checkpoint.hash};
  ChainCheck check(*std::move(facts));
  int64_t after = std::numeric_limits<int64_t>::min();
  while (true) {
    const auto rows = ReadOldestRows(transaction, {.organization_id = id}, after, kRowsAtATime);
    if (!rows.ok()) return rows.status();
    if (rows->empty()) break;
    for (const Row& row : *rows) check.Add(row);
    after = rows->back().sequence;
    report.head = {after, rows->back().hash};
  }
  report.rows = check.rows();
  report.flaws = check.Finish();
  return report;
}

}  // namespace

absl::StatusOr<Anchors> ParseAnchors(std::string_view text) {
  Anchors anchors;
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string id;
    int64_t sequence = 0;
    std::string hash;
    std::string more;
    const bool is_read = static_cast<bool>(words >> id >> sequence >> hash) && !(words >> more);
    if (!is_read || sequence < 1 || hash.size() != 64 ||
        hash.find_first_not_of("0123456789abcdef") != std::string::npos) {
      return absl::InvalidArgumentError(
          fmt::format("line {} is not \"<organization> <sequence> <64 hex digits>\"", number));
    }
    anchors[id][sequence] = absl::HexStringToBytes(hash);
  }
  return anchors;
}

std::string AnchorLine(const ChainReport& report) {
  return fmt::format("{} {} {}", report.organization_id, report.head.sequence,
                     crypto::HexEncode(report.head.hash));
}

absl::StatusOr<std::vector<ChainReport>> VerifyChains(pg::Connection& connection,
                                                      const Anchors& anchors,
                                                      const std::string& organization_id) {
  auto transaction = pg::Transaction::Begin(connection, pg::Isolation::kRepeatableRead);
  if (!transaction.ok()) return transaction.status();
  std::set<std::string> ids = {organization_id};
  if (organization_id.empty()) {
    auto listed = ListChains(*transaction);
    if (!listed.ok()) return listed.status();
    ids = *std::move(listed);
    for (const auto& [id, rows] : anchors) ids.insert(id);
  }
  std::vector<ChainReport> reports;
  for (const std::string& id : ids) {
    auto report = VerifyChain(*transaction, id, anchors);
    if (!report.ok()) return report.status();
    reports.push_back(*std::move(report));
  }
  return reports;
}

}  // namespace datamigrate::audit
