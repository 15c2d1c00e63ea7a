#include "gateway/store/api_key_store.h"

#include "common/crypto/api_key.h"
#include "common/crypto/digest.h"
#include "common/crypto/random.h"
#include "common/pg/transaction.h"
#include "gateway/store/statements.h"
#include "gateway/store/tenant.h"

namespace datamigrate::gateway {
namespace {

constexpr pg::Statement kList = {
    "list_api_keys",
    "SELECT id, organization_id, user_id, name, beginning, array_to_string(scopes, ' ') AS scope,"
    " created_at, expires_at, last_used_at FROM api_keys"
    " WHERE organization_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC LIMIT 10000"};
constexpr pg::Statement kCreate = {
    "create_api_key",
    "INSERT INTO api_keys (id, organization_id, user_id, name, beginning, key_sha256, scopes,"
    " expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    " RETURNING id, organization_id, user_id, name, beginning,"
    " array_to_string(scopes, ' ') AS scope, created_at, expires_at, last_used_at"};
constexpr pg::Statement kRevoke = {
    "revoke_api_key",
    "UPDATE api_keys SET revoked_at = now()"
    " WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL"};
constexpr pg::Statement kFindByText = {
    "find_api_key",
    "SELECT id, organization_id, user_id, name, beginning, array_to_string(scopes, ' ') AS scope,"
    " created_at, expires_at, last_used_at FROM api_keys"
    " WHERE key_sha256 = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())"};
constexpr pg::Statement kNoteUses = {
    "note_api_key_uses",
    "UPDATE api_keys SET last_used_at = greatest(last_used_at, used.at)"
    " FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at) WHERE api_keys.id = used.id"};
constexpr pg::Statement kRevoked = {
    "revoked_api_keys", "SELECT id FROM api_keys WHERE revoked_at >= now() - $1::interval"};

ApiKey ReadKey(const pg::Row& row) {
  return {.id = row.Get<std::string>("id"),
          .organization_id = row.Get<std::string>("organization_id"),
          .user_id = row.Get<std::string>("user_id"),
          .name = row.Get<std::string>("name"),
          .beginning = row.Get<std::string>("beginning"),
          .scopes = PermissionSet::FromScope(row.Get<std::string>("scope")),
          .created_at = row.Get<absl::Time>("created_at"),
          .expires_at = row.Get<std::optional<absl::Time>>("expires_at"),
          .last_used_at = row.Get<std::optional<absl::Time>>("last_used_at")};
}

}  // namespace

absl::StatusOr<std::vector<ApiKey>> ApiKeyStore::List(const std::string& organization_id) {
  return ReadEach(ExecuteInTenant(*pool_, organization_id, Repeatable(), kList, {organization_id}),
                  ReadKey);
}

absl::StatusOr<ApiKey> ApiKeyStore::Create(const ApiKey& key, const std::string& text) {
  auto rows =
      ExecuteInTenant(*pool_, key.organization_id, {}, kCreate,
                      {crypto::RandomUuid(), key.organization_id, key.user_id, key.name,
                       text.substr(0, crypto::kApiKeyBeginning), pg::Bytes{crypto::Sha256(text)},
                       key.scopes.Names(), key.expires_at});
  if (!rows.ok()) return rows.status();
  return ReadKey(rows->front());
}

absl::Status ApiKeyStore::Revoke(const std::string& organization_id, const std::string& id) {
  const absl::Status missing = absl::NotFoundError("there is no such API key");
  if (!IsUuid(id)) return missing;
  auto rows =
      ExecuteInTenant(*pool_, organization_id, Repeatable(), kRevoke, {organization_id, id});
  if (!rows.ok()) return rows.status();
  return rows->affected_rows() == 0 ? missing : absl::OkStatus();
}

absl::StatusOr<std::optional<ApiKey>> ApiKeyStore::FindByText(const std::string& text) {
  return ReadFirst(
      pg::Execute(*pool_, Repeatable(), kFindByText, {pg::Bytes{crypto::Sha256(text)}}), ReadKey);
}

absl::Status ApiKeyStore::NoteUses(const std::map<std::string, absl::Time>& uses) {
  std::vector<std::string> ids;
  std::vector<std::string> times;
  for (const auto& [id, at] : uses) {
    ids.push_back(id);
    times.push_back(absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", at, absl::UTCTimeZone()));
  }
  return pg::Execute(*pool_, Repeatable(), kNoteUses, {ids, times}).status();
}

absl::StatusOr<std::vector<std::string>> ApiKeyStore::RevokedWithin(absl::Duration last) {
  return ReadEach(pg::Execute(*pool_, Repeatable(), kRevoked, {last}), ReadId);
}

}  // namespace datamigrate::gateway
