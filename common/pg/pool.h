// A bounded set of connections that threads borrow.
#ifndef DATAMIGRATE_COMMON_PG_POOL_H_
#define DATAMIGRATE_COMMON_PG_POOL_H_

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/pg/connection.h"

namespace datamigrate::pg {

struct PoolOptions {
  ConnectionOptions connection;
  int max_connections = 8;  // at least 1
  // How long Acquire waits for a free connection before it says kResourceExhausted.
  absl::Duration acquire_timeout = absl::Seconds(10);
};

// Safe to call from any thread. Must outlive what it lent.
class Pool {
 public:
  // A borrowed connection; returns itself when it leaves scope. A connection that broke, or that
  // comes back with a transaction open, is closed instead of being lent again.
  class Borrowed {
   public:
    Borrowed(Pool* pool, std::unique_ptr<Connection> connection);
    Borrowed(Borrowed&&) = default;
    Borrowed& operator=(Borrowed&&) = delete;
    ~Borrowed();

    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  // Opens nothing yet.
  explicit Pool(PoolOptions options);
  ~Pool();

  // Borrows an idle connection or opens one. Idle connections that the server closed are replaced.
  // Errors: those of Connection::Open; kResourceExhausted when all stay lent for acquire_timeout
  // or until `deadline`, whichever comes first.
  absl::StatusOr<Borrowed> Acquire(absl::Time deadline = absl::InfiniteFuture());

  // Connections lent and idle together.
  int open_connections() const;

  const PoolOptions& options() const { return options_; }

 private:
  void Return(std::unique_ptr<Connection> connection);
  void Forget();

  const PoolOptions options_;
  mutable absl::Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
  int open_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace datamigrate::pg

#endif  // DATAMIGRATE_COMMON_PG_POOL_H_
