// Whom an API key speaks for.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_API_KEYS_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_API_KEYS_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/http/message.h"
#include "gateway/store/api_key_store.h"
#include "gateway/store/organization_store.h"

namespace datamigrate::gateway {

// Keeps what the database said of a key, also that there is none, for `kFreshFor`: so long may a
// right of the key's maker outlive its end, and a key its revocation by another gateway no longer
// than Refresh is called at. Thread safe.
class ApiKeys {
 public:
  static constexpr absl::Duration kFreshFor = absl::Seconds(30);
  static constexpr size_t kMostKept = 10000;

  // The pointers must outlive the object.
  ApiKeys(ApiKeyStore* store, OrganizationStore* organizations)
      : store_(store), organizations_(organizations) {}

  // True when Check of this text would ask the database.
  bool NeedsLookup(std::string_view text, absl::Time now) const;

  // Whom the key speaks for: its maker, with the permissions that the key's scopes and the maker's
  // role have in common. Errors: kUnauthenticated; those of the database.
  absl::StatusOr<Principal> Check(std::string_view text, absl::Time now);

  // Forgets the key at once.
  void Forget(const std::string& key_id);

  // Writes down when keys were used, and forgets those that another gateway revoked. Blocks.
  absl::Status Refresh();

 private:
  struct Entry {
    std::optional<Principal> principal;  // nothing: there is no such key
    absl::Time fresh_until;
  };

  absl::StatusOr<std::optional<Principal>> Look(const std::string& text);

  ApiKeyStore* const store_;
  OrganizationStore* const organizations_;
  mutable absl::Mutex mutex_;
  std::unordered_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);  // by SHA-256
  std::map<std::string, absl::Time> uses_ ABSL_GUARDED_BY(mutex_);          // by the key's id
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_API_KEYS_H_
