// Where API keys come from. Keys are read when a call is made, so a changed one needs no restart.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_KEY_SOURCE_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_KEY_SOURCE_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent_engine/routing/clock.h"

namespace datamigrate::routing {

// Thread safe.
class KeySource {
 public:
  virtual ~KeySource() = default;

  // The key that `reference` ("env:NAME", "file:/path", "sealed:NAME") stands for.
  // Errors, without a word of the key: kNotFound where there is none; kPermissionDenied for a file
  // that others may read; kUnavailable.
  virtual absl::StatusOr<std::string> Find(std::string_view reference) = 0;
};

// Environment variables and files; files are looked at again after a few seconds, as a call may not
// wait for a disk each time.
class KeyReader : public KeySource {
 public:
  using Sealed = std::function<absl::StatusOr<std::string>(std::string_view name)>;

  // `sealed` finds keys of the store; empty: there is no store. `clock` must outlive this.
  explicit KeyReader(Clock* clock, Sealed sealed = {});
  ~KeyReader() override;

  absl::StatusOr<std::string> Find(std::string_view reference) override;

 private:
  struct Read {
    absl::StatusOr<std::string> key;
    absl::Duration at;
  };

  absl::StatusOr<std::string> ReadNow(std::string_view reference);

  Clock* const clock_;
  const Sealed sealed_;
  absl::Mutex mutex_;
  std::map<std::string, Read, std::less<>> read_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_KEY_SOURCE_H_
