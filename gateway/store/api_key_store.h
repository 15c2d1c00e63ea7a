// API keys in PostgreSQL. Thread safe; every call blocks. Calls that take an organization's id run
// behind row-level security.
#ifndef DATAMIGRATE_GATEWAY_STORE_API_KEY_STORE_H_
#define DATAMIGRATE_GATEWAY_STORE_API_KEY_STORE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/pool.h"
#include "gateway/access/permission.h"

namespace datamigrate::gateway {

struct ApiKey {
  std::string id;
  std::string organization_id;
  std::string user_id;  // who made it, for whom it acts
  std::string name;
  std::string beginning;  // of its text
  PermissionSet scopes;
  absl::Time created_at;
  std::optional<absl::Time> expires_at;
  std::optional<absl::Time> last_used_at;  // within a few seconds
};

class ApiKeyStore {
 public:
  // `pool` must outlive the store.
  explicit ApiKeyStore(pg::Pool* pool) : pool_(pool) {}

  // Those that are not revoked, the newest first.
  absl::StatusOr<std::vector<ApiKey>> List(const std::string& organization_id);

  // Keeps a hash of `text`. `key` needs organization, user, name, scopes and expiry.
  absl::StatusOr<ApiKey> Create(const ApiKey& key, const std::string& text);

  // Errors: kNotFound.
  absl::Status Revoke(const std::string& organization_id, const std::string& id);

  // The key with this text, unless it is unknown, revoked or has expired.
  absl::StatusOr<std::optional<ApiKey>> FindByText(const std::string& text);

  // Notes when keys were used last, by their ids.
  absl::Status NoteUses(const std::map<std::string, absl::Time>& uses);

  // Ids of keys that were revoked in the `last` minutes or so.
  absl::StatusOr<std::vector<std::string>> RevokedWithin(absl::Duration last);

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_API_KEY_STORE_H_
