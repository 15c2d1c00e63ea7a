// The tokens that prove to the engine for whom a call is made (common/crypto/engine_token.h).
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_ENGINE_TOKENS_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_ENGINE_TOKENS_H_

#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/access/permission.h"
#include "gateway/identity/token_key_ring.h"

namespace datamigrate::gateway {

// For whom a token speaks.
struct EngineCaller {
  std::string_view user_id;
  std::string_view organization_id;
  std::string_view api_key_id;  // "" for a session
  PermissionSet permissions;
};

struct EngineToken {
  std::string text;
  std::string scope;  // what of the permissions the engine knows, with spaces between
  absl::Time expires_at;
};

// Thread safe; does not block.
class EngineTokens {
 public:
  // Of tokens for the gateway's own calls: one is made for a caller and used again while this is
  // left at least, longer than a request may wait.
  static constexpr absl::Duration kLifetime = absl::Minutes(2);
  static constexpr absl::Duration kLeft = absl::Minutes(1);
  // Of tokens that clients take to the engine: so long may one outlive what it was given for.
  static constexpr absl::Duration kClientLifetime = absl::Minutes(5);
  static constexpr size_t kMostKept = 10000;

  // `keys` must outlive the object.
  explicit EngineTokens(const TokenKeyRing* keys) : keys_(keys) {}

  // For a call of the gateway. "" where tokens are signed with a shared secret: engines know none.
  std::string For(const EngineCaller& caller, absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);

  // For a client that calls the engine itself. Errors: kPermissionDenied for a caller who may do
  // nothing there; kFailedPrecondition where tokens are signed with a shared secret.
  absl::StatusOr<EngineToken> Grant(const EngineCaller& caller, absl::Time now) const;

 private:
  struct Kept {
    std::string text;
    absl::Time good_until;
  };

  const TokenKeyRing* const keys_;
  absl::Mutex mutex_;
  std::unordered_map<std::string, Kept> kept_ ABSL_GUARDED_BY(mutex_);  // by all of the caller
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_ENGINE_TOKENS_H_
