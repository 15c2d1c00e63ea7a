#include "agent_engine/store/short_job_worker.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "agent_engine/workflow/graph.h"

namespace datamigrate::store {

using SteadyClock = std::chrono::steady_clock;

ShortJobWorker::ShortJobWorker(ShortJobQueue* queue, ShortJobWorkerOptions options,
                               ShortJobFunction run)
    : queue_(queue), options_(std::move(options)), run_(std::move(run)) {}

ShortJobWorker::~ShortJobWorker() {
  Stop();
}

void ShortJobWorker::Start() {
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
}

void ShortJobWorker::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    is_stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool ShortJobWorker::IsStopping() {
  absl::MutexLock lock(&mutex_);
  return is_stopping_;
}

void ShortJobWorker::Rest() {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&is_stopping_), options_.poll);
}

void ShortJobWorker::Check(std::string_view what, const absl::Status& status) const {
  if (!status.ok() && options_.on_trouble) options_.on_trouble(what, status);
}

void ShortJobWorker::Work() {
  std::vector<ShortJob> done;
  while (true) {
    const bool is_last = IsStopping();
    absl::StatusOr<std::vector<ShortJob>> batch =
        queue_->Exchange(options_.owner, options_.kind, done, is_last ? 0 : options_.batch);
    Check("taking jobs", batch.status());
    // What is done stays so while the database is away; it is noted when it is back, or the jobs
    // are repeated.
    if (batch.ok()) done.clear();
    if (is_last) return;
    if (!batch.ok() || batch->empty()) {
      const absl::StatusOr<int> aside = queue_->SetAsideExhausted();
      Check("setting jobs aside", aside.status());
      Rest();
      continue;
    }
    done = RunBatch(*batch);
  }
}

std::vector<ShortJob> ShortJobWorker::RunBatch(const std::vector<ShortJob>& batch) {
  std::vector<ShortJob> done;
  done.reserve(batch.size());
  auto extend_at = SteadyClock::now() + absl::ToChronoNanoseconds(queue_->options().lease / 3);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (IsStopping()) {
      Check("giving jobs back",
            queue_->Release(options_.owner, absl::MakeConstSpan(batch).subspan(i)));
      break;
    }
    if (SteadyClock::now() >= extend_at) {
      Check("keeping jobs", queue_->Extend(options_.owner, batch));
      extend_at = SteadyClock::now() + absl::ToChronoNanoseconds(queue_->options().lease / 3);
    }
    absl::Status end = RunOne(batch[i]);
    if (end.ok()) {
      done.push_back({.id = batch[i].id, .fencing_token = batch[i].fencing_token});
    } else {
      Fail(batch[i], end);
    }
  }
  return done;
}

absl::Status ShortJobWorker::RunOne(const ShortJob& job) {
  try {
    return run_(job);
  } catch (const std::exception& thrown) {
    return absl::InternalError(fmt::format("unexpected exception: {}", thrown.what()));
  }
}

void ShortJobWorker::Fail(const ShortJob& job, const absl::Status& error) {
  std::optional<absl::Duration> retry_after;
  if (workflow::IsTransient(error)) {
    const double factor = std::pow(2.0, std::clamp(job.attempts - 1, 0, 20));
    retry_after = std::min(options_.first_retry * factor, options_.longest_retry);
  }
  Check("leaving a job",
        queue_->Fail(options_.owner, job, std::string(error.message()), retry_after));
}

}  // namespace datamigrate::store
