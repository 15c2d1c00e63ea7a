// Access tokens whose signature has been checked, so that it need not be checked for every request.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_VERIFIED_TOKENS_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_VERIFIED_TOKENS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {

// Keeps at most `max_tokens`. Says nothing of sessions that have ended: that is asked each time.
// Thread safe.
class VerifiedTokens {
 public:
  explicit VerifiedTokens(size_t max_tokens) : max_tokens_(max_tokens) {}

  // Whom the token speaks for, unless it is not here or has expired at `now`.
  std::optional<Principal> Find(std::string_view token, absl::Time now) const;

  // When full, tokens that have expired at `now` go, or all where none has.
  void Add(std::string_view token, Principal principal, absl::Time expires_at, absl::Time now);

  size_t size() const;

 private:
  struct Entry {
    Principal principal;
    absl::Time expires_at;
  };

  const size_t max_tokens_;
  mutable absl::Mutex mutex_;
  std::unordered_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_VERIFIED_TOKENS_H_
