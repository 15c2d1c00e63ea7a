// Things that are costly to make and serve one thread at a time, as scanners are.
#ifndef DATAMIGRATE_GATEWAY_POLICY_LENDING_POOL_H_
#define DATAMIGRATE_GATEWAY_POLICY_LENDING_POOL_H_

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace datamigrate::gateway {

// Makes one where none is idle, and keeps as many as were ever lent at once. Thread safe.
template <typename Thing>
class LendingPool {
 public:
  using Make = std::function<std::unique_ptr<Thing>()>;

  // `make` must be thread safe.
  explicit LendingPool(Make make) : make_(std::move(make)) {}

  // Gives the thing back, whatever happens. Must not outlive the pool.
  class Loan {
   public:
    Loan(LendingPool* pool, std::unique_ptr<Thing> thing) : pool_(pool), thing_(std::move(thing)) {}
    ~Loan() { pool_->GiveBack(std::move(thing_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Thing* operator->() { return thing_.get(); }

   private:
    LendingPool* const pool_;
    std::unique_ptr<Thing> thing_;
  };

  Loan Borrow() ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      absl::MutexLock lock(&mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Thing> thing = std::move(idle_.back());
        idle_.pop_back();
        return Loan(this, std::move(thing));
      }
    }
    return Loan(this, make_());
  }

 private:
  void GiveBack(std::unique_ptr<Thing> thing) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    idle_.push_back(std::move(thing));
  }

  const Make make_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Thing>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_POLICY_LENDING_POOL_H_
