#include "common/pg/pool.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "absl/time/clock.h"

namespace datamigrate::pg {

Pool::Borrowed::Borrowed(Pool* pool, std::unique_ptr<Connection> connection)
    : pool_(pool), connection_(std::move(connection)) {}

Pool::Borrowed::~Borrowed() {
  if (connection_ != nullptr) pool_->Return(std::move(connection_));
}

Pool::Pool(PoolOptions options) : options_(std::move(options)) {}

Pool::~Pool() = default;

absl::StatusOr<Pool::Borrowed> Pool::Acquire(absl::Time deadline) {
  deadline = std::min(deadline, absl::Now() + options_.acquire_timeout);
  {
    absl::MutexLock lock(&mutex_);
    auto has_room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !idle_.empty() || open_ < std::max(1, options_.max_connections);
    };
    while (true) {
      if (!mutex_.AwaitWithDeadline(absl::Condition(&has_room), deadline)) {
        return absl::ResourceExhaustedError(fmt::format(
            "all {} database connections are in use; raise the pool's size or lower the number of "
            "jobs",
            options_.max_connections));
      }
      if (idle_.empty()) break;
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      // Whatever an idle connection says unasked, it is mostly good-bye.
      if (!connection->HasInput() && connection->IsUsable()) {
        return Borrowed(this, std::move(connection));
      }
      --open_;
    }
    ++open_;
  }
  absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Open(options_.connection);
  if (!opened.ok()) {
    Forget();
    return opened.status();
  }
  return Borrowed(this, *std::move(opened));
}

int Pool::open_connections() const {
  absl::MutexLock lock(&mutex_);
  return open_;
}

void Pool::Return(std::unique_ptr<Connection> connection) {
  if (!connection->IsUsable() || connection->InTransaction()) {
    connection.reset();  // outside the lock: closing may take a moment
    return Forget();
  }
  absl::MutexLock lock(&mutex_);
  idle_.push_back(std::move(connection));
}

void Pool::Forget() {
  absl::MutexLock lock(&mutex_);
  --open_;
}

}  // namespace datamigrate::pg
