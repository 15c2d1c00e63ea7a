// Usage of language models and their budgets in PostgreSQL, shared by all engines.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_MODEL_LEDGER_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_MODEL_LEDGER_H_

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent_engine/routing/usage_ledger.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

struct ModelUsageRow {
  std::string day;  // of UTC
  std::string model;
  std::string agent;
  std::string task;
  int64_t calls = 0;
  int64_t answered = 0;
  int64_t from_cache = 0;
  int64_t input_tokens = 0;
  int64_t cached_input_tokens = 0;
  int64_t output_tokens = 0;
  int64_t cost_microdollars = 0;
  int64_t latency_p50_microseconds = 0;  // of those that were answered
  int64_t latency_p95_microseconds = 0;
};

struct ModelBudgetRow {
  std::string budget;
  std::string subject;
  std::string window;
  int64_t spent_microdollars = 0;
  int64_t held_microdollars = 0;
};

// Thread safe. Reservations are in the database before a request leaves; records follow by groups,
// a moment after their call has ended. A process that dies in that moment leaves its reservation,
// which counts as spent, and loses the record's details.
class ModelLedger : public routing::UsageLedger {
 public:
  using Trouble = std::function<void(std::string_view what, const absl::Status& status)>;

  // `pool` must outlive the ledger.
  explicit ModelLedger(pg::Pool* pool, Trouble on_trouble = {});
  // Writes what waits; what cannot be written within a few seconds is told to `on_trouble`.
  ~ModelLedger() override;

  absl::StatusOr<std::string> Reserve(const std::vector<routing::BudgetUse>& uses,
                                      int64_t microdollars, absl::Time now,
                                      absl::Time expires) override;
  void Settle(std::string_view reservation, routing::CallRecord record) override;

  // Returns when all that was settled before is in the database, or cannot be put there.
  void Flush();

  absl::StatusOr<std::vector<ModelUsageRow>> Usage(std::string_view tenant,
                                                   std::string_view migration, absl::Time from,
                                                   absl::Time before);
  // Of the organization and the site, newest windows first, at most 100.
  absl::StatusOr<std::vector<ModelBudgetRow>> Budgets(std::string_view tenant);

 private:
  struct Item {
    std::string reservation;
    routing::CallRecord record;
  };

  void Run();
  absl::Status Write(const std::vector<Item>& items);

  pg::Pool* const pool_;
  const Trouble on_trouble_;
  absl::Mutex mutex_;
  std::deque<Item> waiting_ ABSL_GUARDED_BY(mutex_);
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread writer_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_MODEL_LEDGER_H_
