// In-memory ports for runs, and a switch that kills the process between any two of their calls.
#ifndef DATAMIGRATE_TESTS_UNIT_WORKFLOW_FAKES_H_
#define DATAMIGRATE_TESTS_UNIT_WORKFLOW_FAKES_H_

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent_engine/workflow/agent_records.h"
#include "agent_engine/workflow/clock.h"
#include "agent_engine/workflow/ports.h"

namespace datamigrate::workflow {

// Not a std::exception: nothing in the library may catch it, as nothing survives kill -9.
struct Killed {};

// Throws Killed at the n-th point reached, once. Thread safe.
class KillSwitch {
 public:
  void Arm(int point) { left_ = point; }
  bool has_fired() const { return has_fired_; }
  void Point() {
    if (left_ < 0 || left_-- != 0) return;
    has_fired_ = true;
    throw Killed{};
  }

 private:
  std::atomic<int> left_ = -1;
  std::atomic<bool> has_fired_ = false;
};

// What a fake store commits through: rows that tests look at.
struct Rows : WriteContext {
  std::vector<std::string> values;
};

inline Write InsertRow(std::string value) {
  return [value](WriteContext& context) {
    dynamic_cast<Rows&>(context).values.push_back(value);
    return absl::OkStatus();
  };
}

class FakeStore : public CheckpointStore, public Journal, public EventSink {
 public:
  explicit FakeStore(KillSwitch* kill = nullptr) : kill_(kill) {}

  absl::StatusOr<std::optional<Checkpoint>> Latest(std::string_view run_id) override {
    Point();
    auto found = runs.find(std::string(run_id));
    if (found == runs.end()) return std::optional<Checkpoint>();
    return std::optional<Checkpoint>(found->second.back());
  }

  absl::StatusOr<Checkpoint> At(std::string_view run_id, int64_t step) override {
    Point();
    const std::vector<Checkpoint>& run = runs[std::string(run_id)];
    if (step < 0 || step >= static_cast<int64_t>(run.size())) return absl::NotFoundError("no step");
    return run[static_cast<std::size_t>(step)];
  }

  void NoteFailure(std::string_view, int64_t step, std::string_view failure) override {
    Point();
    failures.emplace_back(step, failure);
  }

  absl::Status Commit(const Checkpoint& checkpoint, absl::Span<const Write> writes,
                      absl::Span<const Event> events) override {
    Point();
    if (!commit_errors.empty()) {
      absl::Status error = commit_errors.back();
      commit_errors.pop_back();
      return error;
    }
    std::vector<Checkpoint>& run = runs[checkpoint.run_id];
    if (checkpoint.step < static_cast<int64_t>(run.size())) {
      const Checkpoint& there = run[static_cast<std::size_t>(checkpoint.step)];
      bool is_same = there.node == checkpoint.node && there.state == checkpoint.state &&
                     there.next_node == checkpoint.next_node;
      return is_same ? absl::OkStatus() : absl::AlreadyExistsError("other content");
    }
    Rows changed = rows;
    for (const Write& write : writes) {
      if (absl::Status status = write(changed); !status.ok()) return status;
    }
    rows = changed;
    run.push_back(checkpoint);
    committed_events.insert(committed_events.end(), events.begin(), events.end());
    Point();
    return absl::OkStatus();
  }

  absl::StatusOr<Entry> Begin(std::string_view run_id, int64_t step,
                              std::string_view key) override {
    Point();
    Entry entry;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      auto [kept, is_new] = journal.try_emplace({std::string(run_id), step, std::string(key)});
      entry = {.receipt = kept->second, .was_begun = !is_new};
    }
    Point();
    return entry;
  }

  absl::Status Complete(std::string_view run_id, int64_t step, std::string_view key,
                        std::string_view receipt) override {
    Point();
    {
      std::lock_guard<std::mutex> lock(mutex_);
      journal[{std::string(run_id), step, std::string(key)}] = std::string(receipt);
    }
    Point();
    return absl::OkStatus();
  }

  void Emit(std::string_view, const Event& event) override {
    Point();
    std::lock_guard<std::mutex> lock(mutex_);
    told.push_back(event);
  }

  std::map<std::string, std::vector<Checkpoint>> runs;
  Rows rows;
  std::vector<Event> committed_events;
  std::vector<Event> told;
  std::map<std::tuple<std::string, int64_t, std::string>, std::optional<std::string>> journal;
  std::vector<absl::Status> commit_errors;  // answered first, last one first
  std::vector<std::pair<int64_t, std::string>> failures;

 private:
  void Point() {
    if (kill_ != nullptr) kill_->Point();
  }

  KillSwitch* kill_;
  std::mutex mutex_;
};

// Messages and memories in memory; they change with the rows of a checkpoint, as in PostgreSQL.
class FakeRecords : public AgentRecords {
 public:
  absl::StatusOr<std::vector<ReceivedMessage>> MessagesTo(std::string_view,
                                                          std::string_view node) override {
    std::vector<ReceivedMessage> found;
    for (const auto& [number, message] : sent) {
      if (message.to != node || taken.contains(number)) continue;
      found.push_back({.number = number,
                       .from = senders[number],
                       .kind = message.kind,
                       .priority = message.priority,
                       .is_reply_expected = message.is_reply_expected,
                       .reply_to = message.reply_to,
                       .body = message.body});
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.priority > b.priority; });
    return found;
  }
  absl::StatusOr<std::optional<std::string>> Recall(std::string_view agent,
                                                    std::string_view key) override {
    auto found = memories.find({std::string(agent), std::string(key)});
    if (found == memories.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }
  Write Sending(std::string_view from, const Message& message, int64_t) override {
    return [this, sender = std::string(from), message](WriteContext&) {
      const int64_t number = static_cast<int64_t>(sent.size()) + 1;
      sent[number] = message;
      senders[number] = sender;
      return absl::OkStatus();
    };
  }
  Write Taking(std::vector<int64_t> numbers, int64_t) override {
    return [this, numbers](WriteContext&) {
      taken.insert(numbers.begin(), numbers.end());
      return absl::OkStatus();
    };
  }
  Write Rewinding(int64_t step) override {
    return [this, step](WriteContext&) {
      rewound = step;
      return absl::OkStatus();
    };
  }
  Write Remembering(std::string_view agent, const Memory& memory) override {
    return [this, key = std::make_pair(std::string(agent), memory.key), memory](WriteContext&) {
      if (memory.value.has_value()) {
        memories[key] = *memory.value;
      } else {
        memories.erase(key);
      }
      return absl::OkStatus();
    };
  }

  std::map<int64_t, Message> sent;
  std::map<int64_t, std::string> senders;
  std::set<int64_t> taken;
  int64_t rewound = -1;
  std::map<std::pair<std::string, std::string>, std::string> memories;
};

// Sleeps are over at once and move the time; they are written down.
class JumpingClock : public Clock {
 public:
  absl::Time Now() override { return now_; }
  bool SleepUntil(absl::Time wake_time, const CancellationToken& token) override {
    if (token.IsCancelled()) return false;
    sleeps.push_back(wake_time - now_);
    now_ = wake_time;
    return true;
  }
  std::vector<absl::Duration> sleeps;

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

// Stands still until Advance; sleepers wait for it.
class ManualClock : public Clock {
 public:
  absl::Time Now() override {
    absl::MutexLock lock(&mutex_);
    return now_;
  }
  bool SleepUntil(absl::Time wake_time, const CancellationToken& token) override {
    auto subscription = token.OnCancel([this] {
      absl::MutexLock lock(&mutex_);
      ++cancellations_;
    });
    absl::MutexLock lock(&mutex_);
    auto is_over = [&] { return now_ >= wake_time || cancellations_ > 0; };
    mutex_.Await(absl::Condition(&is_over));
    return now_ >= wake_time;
  }
  void Advance(absl::Duration duration) {
    absl::MutexLock lock(&mutex_);
    now_ += duration;
  }

 private:
  absl::Mutex mutex_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  int cancellations_ = 0;
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_TESTS_UNIT_WORKFLOW_FAKES_H_
