// Answers kept by what shaped them, so that the same question is billed once.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_ANSWER_CACHE_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_ANSWER_CACHE_H_

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent_engine/routing/model_call.h"
#include "agent_engine/routing/routes.h"

namespace datamigrate::routing {

// Values by key, per tenant. Thread safe; may block.
class AnswerCache {
 public:
  virtual ~AnswerCache() = default;

  // Nothing when there is none that is valid at `now`. Errors: kUnavailable.
  virtual absl::StatusOr<std::optional<std::string>> Find(std::string_view tenant,
                                                          std::string_view key, absl::Time now) = 0;

  // The first value of a key that is valid stays: both say the same. Errors: kUnavailable.
  virtual absl::Status Store(std::string_view tenant, std::string_view key, std::string_view value,
                             absl::Time now, absl::Time expires) = 0;
};

// For an engine without a store: the answers used last, until the process ends.
class MemoryCache : public AnswerCache {
 public:
  explicit MemoryCache(size_t max_bytes = 64 << 20) : max_bytes_(max_bytes) {}

  absl::StatusOr<std::optional<std::string>> Find(std::string_view tenant, std::string_view key,
                                                  absl::Time now) override;
  absl::Status Store(std::string_view tenant, std::string_view key, std::string_view value,
                     absl::Time now, absl::Time expires) override;

 private:
  struct Entry {
    std::string key;
    std::string value;
    absl::Time expires;
  };
  using Entries = std::list<Entry>;  // the one used last is first

  void Remove(Entries::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_bytes_;
  absl::Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, Entries::iterator> by_key_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

// SHA-256, 64 hex digits, of all of a request that shapes the answer.
std::string DigestOf(const ModelRequest& request);

// The key of an answer by `model`: its provider's name for it and the request's digest. Where it is
// served and what it costs do not shape an answer.
std::string CacheKey(const Model& model, std::string_view request_digest);

// Answers as values. What depends on the call (latency, attempts) is not kept.
std::string ToValue(const ModelAnswer& answer);
// Nothing for a value that no version of this has written.
std::optional<ModelAnswer> FromValue(std::string_view value);

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_ANSWER_CACHE_H_
