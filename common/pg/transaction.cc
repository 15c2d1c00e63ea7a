#include "common/pg/transaction.h"

#include <algorithm>
#include <utility>

#include "common/pg/sql_state.h"

namespace datamigrate::pg {
namespace {

Statement BeginStatement(Isolation isolation) {
  switch (isolation) {
    case Isolation::kReadCommitted:
      return {"begin", "BEGIN ISOLATION LEVEL READ COMMITTED"};
    case Isolation::kRepeatableRead:
      return {"begin", "BEGIN ISOLATION LEVEL REPEATABLE READ"};
    case Isolation::kSerializable:
      return {"begin", "BEGIN ISOLATION LEVEL SERIALIZABLE"};
  }
  return {"begin", "BEGIN"};
}

// A connection that went away while something was committing.
absl::Status AsUnknownOutcome(const absl::Status& status, std::string_view statement) {
  bool was_lost = SqlStateOf(status).substr(0, 2) == "08" || SqlStateOf(status) == "57P01" ||
                  SqlStateOf(status) == "57P02";
  if (!was_lost) return status;
  return SqlError(kOutcomeUnknown, statement,
                  "the connection was lost before the server confirmed the change");
}

bool MayRepeat(const RetryPolicy& policy, const absl::Status& status) {
  if (IsRetryable(status)) return true;
  return policy.retry_unknown_outcome && SqlStateOf(status) == kOutcomeUnknown;
}

}  // namespace

absl::StatusOr<Transaction> Transaction::Begin(Connection& connection, Isolation isolation) {
  absl::StatusOr<Result> begun = connection.Execute(BeginStatement(isolation));
  if (!begun.ok()) return begun.status();
  return Transaction(&connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  Rollback();
}

absl::StatusOr<Result> Transaction::Execute(const Statement& statement,
                                            const std::vector<Parameter>& parameters) {
  if (connection_ == nullptr) return absl::InternalError("the transaction has ended");
  return connection_->Execute(statement, parameters);
}

absl::Status Transaction::ExecuteScript(const Statement& script,
                                        std::optional<absl::Duration> timeout) {
  if (connection_ == nullptr) return absl::InternalError("the transaction has ended");
  return connection_->ExecuteScript(script, timeout);
}

absl::Status Transaction::Commit() {
  if (connection_ == nullptr) return absl::InternalError("the transaction has ended");
  Connection* connection = std::exchange(connection_, nullptr);
  absl::StatusOr<Result> committed = connection->Execute({"commit", "COMMIT"});
  if (committed.ok()) {
    // COMMIT after a failed statement succeeds as a rollback, which only its tag tells.
    if (committed->command_tag() == "COMMIT") return absl::OkStatus();
    return absl::FailedPreconditionError(
        "the transaction was rolled back: one of its statements had failed");
  }
  if (connection->IsUsable() && connection->InTransaction()) {
    (void)connection->Execute({"rollback", "ROLLBACK"});
  }
  return AsUnknownOutcome(committed.status(), "commit");
}

void Transaction::Rollback() {
  Connection* connection = std::exchange(connection_, nullptr);
  if (connection == nullptr || !connection->IsUsable()) return;
  // When even this fails the connection is broken, and the server rolls back by itself.
  (void)connection->Execute({"rollback", "ROLLBACK"});
}

absl::Status WithRetry(const RetryPolicy& policy, absl::FunctionRef<absl::Status()> attempt) {
  absl::Duration pause = policy.first_pause;
  const absl::Time give_up = absl::Now() + policy.longest_total;
  for (int number = 1;; ++number) {
    absl::Status status = attempt();
    if (status.ok() || !MayRepeat(policy, status)) return status;
    if (number >= policy.max_attempts || absl::Now() >= give_up) return status;
    policy.sleep(pause);
    pause = std::min(pause * 2, policy.longest_pause);
  }
}

absl::Status InTransaction(Pool& pool, const RetryPolicy& policy,
                           absl::FunctionRef<absl::Status(Transaction&)> work,
                           Isolation isolation) {
  return WithRetry(policy, [&]() -> absl::Status {
    absl::StatusOr<Pool::Borrowed> connection = pool.Acquire();
    if (!connection.ok()) return connection.status();
    absl::StatusOr<Transaction> transaction = Transaction::Begin(**connection, isolation);
    if (!transaction.ok()) return transaction.status();
    if (absl::Status status = work(*transaction); !status.ok()) return status;
    return transaction->Commit();
  });
}

absl::StatusOr<Result> Execute(Pool& pool, const RetryPolicy& policy, const Statement& statement,
                               const std::vector<Parameter>& parameters) {
  absl::StatusOr<Result> result = absl::UnknownError("not run");
  absl::Status status = WithRetry(policy, [&]() -> absl::Status {
    absl::StatusOr<Pool::Borrowed> connection = pool.Acquire();
    if (!connection.ok()) return connection.status();
    result = (*connection)->Execute(statement, parameters);
    return result.ok() ? absl::OkStatus() : AsUnknownOutcome(result.status(), statement.name);
  });
  if (!status.ok()) return status;
  return result;
}

}  // namespace datamigrate::pg
