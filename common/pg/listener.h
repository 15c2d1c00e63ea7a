// LISTEN on a connection of its own.
#ifndef DATAMIGRATE_COMMON_PG_LISTENER_H_
#define DATAMIGRATE_COMMON_PG_LISTENER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/connection.h"

namespace datamigrate::pg {

struct Notification {
  std::string channel;
  std::string payload;
};

// Waits for notifications. A notification is a hint to look, never the news itself: some are lost
// while the connection is away, so look once after each Wait, whatever it returned.
// Wait belongs to one thread; Wake may be called from any.
class Listener {
 public:
  // `channels` are plain lower-case identifiers. Connects on the first Wait.
  Listener(ConnectionOptions options, std::vector<std::string> channels);
  ~Listener();

  // Returns what has arrived, waiting until something does, Wake is called or `deadline` passes;
  // the last two return an empty list. A lost connection is opened again meanwhile, with pauses
  // that grow to a few seconds; after opening, one empty list is returned so that the caller looks.
  // Errors: the reason when there is no connection at `deadline`.
  absl::StatusOr<std::vector<Notification>> Wait(absl::Time deadline);

  // How often it has begun to listen: what was said before the last time may have been missed. For
  // the thread that waits.
  int64_t sessions() const { return sessions_; }

  // Makes the present or the next Wait return at once.
  void Wake();

 private:
  absl::Status Connect();
  std::vector<Notification> Drain();
  // Waits for the socket (when connected), a wake or `deadline`; true when woken.
  bool Poll(absl::Time deadline);

  const ConnectionOptions options_;
  const std::vector<std::string> channels_;
  std::unique_ptr<Connection> connection_;
  int64_t sessions_ = 0;
  int wake_fd_;
  absl::Time next_attempt_ = absl::InfinitePast();
  absl::Duration pause_ = absl::ZeroDuration();
  absl::Status last_error_;
};

}  // namespace datamigrate::pg

#endif  // DATAMIGRATE_COMMON_PG_LISTENER_H_
