// Checkpoints and events of many runs in one statement, so in one round trip and one commit.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_CHECKPOINT_GROUP_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_CHECKPOINT_GROUP_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/workflow/ports.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

// A checkpoint with its events, or news between two checkpoints.
struct RunItem {
  std::optional<workflow::Checkpoint> checkpoint =
      {};  // not one that asks or says what follows a failure
  std::vector<workflow::Event> events = {};
};

// What one run has to store, in its order.
struct RunItems {
  JobLease lease = {};
  std::vector<RunItem> items = {};
  bool leaves_job = false;  // the last checkpoint ends the run: its job is left as completed
};

// About how many bytes an item is in a statement.
std::size_t SizeOf(const RunItem& item);

// Stores everything of each run or nothing of it, and says which runs were stored. One that was not
// has lost its lease or has such checkpoints already: ask for it alone (checkpoint_rows.h). Errors:
// nothing is stored, or nobody knows. Watchers are not told (AnnounceEvents).
absl::StatusOr<std::vector<bool>> CommitGroup(pg::Pool& pool, absl::Span<const RunItems> runs);

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_CHECKPOINT_GROUP_H_
