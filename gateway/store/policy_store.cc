#include "gateway/store/policy_store.h"

#include <algorithm>

#include "common/pg/sql_state.h"
#include "gateway/store/statements.h"
#include "gateway/store/tenant.h"

namespace datamigrate::gateway {
namespace {

constexpr pg::Statement kVersions = {
    "policy_versions",
    "SELECT organization_id, version, document, comment, created_by, created_at FROM policies"
    " WHERE organization_id = $1 ORDER BY version DESC LIMIT $2"};
constexpr pg::Statement kAdd = {
    "add_policy",
    "INSERT INTO policies (organization_id, version, document, comment, created_by)"
    " SELECT $1, $2 + 1, $3, $4, $5 WHERE $2 = coalesce((SELECT max(version) FROM policies"
    " WHERE organization_id = $1), 0)"
    " RETURNING organization_id, version, document, comment, created_by, created_at"};
constexpr pg::Statement kChanged = {
    "changed_policies",
    "SELECT DISTINCT ON (organization_id) organization_id, version, document, comment, created_by,"
    " created_at FROM policies WHERE created_at >= $1 ORDER BY organization_id, version DESC"};
constexpr pg::Statement kFindings = {
    "recorded_findings",
    "SELECT sequence, action, request_id, coalesce(verdict, '') AS verdict, findings, at"
    " FROM audit_logs WHERE organization_id = $1 AND at >= $2 AND sequence > $3"
    " AND findings <> '' ORDER BY sequence LIMIT 1000"};

constexpr int kMostVersions = 100;

StoredPolicy PolicyOf(const pg::Row& row) {
  return {.organization_id = row.Get<std::string>("organization_id"),
          .version = row.Get<int>("version"),
          .document = row.Get<std::string>("document"),
          .comment = row.Get<std::string>("comment"),
          .created_by = row.Get<std::string>("created_by"),
          .created_at = row.Get<absl::Time>("created_at")};
}

}  // namespace

absl::StatusOr<std::optional<StoredPolicy>> PolicyStore::Latest(
    const std::string& organization_id) {
  return ReadFirst(
      ExecuteInTenant(*pool_, organization_id, Repeatable(), kVersions, {organization_id, 1}),
      PolicyOf);
}

absl::StatusOr<std::vector<StoredPolicy>> PolicyStore::Versions(
    const std::string& organization_id) {
  return ReadEach(ExecuteInTenant(*pool_, organization_id, Repeatable(), kVersions,
                                  {organization_id, kMostVersions}),
                  PolicyOf);
}

absl::StatusOr<StoredPolicy> PolicyStore::Add(const StoredPolicy& policy) {
  const absl::Status late = absl::AbortedError(
      "the policy was changed meanwhile; read it, and send its version as \"if_version\"");
  const auto rows =
      ExecuteInTenant(*pool_, policy.organization_id, {}, kAdd,
                      {policy.organization_id, policy.version, pg::ToStorableJson(policy.document),
                       policy.comment, policy.created_by});
  if (!rows.ok()) return pg::IsUniqueViolation(rows.status()) ? late : rows.status();
  if (rows->empty()) return late;
  return PolicyOf(rows->front());
}

absl::StatusOr<std::vector<StoredPolicy>> PolicyStore::Changed() {
  absl::Time since;
  {
    absl::MutexLock lock(&mutex_);
    since = seen_until_;
  }
  // Rows become visible in another order than their times have.
  auto policies = ReadEach(pg::Execute(*pool_, Repeatable(), kChanged,
                                       {std::max(since - absl::Minutes(1), absl::UnixEpoch())}),
                           PolicyOf);
  if (!policies.ok()) return policies.status();
  absl::MutexLock lock(&mutex_);
  for (const StoredPolicy& policy : *policies) {
    seen_until_ = std::max(seen_until_, policy.created_at);
  }
  return policies;
}

absl::StatusOr<std::vector<RecordedFindings>> PolicyStore::Findings(
    const std::string& organization_id, absl::Time from, int64_t after) {
  const auto rows = ExecuteInTenant(*pool_, organization_id, Repeatable(), kFindings,
                                    {organization_id, from, after});
  if (!rows.ok()) return rows.status();
  std::vector<RecordedFindings> found;
  for (const pg::Row row : *rows) {
    found.push_back({row.Get<int64_t>("sequence"), row.Get<std::string>("action"),
                     row.Get<std::string>("request_id"), row.Get<std::string>("verdict"),
                     row.Get<std::string>("findings"), row.Get<absl::Time>("at")});
  }
  return found;
}

}  // namespace datamigrate::gateway
