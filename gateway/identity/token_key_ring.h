// The token keys of a running gateway, which can change while it runs.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_TOKEN_KEY_RING_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_TOKEN_KEY_RING_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/crypto/token_keys.h"

namespace datamigrate::gateway {

// Thread safe.
class TokenKeyRing {
 public:
  explicit TokenKeyRing(crypto::TokenKeys keys)
      : keys_(std::make_shared<const crypto::TokenKeys>(std::move(keys))) {}

  // The keys of this moment. Never null; unchanged while it is held.
  std::shared_ptr<const crypto::TokenKeys> keys() const {
    absl::ReaderMutexLock lock(&mutex_);
    return keys_;
  }

  void Replace(crypto::TokenKeys keys) {
    auto next = std::make_shared<const crypto::TokenKeys>(std::move(keys));
    absl::MutexLock lock(&mutex_);
    keys_.swap(next);
  }

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const crypto::TokenKeys> keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_TOKEN_KEY_RING_H_
