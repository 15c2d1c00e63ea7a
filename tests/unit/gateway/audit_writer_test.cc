#include "gateway/filters/audit/audit_writer.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gateway/filters/audit/refusal_tally.h"

namespace datamigrate::gateway {
namespace {

audit::Row RowOf(const std::string& request_id) {
  audit::Row row;
  row.request_id = request_id;
  return row;
}

// Keeps what it is given; the first call waits until `go`.
struct FakeStore {
  absl::Status Write(std::span<audit::Row> rows) {
    if (!first.HasBeenNotified()) {
      first.Notify();
      go.WaitForNotification();
    }
    absl::MutexLock lock(&mutex);
    if (!answers.empty()) {
      const absl::Status answer = answers.back();
      answers.pop_back();
      if (!answer.ok()) return answer;
    }
    batches.emplace_back();
    for (const audit::Row& row : rows) batches.back().push_back(row.request_id);
    return absl::OkStatus();
  }
  AuditWriter::Write AsWrite() {
    return [this](std::span<audit::Row> rows) { return Write(rows); };
  }

  absl::Notification first;
  absl::Notification go;
  absl::Mutex mutex;
  std::vector<absl::Status> answers;  // the last is next; none: OK
  std::vector<std::vector<std::string>> batches;
};

TEST_CASE("What waits is written together", "[gateway][audit]") {
  telemetry::Metrics metrics;
  FakeStore store;
  AuditWriter writer({}, store.AsWrite(), metrics);
  absl::BlockingCounter answered(11);
  const auto count = [&](const absl::Status& status) {
    CHECK(status.ok());
    answered.DecrementCount();
  };
  REQUIRE(writer.Append(RowOf("0"), count));
  store.first.WaitForNotification();
  for (int i = 1; i <= 10; ++i) REQUIRE(writer.Append(RowOf(std::to_string(i)), count));
  store.go.Notify();
  answered.Wait();
  REQUIRE(store.batches.size() == 2);
  CHECK(store.batches[1] ==
        std::vector<std::string>{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"});
}

TEST_CASE("Who waits learns of a failure, and what nobody waits for is kept", "[gateway][audit]") {
  telemetry::Metrics metrics;
  FakeStore store;
  store.go.Notify();
  store.answers = {absl::UnavailableError("away")};
  absl::Status answer;
  {
    AuditWriterOptions options;
    options.linger = absl::InfiniteDuration();
    options.pause = absl::ZeroDuration();
    AuditWriter writer(options, store.AsWrite(), metrics);
    absl::Notification answered;
    REQUIRE(writer.Append(RowOf("behind"), nullptr));
    REQUIRE(writer.Append(RowOf("waiting"), [&](const absl::Status& status) {
      answer = status;
      answered.Notify();
    }));
    answered.WaitForNotification();
  }
  CHECK(absl::IsUnavailable(answer));
  CHECK(store.batches == std::vector<std::vector<std::string>>{{"behind"}});
  CHECK(metrics.Print().find("audit_failures_total 2") != std::string::npos);
}

TEST_CASE("A row that cannot be stored does not stop the others", "[gateway][audit]") {
  telemetry::Metrics metrics;
  FakeStore store;
  const auto bad = absl::InvalidArgumentError("22021");
  // The batch, then its rows one by one; the last is the first to be taken.
  store.answers = {absl::OkStatus(), bad, bad, absl::OkStatus()};
  absl::BlockingCounter answered(2);
  std::vector<bool> stored;
  AuditWriter writer({}, store.AsWrite(), metrics);
  REQUIRE(writer.Append(RowOf("0"), nullptr));
  store.first.WaitForNotification();
  for (const char* id : {"bad", "good"}) {
    REQUIRE(writer.Append(RowOf(id), [&](const absl::Status& status) {
      stored.push_back(status.ok());
      answered.DecrementCount();
    }));
  }
  store.go.Notify();
  answered.Wait();
  CHECK(stored == std::vector<bool>{false, true});
}

TEST_CASE("A full queue takes nothing, and the end writes what is queued", "[gateway][audit]") {
  telemetry::Metrics metrics;
  FakeStore store;
  {
    AuditWriterOptions options;
    options.max_queued = 2;
    AuditWriter writer(options, store.AsWrite(), metrics);
    REQUIRE(writer.Append(RowOf("0"), nullptr));
    store.first.WaitForNotification();
    CHECK(writer.Append(RowOf("1"), nullptr));
    CHECK(writer.Append(RowOf("2"), nullptr));
    CHECK_FALSE(writer.Append(RowOf("3"), nullptr));
    store.go.Notify();
  }
  CHECK(store.batches == std::vector<std::vector<std::string>>{{"0"}, {"1", "2"}});
}

class ListingLog : public AuditLog {
 public:
  bool Append(audit::Row row, Done) override {
    if (rows.size() >= limit) return false;
    rows.push_back(std::move(row));
    return true;
  }
  std::vector<audit::Row> rows;
  size_t limit = 100;
};

audit::Row Refused(const std::string& address, int status) {
  audit::Row row;
  row.remote_address = address;
  row.action = "logIn";
  row.status = status;
  return row;
}

TEST_CASE("Equal refusals are one row with their number", "[gateway][audit]") {
  ListingLog log;
  RefusalTally tally(&log, 2);
  for (int i = 0; i < 1000; ++i) tally.Add(Refused("192.0.2.1", 429));
  tally.Add(Refused("192.0.2.1", 401));
  for (int i = 0; i < 50; ++i) tally.Add(Refused("192.0.2." + std::to_string(i + 2), 429));
  SECTION("and a crowd of strangers is one, too") {
    tally.Flush();
    REQUIRE(log.rows.size() == 3);
    int64_t sum = 0;
    for (const audit::Row& row : log.rows) sum += row.occurrences;
    CHECK(sum == 1051);
    CHECK(log.rows[0].action == "refusedOthers");
    CHECK(log.rows[0].occurrences == 50);
    tally.Flush();
    CHECK(log.rows.size() == 3);
  }
  SECTION("what the log does not take stays") {
    log.limit = 1;
    tally.Flush();
    CHECK(log.rows.size() == 1);
    log.limit = 100;
    tally.Flush();
    CHECK(log.rows.size() == 3);
  }
}

}  // namespace
}  // namespace datamigrate::gateway
