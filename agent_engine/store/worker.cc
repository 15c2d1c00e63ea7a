#include "agent_engine/store/worker.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <random>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "absl/time/clock.h"
#include "agent_engine/workflow/graph.h"

namespace datamigrate::store {
namespace {

// Counts on while the computer's clock is set. The zero is any; only differences mean something.
absl::Time SteadyNow() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

// Why a token is cancelled. A paused run stops as one whose process shuts down, and its job is
// given back the same way.
absl::Status ToStatus(StopRequest request) {
  switch (request) {
    case StopRequest::kNone:
      return absl::OkStatus();
    case StopRequest::kPause:
      return absl::UnavailableError("the migration was paused");
    case StopRequest::kCancel:
      return absl::CancelledError("the migration was cancelled");
  }
  return absl::OkStatus();
}

}  // namespace

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
  const int threads = options_.concurrency + options_.max_waiting;
  for (int i = 0; i < threads; ++i) workers_.emplace_back([this] { Work(); });
  thread_ = std::thread([this] { Loop(); });
}

void Worker::Stop(absl::Duration grace) {
  if (!thread_.joinable()) return;
  std::deque<std::shared_ptr<Running>> not_begun;
  {
    absl::MutexLock lock(&mutex_);
    is_draining_ = true;
    not_begun.swap(ready_);
  }
  listener_.Wake();
  for (const auto& running : not_begun) {
    running->cancel.Cancel(absl::UnavailableError("the engine is shutting down"));
    Settle(*running, running->cancel.token().status());
    Forget(*running);
  }
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
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
}

int Worker::running() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(running_.size());
}

void Worker::Trouble(std::string_view what, const absl::Status& status) const {
  if (options_.on_trouble) options_.on_trouble(what, status);
}

void Worker::Loop() {
  absl::Time next_sweep = absl::InfinitePast();  // steady, as all times here but Wait's
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (is_stopping_) return;
    }
    Beat([](const Running&) { return false; });
    if (SteadyNow() >= next_sweep) {
      absl::StatusOr<int> failed = queue_->FailExhausted();
      if (!failed.ok()) Trouble("failing exhausted jobs", failed.status());
      absl::Status swept = options_.on_sweep ? options_.on_sweep() : absl::OkStatus();
      if (!swept.ok()) Trouble("looking after what is due", swept);
      next_sweep = SteadyNow() + options_.poll;
    }
    TakeFree();
    const int64_t sessions = listener_.sessions();
    absl::StatusOr<std::vector<pg::Notification>> arrived =
        listener_.Wait(absl::Now() + TimeToWake());
    if (!arrived.ok()) {
      Trouble("listening for jobs", arrived.status());
      continue;
    }
    std::set<std::string> runs;
    for (pg::Notification& notification : *arrived) runs.insert(std::move(notification.payload));
    // What was said while nobody listened is not heard: then every job is asked about.
    const bool may_have_missed = listener_.sessions() != sessions;
    Beat([&](const Running& running) {
      return may_have_missed || runs.contains(running.lease.run_id);
    });
  }
}

absl::Duration Worker::TimeToWake() const {
  absl::MutexLock lock(&mutex_);
  absl::Time wake = SteadyNow() + options_.poll;
  for (const auto& running : running_) wake = std::min(wake, running->next_heartbeat);
  return wake - SteadyNow();
}

int Worker::FreePlaces() const {
  return options_.concurrency + options_.prefetch + waiting_ - static_cast<int>(running_.size());
}

void Worker::TakeFree() {
  int free = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (is_draining_) return;
    if (options_.concurrency == 0) return;
    free = FreePlaces();
  }
  // Not one by one where several may be had.
  if (free <= options_.prefetch / 2) return;
  absl::Time before = SteadyNow();
  absl::StatusOr<std::vector<JobLease>> leases =
      queue_->TakeUpTo(free, options_.owner, options_.lease, options_.kinds);
  if (!leases.ok()) return Trouble("taking jobs", leases.status());
  for (JobLease& lease : *leases) Begin(std::move(lease), before);
}

void Worker::Begin(JobLease lease, absl::Time taken_at) {
  auto running = std::make_shared<Running>();
  running->lease = std::move(lease);
  running->next_heartbeat = taken_at + options_.heartbeat;
  running->lease_until = taken_at + options_.lease;
  if (absl::Status stop = ToStatus(running->lease.stop_request); !stop.ok()) {
    running->cancel.Cancel(stop);
  }
  {
    absl::MutexLock lock(&mutex_);
    if (!is_draining_) {
      // A server that lost the lease in a crash gives it out again, with the same token: it is ours
      // already.
      auto is_same = [&running](const auto& other) {
        return other->lease.run_id == running->lease.run_id &&
               other->lease.fencing_token == running->lease.fencing_token;
      };
      if (std::any_of(running_.begin(), running_.end(), is_same)) return;
      running_.push_back(running);
      ready_.push_back(std::move(running));
      return;
    }
  }
  // The worker was stopped while it took the job.
  if (absl::Status given_back = queue_->Release(running->lease); !given_back.ok()) {
    Trouble(fmt::format("leaving run {}", running->lease.run_id), given_back);
  }
}

std::shared_ptr<Worker::Running> Worker::NextReady() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &Worker::HasReady));
  if (ready_.empty()) return nullptr;
  std::shared_ptr<Running> next = std::move(ready_.front());
  ready_.pop_front();
  ++in_place_;
  next->has_begun = true;
  return next;
}

void Worker::Work() {
  while (std::shared_ptr<Running> running = NextReady()) {
    Settle(*running, RunJob(*running));
    Forget(*running);
    listener_.Wake();
  }
}

void Worker::LeavePlace(const JobLease& lease) {
  {
    absl::MutexLock lock(&mutex_);
    const auto is_it = [&lease](const auto& running) {
      return running->lease.run_id == lease.run_id &&
             running->lease.fencing_token == lease.fencing_token;
    };
    const auto found = std::find_if(running_.begin(), running_.end(), is_it);
    if (found == running_.end() || (*found)->has_left_place) return;
    if (waiting_ >= options_.max_waiting) return;
    (*found)->has_left_place = true;
    --in_place_;
    ++waiting_;
  }
  listener_.Wake();
}

void Worker::Forget(Running& running) {
  absl::MutexLock lock(&mutex_);
  running.is_finished = true;
  if (running.has_left_place) {
    --waiting_;
  } else if (running.has_begun) {
    --in_place_;
  }
  std::erase_if(running_, [&running](const auto& other) { return other.get() == &running; });
}

absl::StatusOr<JobEnd> Worker::RunJob(const Running& running) {
  if (running.cancel.token().IsCancelled()) {
    return absl::CancelledError("cancelled before it began");
  }
  try {
    return run_(running.lease, running.cancel.token());
  } catch (const std::exception& thrown) {
    return absl::InternalError(fmt::format("unexpected exception: {}", thrown.what()));
  }
}

// When the database is away even now, the lease runs out and another take finds the run where its
// last checkpoint left it.
void Worker::Settle(const Running& running, const absl::StatusOr<JobEnd>& end) {
  const JobLease& lease = running.lease;
  absl::Status stopped = running.cancel.token().status();
  absl::Status settled;
  if (end.ok()) {
    if (*end == JobEnd::kCompleted) settled = queue_->Complete(lease);
    if (*end == JobEnd::kSuspended) settled = queue_->Suspend(lease);
  } else if (IsLeaseLost(end.status()) || IsLeaseLost(stopped)) {
    settled = LeaseLost(lease);
  } else if (absl::IsCancelled(stopped)) {
    settled = queue_->Cancelled(lease);
  } else if (!stopped.ok()) {
    settled = queue_->Release(lease);
  } else {
    std::optional<absl::Duration> retry_after;
    // Unknown: nobody can say whether the database has stored something; the next attempt finds
    // out.
    if (workflow::IsTransient(end.status()) || absl::IsUnknown(end.status())) {
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
      bool is_due = SteadyNow() >= running->next_heartbeat || may_have_changed(*running);
      if (is_due && !running->is_finished) due.push_back(running);
    }
  }
  for (const auto& running : due) {
    if (absl::Status stop = Extend(*running); !stop.ok()) running->cancel.Cancel(stop);
  }
}

absl::Status Worker::Extend(Running& running) {
  absl::Time before = SteadyNow();
  absl::StatusOr<StopRequest> request = queue_->Heartbeat(running.lease, options_.lease);
  absl::MutexLock lock(&mutex_);
  if (running.is_finished) return absl::OkStatus();
  running.next_heartbeat = before + options_.heartbeat;
  if (request.ok()) {
    running.lease_until = before + options_.lease;
    return ToStatus(*request);
  }
  Trouble(fmt::format("extending the lease of run {}", running.lease.run_id), request.status());
  bool has_run_out = SteadyNow() >= running.lease_until;
  if (IsLeaseLost(request.status()) || has_run_out) return LeaseLost(running.lease);
  running.next_heartbeat = before + std::min(options_.heartbeat, absl::Seconds(1));
  return absl::OkStatus();
}

}  // namespace datamigrate::store
