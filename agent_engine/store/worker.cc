#include "agent_engine/store/worker.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <random>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "absl/time/clock.h"
#include "agent_engine/workflow/graph.h"

namespace datamigrate::store {

std::string MakeOwnerName() {
  char host[256] = "localhost";
  gethostname(host, sizeof(host) - 1);
  std::random_device random;
  return fmt::format("{}/{}/{:08x}", host, getpid(), random());
}

Worker::Worker(JobQueue* queue, WorkerOptions options, JobFunction run)
    : queue_(queue),
      options_(std::move(options)),
      run_(std::move(run)),
      listener_(options_.listen, {kJobsChannel}) {}

Worker::~Worker() {
  Stop(absl::ZeroDuration());
}

void Worker::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Worker::Stop(absl::Duration grace) {
  if (!thread_.joinable()) return;
  {
    absl::MutexLock lock(&mutex_);
    is_draining_ = true;
  }
  listener_.Wake();
  auto is_idle = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_.empty(); };
  std::vector<std::shared_ptr<Running>> unfinished;
  {
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(absl::Condition(&is_idle), grace)) unfinished = running_;
  }
  for (const auto& running : unfinished) {
    running->cancel.Cancel(absl::UnavailableError("the engine is shutting down"));
  }
  {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&is_idle));
    is_stopping_ = true;
  }
  listener_.Wake();
  thread_.join();
}

int Worker::running() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(running_.size());
}

void Worker::Trouble(std::string_view what, const absl::Status& status) const {
  if (options_.on_trouble) options_.on_trouble(what, status);
}

void Worker::Loop() {
  absl::Time next_sweep = absl::InfinitePast();
  while (true) {
    Reap();
    {
      absl::MutexLock lock(&mutex_);
      if (is_stopping_) return;
    }
    Beat([](const Running&) { return false; });
    if (absl::Now() >= next_sweep) {
      absl::StatusOr<int> failed = queue_->FailExhausted();
      if (!failed.ok()) Trouble("failing exhausted jobs", failed.status());
      next_sweep = absl::Now() + options_.poll;
    }
    while (TakeOne()) {
    }
    absl::StatusOr<std::vector<pg::Notification>> arrived = listener_.Wait(NextWake());
    if (!arrived.ok()) {
      Trouble("listening for jobs", arrived.status());
      continue;
    }
    std::set<std::string> runs;
    for (pg::Notification& notification : *arrived) runs.insert(std::move(notification.payload));
    // Nothing by name means that something may have been missed: ask about every job.
    Beat([&runs](const Running& running) {
      return runs.empty() || runs.contains(running.lease.run_id);
    });
  }
}

absl::Time Worker::NextWake() const {
  absl::MutexLock lock(&mutex_);
  absl::Time wake = absl::Now() + options_.poll;
  for (const auto& running : running_) wake = std::min(wake, running->next_heartbeat);
  return wake;
}

bool Worker::TakeOne() {
  {
    absl::MutexLock lock(&mutex_);
    if (is_draining_ || running_.size() >= static_cast<std::size_t>(options_.concurrency)) {
      return false;
    }
  }
  absl::Time before = absl::Now();
  absl::StatusOr<std::optional<JobLease>> lease =
      queue_->Take(options_.owner, options_.lease, options_.kinds);
  if (!lease.ok()) Trouble("taking a job", lease.status());
  if (!lease.ok() || !lease->has_value()) return false;

  auto running = std::make_shared<Running>();
  running->lease = **std::move(lease);
  running->next_heartbeat = before + options_.heartbeat;
  running->lease_until = before + options_.lease;
  if (running->lease.is_cancel_requested) {
    running->cancel.Cancel(absl::CancelledError("the migration was cancelled"));
  }
  absl::MutexLock lock(&mutex_);
  running_.push_back(running);
  running->thread = std::thread([this, running] { RunJob(running); });
  return true;
}

void Worker::RunJob(std::shared_ptr<Running> running) {
  absl::StatusOr<JobEnd> end = absl::CancelledError("cancelled before it began");
  if (!running->cancel.token().IsCancelled()) {
    try {
      end = run_(running->lease, running->cancel.token());
    } catch (const std::exception& thrown) {
      end = absl::InternalError(fmt::format("unexpected exception: {}", thrown.what()));
    }
  }
  Settle(*running, end);
  {
    absl::MutexLock lock(&mutex_);
    running->is_finished = true;
  }
  listener_.Wake();
}

// When the database is away even now, the lease runs out and another take finds the run where its
// last checkpoint left it.
void Worker::Settle(const Running& running, const absl::StatusOr<JobEnd>& end) {
  const JobLease& lease = running.lease;
  absl::Status stopped = running.cancel.token().status();
  absl::Status settled;
  if (end.ok()) {
    settled = *end == JobEnd::kCompleted ? queue_->Complete(lease) : queue_->Suspend(lease);
  } else if (IsLeaseLost(end.status()) || IsLeaseLost(stopped)) {
    settled = LeaseLost(lease);
  } else if (absl::IsCancelled(stopped)) {
    settled = queue_->Cancelled(lease);
  } else if (!stopped.ok()) {
    settled = queue_->Release(lease);
  } else {
    std::optional<absl::Duration> retry_after;
    if (workflow::IsTransient(end.status())) {
      double factor = std::pow(2.0, std::clamp(lease.attempts - 1, 0, 20));
      retry_after = std::min(options_.first_retry * factor, options_.longest_retry);
    }
    settled = queue_->Fail(lease, std::string(end.status().message()), retry_after);
  }
  if (!settled.ok()) Trouble(fmt::format("leaving run {}", lease.run_id), settled);
}

// Extends the leases that are due, and those that somebody may have changed.
void Worker::Beat(absl::FunctionRef<bool(const Running&)> may_have_changed) {
  std::vector<std::shared_ptr<Running>> due;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& running : running_) {
      bool is_due = absl::Now() >= running->next_heartbeat || may_have_changed(*running);
      if (is_due && !running->is_finished) due.push_back(running);
    }
  }
  for (const auto& running : due) {
    if (absl::Status stop = Extend(*running); !stop.ok()) running->cancel.Cancel(stop);
  }
}

absl::Status Worker::Extend(Running& running) {
  absl::Time before = absl::Now();
  absl::StatusOr<bool> is_cancelled = queue_->Heartbeat(running.lease, options_.lease);
  absl::MutexLock lock(&mutex_);
  if (running.is_finished) return absl::OkStatus();
  running.next_heartbeat = before + options_.heartbeat;
  if (is_cancelled.ok()) {
    running.lease_until = before + options_.lease;
    return *is_cancelled ? absl::CancelledError("the migration was cancelled") : absl::OkStatus();
  }
  Trouble(fmt::format("extending the lease of run {}", running.lease.run_id),
          is_cancelled.status());
  bool has_run_out = absl::Now() >= running.lease_until;
  if (IsLeaseLost(is_cancelled.status()) || has_run_out) return LeaseLost(running.lease);
  running.next_heartbeat = before + std::min(options_.heartbeat, absl::Seconds(1));
  return absl::OkStatus();
}

void Worker::Reap() {
  std::vector<std::shared_ptr<Running>> finished;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& running : running_) {
      if (running->is_finished) finished.push_back(running);
    }
  }
  for (const auto& running : finished) running->thread.join();
  absl::MutexLock lock(&mutex_);
  std::erase_if(running_, [](const auto& running) {
    return running->is_finished && !running->thread.joinable();
  });
}

}  // namespace datamigrate::store
