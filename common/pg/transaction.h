// A transaction that rolls back when it leaves scope, and the loop that runs one again.
//
//   absl::Status status = pg::InTransaction(pool, {}, [&](pg::Transaction& transaction) {
//     auto inserted = transaction.Execute(kInsertJob, {run_id});
//     return inserted.status();
//   });
#ifndef DATAMIGRATE_COMMON_PG_TRANSACTION_H_
#define DATAMIGRATE_COMMON_PG_TRANSACTION_H_

#include <functional>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/pg/connection.h"
#include "common/pg/pool.h"

namespace datamigrate::pg {

enum class Isolation { kReadCommitted, kRepeatableRead, kSerializable };

class Transaction {
 public:
  // `connection` must outlive the transaction and have none open.
  static absl::StatusOr<Transaction> Begin(Connection& connection,
                                           Isolation isolation = Isolation::kReadCommitted);

  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  absl::StatusOr<Result> Execute(const Statement& statement,
                                 const std::vector<Parameter>& parameters = {});
  absl::Status ExecuteScript(const Statement& script,
                             std::optional<absl::Duration> timeout = std::nullopt);

  // Makes everything visible at once. A connection lost meanwhile gives kUnknown (SQLSTATE 08007):
  // only the caller can find out whether it happened.
  absl::Status Commit();

  // Undoes everything. Harmless after Commit.
  void Rollback();

 private:
  explicit Transaction(Connection* connection) : connection_(connection) {}

  Connection* connection_;  // null once ended
};

struct RetryPolicy {
  int max_attempts = 5;
  absl::Duration first_pause = absl::Milliseconds(20);  // doubled after each attempt
  absl::Duration longest_pause = absl::Seconds(1);
  // No attempt begins later than this after the first: an unreachable server is reported soon.
  absl::Duration longest_total = absl::Seconds(3);
  // Also run the work again when it is not known whether the commit happened. Only for work that
  // has the same effect twice as once.
  bool retry_unknown_outcome = false;
  std::function<void(absl::Duration)> sleep = [](absl::Duration pause) { absl::SleepFor(pause); };
};

// Calls `attempt` until it succeeds, fails for good, or the attempts are used up; returns its
// last answer.
absl::Status WithRetry(const RetryPolicy& policy, absl::FunctionRef<absl::Status()> attempt);

// Borrows a connection, runs `work` in a transaction and commits when it returns OK; anything else
// rolls back. Serialization failures, deadlocks and lost connections run it again from its start,
// so `work` must not change anything but the database before its last statement succeeded.
absl::Status InTransaction(Pool& pool, const RetryPolicy& policy,
                           absl::FunctionRef<absl::Status(Transaction&)> work,
                           Isolation isolation = Isolation::kReadCommitted);

// Borrows a connection and runs one statement, which commits by itself; again where the policy
// allows. A connection lost while it runs leaves its outcome unknown (kUnknown, 08007), which is
// tried again only with retry_unknown_outcome: set it for reads and for writes that may repeat.
absl::StatusOr<Result> Execute(Pool& pool, const RetryPolicy& policy, const Statement& statement,
                               const std::vector<Parameter>& parameters = {});

}  // namespace datamigrate::pg

#endif  // DATAMIGRATE_COMMON_PG_TRANSACTION_H_
