// Who calls, and whether the caller may.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "agent_engine/service/key_watch.h"

namespace datamigrate::service {

struct Caller {
  std::string tenant;
  std::string user;
  // A watch goes no longer on than this: then its caller has to prove itself anew.
  absl::Time watches_until = absl::InfiniteFuture();
  // It calls past the gateway, so its calls have no rows in the audit log but those that the engine
  // writes.
  bool is_client = false;
  std::string api_key_id = "";
};

// What a call does, by the permission that a token's scope must have for it.
enum class Right { kRead, kWrite, kDecide, kLimit, kReadModels, kUseModels, kWriteModels };
// "migrations:read", "migrations:write", "migrations:decide", "policies:write", "models:read",
// "models:use", "models:write": as the gateway names them.
std::string_view PermissionOf(Right right);

// What a call says of its caller: from its metadata, or from an item of CreateMigrations.
struct Claim {
  std::string_view tenant;  // "": nothing is said
  std::string_view user;
  std::string_view token;  // without "Bearer "
};

// Thread-safe. Does not block.
class CallerCheck {
 public:
  // With `keys`, which must outlive this, tokens of the gateway alone count; null: what a call says
  // is believed, and whoever says nothing is "local".
  explicit CallerCheck(
      KeyWatch* keys, std::function<absl::Time()> now = [] { return absl::Now(); })
      : keys_(keys), now_(std::move(now)) {}

  // Errors: kUnauthenticated without a good token, kPermissionDenied for one whose scope lacks the
  // right; both say what to do. kUnavailable while the gateway's keys have not been read.
  absl::StatusOr<Caller> Check(const Claim& claim, Right right) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Verified {
    Caller caller;
    std::string scope;
    absl::Time expires_at;
  };
  static constexpr size_t kMostVerified = 10000;

  absl::StatusOr<Verified> Open(std::string_view token) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<Verified> Verify(std::string_view token, absl::Time now);

  KeyWatch* const keys_;
  const std::function<absl::Time()> now_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Verified> verified_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::service
