// An engine for tests/faults/run: it runs a small graph whose effects are lines of a file, and dies
// where it is told to.
//
//   fault_engine prepare URL RUNS [POISONED]    the schema, and as many runs; prints their ids
//   fault_engine run URL LEDGER CONCURRENCY MAX_TAKES [KILL_AT [CLOCK_SECONDS]]
//
// KILL_AT: the process kills itself at that boundary, counted from 0: before and after each call of
// the store and each line. Negative, or without it, the engine ends when no run is left, with
// status 0. CLOCK_SECONDS: by how much the engine's clock is wrong.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "agent_engine/store/checkpoint_queue.h"
#include "agent_engine/store/job_queue.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/migration_writer.h"
#include "agent_engine/store/run_store.h"
#include "agent_engine/store/schema.h"
#include "agent_engine/store/worker.h"
#include "agent_engine/workflow/runner.h"
#include "agent_engine/workflow/typed_graph.h"
#include "common/pg/schema.h"
#include "common/pg/transaction.h"
#include "fmt/format.h"

namespace datamigrate {
namespace {

using workflow::CancellationToken;
using workflow::Effects;
using workflow::NodeContext;

constexpr char kPoison[] = "poison";

std::atomic<int64_t> boundaries_left = -1;  // negative: never

void Boundary() {
  if (boundaries_left < 0) return;
  if (boundaries_left-- == 0) kill(getpid(), SIGKILL);
}

// A place outside that effects change. Lines end with ";", so that a torn one is none.
class Ledger {
 public:
  explicit Ledger(std::string path) : path_(std::move(path)) {}

  bool Holds(const std::string& line) const {
    std::ifstream file(path_);
    for (std::string held; std::getline(file, held);) {
      if (held == line + ";") return true;
    }
    return false;
  }

  absl::Status Append(const std::string& line) {
    const int file = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return absl::ResourceExhaustedError("the ledger cannot be opened");
    const std::string text = "\n" + line + ";\n";
    const ssize_t written = write(file, text.data(), text.size());
    close(file);
    if (written == static_cast<ssize_t>(text.size())) return absl::OkStatus();
    return absl::ResourceExhaustedError("the ledger's disk is full");
  }

 private:
  const std::string path_;
};

template <typename Call>
auto Around(Call call) {
  Boundary();
  auto answer = call();
  Boundary();
  return answer;
}

// Kills the process around the calls of the real store.
class DeadlyStore : public workflow::CheckpointStore, public workflow::Journal {
 public:
  explicit DeadlyStore(store::RunStore* store) : store_(store) {}

  absl::StatusOr<std::optional<workflow::Checkpoint>> Latest(std::string_view run_id) override {
    return Around([&] { return store_->Latest(run_id); });
  }
  absl::StatusOr<workflow::Checkpoint> At(std::string_view run_id, int64_t step) override {
    return Around([&] { return store_->At(run_id, step); });
  }
  void NoteFailure(std::string_view run_id, int64_t step, std::string_view failure) override {
    store_->NoteFailure(run_id, step, failure);
  }
  absl::Status Commit(const workflow::Checkpoint& checkpoint,
                      absl::Span<const workflow::Write> writes,
                      absl::Span<const workflow::Event> events) override {
    return Around([&] { return store_->Commit(checkpoint, writes, events); });
  }
  absl::Status CommitSoon(const workflow::Checkpoint& checkpoint,
                          absl::Span<const workflow::Event> events) override {
    return Around([&] { return store_->CommitSoon(checkpoint, events); });
  }
  absl::Status Settle(std::string_view run_id) override {
    return Around([&] { return store_->Settle(run_id); });
  }
  absl::StatusOr<Entry> Begin(std::string_view run_id, int64_t step,
                              std::string_view key) override {
    return Around([&] { return store_->Begin(run_id, step, key); });
  }
  absl::Status Complete(std::string_view run_id, int64_t step, std::string_view key,
                        std::string_view receipt) override {
    return Around([&] { return store_->Complete(run_id, step, key, receipt); });
  }

 private:
  store::RunStore* const store_;
};

using Builder = workflow::TypedGraphBuilder<std::string>;

// A line, once: after a crash between the line and its receipt the ledger says whether it is there.
absl::Status Perform(Ledger& ledger, NodeContext& context, const std::string& key) {
  const int64_t step = context.place().effects_step;
  const std::string line = fmt::format("{} {}/{}", context.run_id(), step, key);
  auto perform = [&](bool was_begun) -> absl::StatusOr<std::string> {
    if (was_begun && ledger.Holds(line)) return key;
    Boundary();
    if (absl::Status status = ledger.Append(line); !status.ok()) return status;
    Boundary();
    return key;
  };
  return context.Once(key, perform).status();
}

Builder::Function Compute(std::string name) {
  return [name](std::string& state, NodeContext&) -> absl::StatusOr<Effects> {
    state += name;
    return Effects{};
  };
}

// Leaves a line and a letter.
Builder::Function Write(Ledger* ledger, std::string line, std::string letter) {
  return [=](std::string& state, NodeContext& context) -> absl::StatusOr<Effects> {
    if (absl::Status status = Perform(*ledger, context, line); !status.ok()) return status;
    state += letter;
    return Effects{};
  };
}

// Leaves a line, where what it undoes left another.
Builder::Undo Undo(Ledger* ledger, std::string line) {
  return [=](const std::string&, NodeContext& context) -> absl::StatusOr<Effects> {
    if (absl::Status status = Perform(*ledger, context, line); !status.ok()) return status;
    return Effects{};
  };
}

// Three parts, each with its line.
Builder::TypedFanOut Load(Ledger* ledger) {
  Builder::TypedFanOut load;
  load.split = [](const std::string&) -> absl::StatusOr<std::vector<workflow::FanOutItem>> {
    return std::vector<workflow::FanOutItem>{{"part0", ""}, {"part1", ""}, {"part2", ""}};
  };
  load.run = [ledger](const workflow::FanOutItem& item,
                      NodeContext& context) -> absl::StatusOr<std::string> {
    if (absl::Status status = Perform(*ledger, context, item.key); !status.ok()) return status;
    return item.key;
  };
  load.join = [](std::string& state, const std::vector<workflow::ItemResult>& results,
                 NodeContext&) -> absl::StatusOr<Effects> {
    for (const workflow::ItemResult& item : results) {
      if (item.result.value() != item.key) return absl::InternalError("parts are mixed up");
    }
    state += "l";
    return Effects{};
  };
  load.max_parallel = 3;
  return load;
}

// Its writes are rows of the checkpoint's transaction, as is its message.
absl::StatusOr<Effects> Record(std::string& state, NodeContext& context) {
  state += "r";
  const int64_t step = context.place().step;
  return Effects{.writes = {store::Change([step](store::MigrationWriter& writer) {
                   return writer.RecordChunk({.table = "t", .chunk = step, .rows = 1});
                 })},
                 .messages = {{.to = "ask", .body = "\"recorded\""}}};
}

Builder::Function Ask(Ledger* ledger) {
  return [ledger](std::string& state, NodeContext& context) -> absl::StatusOr<Effects> {
    if (absl::Status status = Perform(*ledger, context, "asked"); !status.ok()) return status;
    auto messages = context.Messages();
    if (!messages.ok()) return messages.status();
    if (messages->size() != 1) return absl::InternalError("there is not one message");
    if (!context.answer().has_value()) {
      return Effects{.interrupt = workflow::Interrupt{R"({"go on":"?"})"}};
    }
    state += "a" + *context.answer();
    return Effects{};
  };
}

// Has an effect, and fails for good all the same.
Builder::Function Fail(Ledger* ledger, std::string line) {
  return [=](std::string&, NodeContext& context) -> absl::StatusOr<Effects> {
    if (absl::Status status = Perform(*ledger, context, line); !status.ok()) return status;
    return absl::InvalidArgumentError("this way is never good");
  };
}

// Fails for good until the run was rolled back, which takes its steps beyond kRolledBackStep.
constexpr int64_t kRolledBackStep = 24;

absl::StatusOr<Effects> Settle(std::string& state, NodeContext& context) {
  if (context.place().step <= kRolledBackStep) return absl::InvalidArgumentError("not yet");
  state += "!";
  return Effects{};
}

void AddGraph(Builder& outer, const std::string& name, const Builder& inner) {
  outer.AddSubGraph<std::string>(
      name, *inner.Build(), outer.codec(), [](const std::string& state) { return state + "("; },
      [](std::string& state, const std::string& inner_state) { state = inner_state + ")"; });
}

// probe, which is good by its second strategy → deep/think.
Builder Inner(Ledger* ledger, const workflow::Codec<std::string>& codec) {
  Builder deep(codec);
  deep.AddNode("think", Compute("t"), {.may_run_ahead = true}).SetEntry("think");
  deep.AddEdge("think", std::string(workflow::kEnd));
  Builder inner(codec);
  inner.AddNode("probe", Fail(ledger, "probe"))
      .AddStrategy("probe", {.name = "again", .run = Write(ledger, "reprobe", "p")})
      .SetUndo("probe", Undo(ledger, "unprobe"))
      .SetEntry("probe");
  AddGraph(inner, "deep", deep);
  inner.AddEdge("probe", "deep").AddEdge("deep", std::string(workflow::kEnd));
  return inner;
}

// c → mail → d → load → record → ask → mail …, twice; then stage → inner → settle, which fails:
// inner and stage are undone, the run has failed, is resumed and does both again:
// "cmdlraYmdlraYs(p(t))!.".
workflow::Graph FaultGraph(Ledger* ledger) {
  Builder builder(
      {[](const std::string& s) { return s; },
       [](std::string_view s) -> absl::StatusOr<std::string> { return std::string(s); }});
  const workflow::NodeOptions ahead{.may_run_ahead = true};
  builder.AddNode("compute", Compute("c"), ahead)
      .AddNode("mail", Write(ledger, "mail", "m"), ahead)
      .AddNode("digest", Compute("d"), ahead)
      .AddFanOut("load", Load(ledger), ahead)
      .AddNode("record", Record)
      .AddNode("ask", Ask(ledger))
      .AddNode("stage", Write(ledger, "stage", "s"))
      .SetUndo("stage", Undo(ledger, "unstage"));
  AddGraph(builder, "inner", Inner(ledger, builder.codec()));
  builder.AddNode("settle", Settle)
      .AddNode("close", Compute("."), ahead)
      .SetEntry("compute")
      .AddEdge("compute", "mail")
      .AddEdge("mail", "digest")
      .AddEdge("digest", "load")
      .AddEdge("load", "record")
      .AddEdge("record", "ask")
      .AddConditionalEdge("ask",
                          [](const std::string& state) {
                            return std::string(state.size() < 10 ? "mail" : "stage");
                          },
                          {"mail", "stage"})
      .AddEdge("stage", "inner")
      .AddEdge("inner", "settle")
      .AddEdge("settle", "close")
      .AddEdge("close", std::string(workflow::kEnd));
  return *builder.Build();
}

// The computer's clock, set wrong.
class WrongClock : public workflow::Clock {
 public:
  explicit WrongClock(absl::Duration wrong_by) : wrong_by_(wrong_by) {}
  absl::Time Now() override { return absl::Now() + wrong_by_; }
  bool SleepUntil(absl::Time wake_time, const CancellationToken& token) override {
    return workflow::SystemClock().SleepUntil(wake_time - wrong_by_, token);
  }

 private:
  const absl::Duration wrong_by_;
};

int Prepare(const pg::ConnectionOptions& connection, int runs, int poisoned) {
  auto opened = pg::Connection::Open(connection);
  if (!opened.ok() || !pg::ApplySchema(**opened, store::Schema()).ok()) return EXIT_FAILURE;
  pg::Pool pool({.connection = connection});
  store::MigrationStore store(&pool);
  for (int i = 0; i < runs; ++i) {
    auto created = store.Create({.tenant = "acme", .request = i < poisoned ? kPoison : "r"});
    if (!created.ok()) return EXIT_FAILURE;
    fmt::print("{}\n", created->id);
  }
  return EXIT_SUCCESS;
}

// Resumes what was rolled back, as a person would.
void ResumeAll(pg::Pool& pool, store::MigrationStore& store) {
  auto failed = pg::Execute(pool, {},
                            {"rolled_back",
                             "SELECT id FROM migrations WHERE status = 'failed'"
                             " AND error LIKE 'rolled back%' ORDER BY random() LIMIT 20"});
  if (!failed.ok()) return;
  for (const pg::Row row : *failed) {
    store.Resume("acme", row.Get<std::string>("id")).IgnoreError();
  }
}

// Answers what runs ask, as a person would; any number of engines do. False when no run is open.
bool AnswerAll(pg::Pool& pool) {
  store::MigrationStore store(&pool);
  ResumeAll(pool, store);
  auto asked = pg::Execute(pool, {},
                           {"asked",
                            "SELECT migration_id, step FROM user_decisions"
                            " WHERE answer IS NULL ORDER BY random() LIMIT 20"});
  if (!asked.ok()) return true;
  for (const pg::Row row : *asked) {
    store.Decide("acme", row.Get<std::string>("migration_id"), row.Get<int64_t>("step"), "Y", "ada")
        .IgnoreError();
  }
  auto open = pg::Execute(pool, {},
                          {"open",
                           "SELECT count(*) AS count FROM migrations"
                           " WHERE status NOT IN ('completed', 'failed')"
                           "   OR (status = 'failed' AND error LIKE 'rolled back%')"});
  return !open.ok() || open->front().Get<int64_t>("count") > 0;
}

int Run(const pg::ConnectionOptions& connection, const std::string& path, int concurrency,
        int max_attempts, absl::Duration wrong_by) {
  pg::Pool pool({.connection = connection, .max_connections = concurrency * 3 + 6});
  Ledger ledger(path);
  const workflow::Graph graph = FaultGraph(&ledger);
  WrongClock clock(wrong_by);
  store::JobQueue queue(&pool, {.max_attempts = max_attempts});
  store::MigrationStore migrations(&pool);
  store::CheckpointQueue checkpoints(&pool, {});
  store::WorkerOptions options;
  options.owner = store::MakeOwnerName();
  options.concurrency = concurrency;
  options.max_waiting = 2;
  options.lease = absl::Milliseconds(1500);
  options.heartbeat = absl::Milliseconds(400);
  options.poll = absl::Milliseconds(200);
  options.first_retry = absl::Milliseconds(100);
  options.listen = connection;
  options.on_trouble = [](std::string_view what, const absl::Status& status) {
    fmt::print(stderr, "{}: {}\n", what, std::string(status.message()));
  };
  store::Worker* that_runs = nullptr;
  auto run = [&](const store::JobLease& lease,
                 CancellationToken token) -> absl::StatusOr<store::JobEnd> {
    auto record = migrations.Get(lease.tenant, lease.run_id);
    if (!record.ok()) return record.status();
    if (record->request == kPoison) kill(getpid(), SIGKILL);
    store::RunStore real(&pool, lease, {.queue = &checkpoints, .leaves_job = true});
    DeadlyStore store(&real);
    workflow::RunnerOptions runner_options;
    runner_options.on_last_wait = [&] { that_runs->LeavePlace(lease); };
    workflow::Runner runner(
        &graph,
        {.store = &store, .journal = &store, .events = &real, .clock = &clock, .records = &real},
        runner_options);
    absl::Status started = runner.Start(lease.run_id, "");
    if (!started.ok()) return started;
    auto result = runner.Run(lease.run_id, token);
    Boundary();
    if (real.has_left_job()) return store::JobEnd::kLeft;
    if (!result.ok()) {
      fmt::print(stderr, "run {} stopped: {}\n", lease.run_id,
                 std::string(result.status().message()));
      return result.status();
    }
    return result->status == workflow::CheckpointStatus::kCompleted ? store::JobEnd::kCompleted
                                                                    : store::JobEnd::kSuspended;
  };
  store::Worker worker(&queue, options, run);
  that_runs = &worker;
  worker.Start();
  while (AnswerAll(pool)) absl::SleepFor(absl::Milliseconds(20));
  worker.Stop(absl::Seconds(10));
  return EXIT_SUCCESS;
}

int Main(const std::vector<std::string>& words) {
  if (words.size() < 3) return EXIT_FAILURE;
  const pg::ConnectionOptions connection{.url = words[1]};
  if (words[0] == "prepare") {
    return Prepare(connection, std::stoi(words[2]), words.size() > 3 ? std::stoi(words[3]) : 0);
  }
  if (words[0] != "run" || words.size() < 5) return EXIT_FAILURE;
  if (words.size() > 5) boundaries_left = std::stoll(words[5]);
  signal(SIGXFSZ, SIG_IGN);  // a full disk is an error of the call, not the end
  const int clock_seconds = words.size() > 6 ? std::stoi(words[6]) : 0;
  return Run(connection, words[2], std::stoi(words[3]), std::stoi(words[4]),
             absl::Seconds(clock_seconds));
}

}  // namespace
}  // namespace datamigrate

int main(int argc, char** argv) {
  return datamigrate::Main({argv + 1, argv + argc});
}
