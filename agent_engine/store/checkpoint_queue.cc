#include "agent_engine/store/checkpoint_queue.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "agent_engine/store/checkpoint_rows.h"
#include "agent_engine/store/migration_rows.h"
#include "agent_engine/workflow/graph.h"

namespace datamigrate::store {

class CheckpointQueue::Run : public std::enable_shared_from_this<Run> {
 public:
  explicit Run(JobLease lease) { content.lease = std::move(lease); }

  RunItems content;  // waits
  std::size_t bytes = 0;
  bool is_waiting = false;  // in the queue
  bool is_writing = false;  // a writer has what waited before
  bool is_urgent = false;   // somebody waits for it
  absl::Status error;       // nothing is stored any more
};

namespace {

// Stores one run's items in their order, each in a transaction of its own.
absl::Status WriteAlone(pg::Pool& pool, const RunItems& run) {
  for (std::size_t i = 0; i < run.items.size(); ++i) {
    const RunItem& item = run.items[i];
    if (!item.checkpoint.has_value()) {
      for (const workflow::Event& event : item.events) {
        absl::Status told = CommitEvent(pool, run.lease, event);
        if (IsLeaseLost(told)) return told;
      }
      continue;
    }
    const bool is_last = item.checkpoint->status == workflow::CheckpointStatus::kCompleted;
    absl::Status stored = CommitCheckpoint(pool, run.lease, *item.checkpoint, {}, item.events,
                                           run.leaves_job && is_last);
    if (!stored.ok()) return stored;
  }
  return absl::OkStatus();
}

bool MayComeBack(const absl::Status& status) {
  return workflow::IsTransient(status) || absl::IsUnknown(status);
}

// As WriteAlone, until `give_up` while the database is away: what is stored already is no harm.
absl::Status WritePatiently(pg::Pool& pool, const RunItems& run, absl::Time give_up) {
  absl::Duration pause = absl::Milliseconds(50);
  while (true) {
    absl::Status written = WriteAlone(pool, run);
    if (written.ok() || !MayComeBack(written) || absl::Now() >= give_up) return written;
    absl::SleepFor(pause);
    pause = std::min(pause * 2, absl::Seconds(1));
  }
}

}  // namespace

CheckpointQueue::CheckpointQueue(pg::Pool* pool, const CheckpointQueueOptions& options)
    : pool_(pool),
      options_(options),
      announcer_([pool](const std::vector<std::string>& runs) { AnnounceEvents(*pool, runs); }) {
  for (int i = 0; i < options.writers; ++i) writers_.emplace_back([this] { Work(); });
}

CheckpointQueue::~CheckpointQueue() {
  {
    absl::MutexLock lock(&mutex_);
    is_stopping_ = true;
  }
  for (std::thread& writer : writers_) writer.join();
}

std::shared_ptr<CheckpointQueue::Run> CheckpointQueue::Open(JobLease lease) {
  return std::make_shared<Run>(std::move(lease));
}

bool CheckpointQueue::HasRoom(const Run& run) const {
  return !run.error.ok() || (run.content.items.size() < options_.max_ahead_items &&
                             run.bytes < options_.max_ahead_bytes);
}

absl::Status CheckpointQueue::Add(Run& run, RunItem item, bool leaves_job) {
  absl::MutexLock lock(&mutex_);
  if (!HasRoom(run)) {
    MakeUrgent(run);
    auto has_room = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return HasRoom(run); };
    mutex_.Await(absl::Condition(&has_room));
  }
  if (!run.error.ok()) return run.error;
  run.bytes += SizeOf(item);
  run.content.items.push_back(std::move(item));
  run.content.leaves_job |= leaves_job;
  if (!run.is_waiting && !run.is_writing) Enqueue(run.shared_from_this());
  return absl::OkStatus();
}

absl::Status CheckpointQueue::Settle(Run& run) {
  absl::MutexLock lock(&mutex_);
  MakeUrgent(run);
  auto is_settled = [&run] {
    return !run.is_writing && (run.content.items.empty() || !run.error.ok());
  };
  mutex_.Await(absl::Condition(&is_settled));
  return run.error;
}

void CheckpointQueue::MakeUrgent(Run& run) {
  if (run.is_urgent || run.content.items.empty()) return;
  run.is_urgent = true;
  if (run.is_waiting) ++urgent_;
}

void CheckpointQueue::Enqueue(std::shared_ptr<Run> run) {
  run->is_waiting = true;
  if (run->is_urgent) ++urgent_;
  waiting_.push_back(std::move(run));
}

CheckpointQueue::Group CheckpointQueue::Take(std::vector<RunItems>& contents) {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &CheckpointQueue::HasWork));
  mutex_.AwaitWithTimeout(absl::Condition(this, &CheckpointQueue::IsUrgent), options_.linger);
  Group group;
  std::size_t bytes = 0;
  while (!waiting_.empty() && group.size() < options_.max_group_runs &&
         bytes < options_.max_group_bytes) {
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    const std::shared_ptr<Run>& run = group.back();
    bytes += run->bytes;
    if (run->is_urgent) --urgent_;
    run->is_urgent = false;
    run->is_waiting = false;
    run->is_writing = true;
    contents.push_back(
        {run->content.lease, std::exchange(run->content.items, {}), run->content.leaves_job});
    run->bytes = 0;
  }
  return group;
}

std::vector<absl::Status> CheckpointQueue::Write(const std::vector<RunItems>& contents) {
  std::vector<absl::Status> written(contents.size());
  absl::StatusOr<std::vector<bool>> stored = CommitGroup(*pool_, contents);
  const absl::Time give_up = absl::Now() + options_.patience;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    if (stored.ok() && (*stored)[i]) continue;
    written[i] = WritePatiently(*pool_, contents[i], give_up);
  }
  return written;
}

void CheckpointQueue::Finish(const Group& group, const std::vector<absl::Status>& written) {
  absl::MutexLock lock(&mutex_);
  for (std::size_t i = 0; i < group.size(); ++i) {
    Run& run = *group[i];
    run.is_writing = false;
    if (!written[i].ok()) {
      run.error = written[i];
      run.content.items.clear();
    }
    if (!run.content.items.empty()) Enqueue(group[i]);
  }
}

void CheckpointQueue::Work() {
  while (true) {
    std::vector<RunItems> contents;
    Group group = Take(contents);
    if (group.empty()) {
      absl::MutexLock lock(&mutex_);
      if (is_stopping_ && waiting_.empty()) return;
      continue;
    }
    Finish(group, Write(contents));
    std::vector<std::string> runs;
    for (const RunItems& run : contents) runs.push_back(run.lease.run_id);
    announcer_.Add(runs);
  }
}

}  // namespace datamigrate::store
