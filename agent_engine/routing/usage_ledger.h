// What calls have used and cost, and the budgets that hold them.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_USAGE_LEDGER_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_USAGE_LEDGER_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent_engine/routing/model_call.h"
#include "agent_engine/routing/routes.h"

namespace datamigrate::routing {

// One request to one deployment, or an answer from the cache.
struct CallRecord {
  std::string call;  // id, the same for all attempts of a call
  std::string tenant;
  std::string migration;
  std::string agent;
  std::string task;  // "complex", or the model that was asked for
  std::string model;
  std::string deployment;  // "": from the cache
  std::string provider_model;
  std::string outcome;  // "answered", "from_cache", or what failed: "529 overloaded_error"
  TokenUsage usage;
  int64_t cost_microdollars = 0;
  absl::Duration latency = absl::ZeroDuration();
  absl::Duration first_token = absl::ZeroDuration();
  absl::Time began;
};

// One budget that a call counts against.
struct BudgetUse {
  std::string budget;   // its name
  std::string subject;  // the organization or migration; "": the site
  absl::Time opens;     // when the window ends; InfiniteFuture: never
  std::string window;   // "2026-11-22", "2026-11", "total"
  int64_t limit_microdollars = 0;
};

// The budgets of `routes` that hold calls of the context at `now`.
std::vector<BudgetUse> BudgetsOf(const Routes& routes, const CallContext& context, absl::Time now);

// Thread safe; may block.
class UsageLedger {
 public:
  virtual ~UsageLedger() = default;

  // Sets `microdollars` aside in all budgets or in none, before a request leaves; the id that is
  // returned goes to Settle. What is not settled by `expires`, as its process died, counts as
  // spent. Errors: FailureCause::kBudgetSpent, naming the budget; kRecords.
  virtual absl::StatusOr<std::string> Reserve(const std::vector<BudgetUse>& uses,
                                              int64_t microdollars, absl::Time now,
                                              absl::Time expires) = 0;

  // The request has ended: records it and puts its cost in the place of what was set aside.
  // `reservation`: of Reserve; "": none. Does not wait for the disk.
  virtual void Settle(std::string_view reservation, CallRecord record) = 0;
};

// The refusal of a budget, as all ledgers say it.
absl::Status BudgetSpent(const BudgetUse& use, int64_t spent, int64_t held, int64_t wanted);

// "$4.99", "$0.0021".
std::string FormatDollars(int64_t microdollars);

// For an engine without a store: until the process ends.
class MemoryLedger : public UsageLedger {
 public:
  absl::StatusOr<std::string> Reserve(const std::vector<BudgetUse>& uses, int64_t microdollars,
                                      absl::Time now, absl::Time expires) override;
  void Settle(std::string_view reservation, CallRecord record) override;

  // All that was recorded, at most the last 10,000.
  std::vector<CallRecord> Records() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Spending {
    int64_t spent = 0;
    int64_t held = 0;
  };
  struct Reservation {
    std::vector<std::string> keys;
    int64_t microdollars = 0;
  };

  mutable absl::Mutex mutex_;
  std::map<std::string, Spending> spending_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Reservation, std::less<>> reservations_ ABSL_GUARDED_BY(mutex_);
  std::deque<CallRecord> records_ ABSL_GUARDED_BY(mutex_);
  int64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_USAGE_LEDGER_H_
