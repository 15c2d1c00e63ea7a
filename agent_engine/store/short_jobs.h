// A queue of short jobs, many thousands a second: each has a kind, a payload and no run. They are
// taken and left by the batch; rows of those that are done are gone.
//
// A job runs at least once: who dies with a batch leaves it to be taken again when its lease has
// run out. What must happen once needs a key of its own at its receiver.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_SHORT_JOBS_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_SHORT_JOBS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

struct NewShortJob {
  std::string tenant = {};
  std::string kind = {};
  std::string payload = {};  // bytes; the queue does not read them
  int priority = 0;          // higher goes first
  absl::Duration delay = absl::ZeroDuration();
};

struct ShortJob {
  std::string id = {};
  std::string tenant = {};
  std::string payload = {};
  int64_t fencing_token = 0;
  int attempts = 0;  // takes, this one included
};

// A job that was given up: its last error, or that its workers died.
struct AsideShortJob {
  std::string id = {};
  std::string tenant = {};
  std::string kind = {};
  std::string error = {};
  int attempts = 0;
};

struct ShortJobOptions {
  int max_attempts = 5;  // then a job is set aside
  absl::Duration lease = absl::Minutes(1);
};

// Safe to call from any thread.
class ShortJobQueue {
 public:
  // `pool` must outlive the queue.
  explicit ShortJobQueue(pg::Pool* pool, ShortJobOptions options = {})
      : pool_(pool), options_(options) {}

  // Adds all or none, in one commit; the ids are in their order.
  absl::StatusOr<std::vector<std::string>> Enqueue(absl::Span<const NewShortJob> jobs);

  // Notes that `done` are done and takes at most `most` others of that kind, most urgent first, in
  // one commit. Of `done` those are left out that somebody else has taken since.
  absl::StatusOr<std::vector<ShortJob>> Exchange(std::string_view owner, std::string_view kind,
                                                 absl::Span<const ShortJob> done, int most);

  // Keeps jobs for another lease.
  absl::Status Extend(std::string_view owner, absl::Span<const ShortJob> jobs);

  // Gives jobs back unharmed: the attempt does not count.
  absl::Status Release(std::string_view owner, absl::Span<const ShortJob> jobs);

  // Queues the job again after `retry_after`, or sets it aside: without one, or when its attempts
  // are used up.
  absl::Status Fail(std::string_view owner, const ShortJob& job, std::string_view error,
                    std::optional<absl::Duration> retry_after = std::nullopt);

  // Sets the jobs aside whose attempts are used up and whose owner is gone; returns how many.
  absl::StatusOr<int> SetAsideExhausted();

  // Those that were set aside, of one tenant; and one of them back into the queue with all its
  // attempts. kNotFound for a job that is not aside.
  absl::StatusOr<std::vector<AsideShortJob>> Aside(std::string_view tenant, int most = 100);
  absl::Status Requeue(std::string_view tenant, std::string_view id);

  const ShortJobOptions& options() const { return options_; }

 private:
  pg::Pool* const pool_;
  const ShortJobOptions options_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_SHORT_JOBS_H_
