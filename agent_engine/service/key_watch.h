// The gateway's public keys, which change while the engine runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/crypto/published_keys.h"

namespace datamigrate::service {

struct KeyWatchOptions {
  // Below the minute for which a gateway publishes a key before it signs.
  absl::Duration period = absl::Seconds(20);
  // Between two readings, however often keys are asked for sooner.
  absl::Duration shortest_pause = absl::Seconds(2);
};

// Reads the keys when it is made, which blocks as long, then on a thread of its own: every `period`, and sooner when a
// token names a key that is not known. What was read stays while a later reading fails; the log says so. Thread-safe.
class KeyWatch {
 public:
  // The document, as PublishedKeys::Parse takes it. May block.
  using Read = std::function<absl::StatusOr<std::string>()>;

  KeyWatch(Read read, const KeyWatchOptions& options);
  ~KeyWatch();

  // Null until a reading has succeeded; then the latest, unchanged while it is held.
  std::shared_ptr<const crypto::PublishedKeys> keys() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Does not block.
  void ReadSooner() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Loop();
  void ReadNow();

  const Read read_;
  const KeyWatchOptions options_;
  std::string trouble_ = "not read yet";  // of the last reading; of whoever reads
  mutable absl::Mutex mutex_;
  std::shared_ptr<const crypto::PublishedKeys> keys_ ABSL_GUARDED_BY(mutex_);
  bool is_asked_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// Reads keys from `place`: a file, or an HTTPS URL (plain HTTP on this machine alone) whose certificate `ca_file` or the
// authorities that this machine trusts have issued. Errors of Read: kUnavailable, with the place and the reason.
// Errors: kInvalidArgument for another kind of URL.
absl::StatusOr<KeyWatch::Read> ReaderOf(const std::string& place, const std::string& ca_file);

}  // namespace datamigrate::service
