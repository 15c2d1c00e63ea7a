#include "agent_engine/cli/training_command.h"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <random>

#include "agent_engine/cli/engine_connection.h"
#include "agent_engine/cli/engine_options.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/terminal.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace datamigrate::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBarLength = 40;
constexpr int kScoreSteps = 5;  // Of the histogram, 0 to 1.

struct Options {
  EngineAddress engine = {};
  bool json = false;
  std::string out = "training";
  double least_score = 0.8;
};

using ExampleSink = std::function<void(const v1::TrainingExample& example)>;

// Gives each example to `sink`; the exit code.
int ForEachExample(const Options& options, bool without_lines, const ExampleSink& sink) {
  EngineConnection connection(options.engine);
  v1::ListExamplesRequest request;
  request.set_seed((uint64_t{std::random_device{}()} << 32) | std::random_device{}());
  request.set_least_score(options.least_score);
  request.set_without_lines(without_lines);
  do {
    grpc::ClientContext context;
    if (const grpc::Status ready = connection.Prepare(context, false); !ready.ok()) {
      return connection.Report(ready);
    }
    v1::ListExamplesResponse page;
    const grpc::Status status = connection.training().ListExamples(&context, request, &page);
    if (!status.ok()) return connection.Report(status);
    for (const v1::TrainingExample& example : page.examples()) sink(example);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return kSuccess;
}

// ---- export

// A file that is there whole or not at all.
class WholeFile {
 public:
  explicit WholeFile(fs::path path)
      : path_(std::move(path)), partial_(path_.string() + ".partial"), file_(partial_) {}
  ~WholeFile() {
    std::error_code ignored;
    fs::remove(partial_, ignored);
  }

  void Line(const std::string& line) {
    file_ << line << "\n";
    ++lines_;
  }
  bool Finish() {
    file_.close();
    std::error_code error;
    if (file_) fs::rename(partial_, path_, error);
    return file_ && !error;
  }
  int lines() const { return lines_; }
  const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
  const fs::path partial_;
  std::ofstream file_;
  int lines_ = 0;
};

int Export(const Options& options) {
  std::error_code error;
  fs::create_directories(options.out, error);
  WholeFile training(fs::path(options.out) / "training.jsonl");
  WholeFile evaluation(fs::path(options.out) / "evaluation.jsonl");
  std::map<std::string, int> left_out;
  const int code = ForEachExample(options, false, [&](const v1::TrainingExample& example) {
    if (!example.left_out().empty()) ++left_out[example.left_out()];
    if (!example.line().empty()) {
      (example.is_for_evaluation() ? evaluation : training).Line(example.line());
    }
  });
  if (code != kSuccess) return code;
  if (!training.Finish() || !evaluation.Finish()) {
    fmt::print(stderr, "datamigrate: cannot write to {}; may you write there, is the disk full?\n",
               options.out);
    return kFailed;
  }
  if (options.json) {
    const nlohmann::ordered_json counts = {{"training", training.lines()},
                                           {"evaluation", evaluation.lines()},
                                           {"below_score", left_out["score"]},
                                           {"not_readable", left_out["not readable"]}};
    fmt::print("{}\n", counts.dump());
    return kSuccess;
  }
  fmt::print("{}: {} examples\n{}: {} examples\n", training.path().string(), training.lines(),
             evaluation.path().string(), evaluation.lines());
  fmt::print("left out: {} below the score of {}, {} that cannot be made anonymous\n",
             left_out["score"], options.least_score, left_out["not readable"]);
  return kSuccess;
}

// ---- stats

struct Counts {
  int examples = 0;
  int exported = 0;
  double score = 0;

  void Add(const v1::TrainingExample& example) {
    ++examples;
    exported += example.left_out().empty();
    score += example.score();
  }
  double mean() const { return examples == 0 ? 0 : score / examples; }
};

struct Stats {
  Counts all;
  std::array<int, kScoreSteps> by_score = {};
  std::map<std::string, Counts> by_model;
  std::map<std::string, Counts> by_code;

  void Add(const v1::TrainingExample& example) {
    all.Add(example);
    const int step = static_cast<int>(example.score() * kScoreSteps);
    ++by_score[static_cast<size_t>(std::min(step, kScoreSteps - 1))];
    by_model[example.model()].Add(example);
    for (const std::string& code : example.codes()) by_code[code].Add(example);
  }
};

std::string RenderHistogram(const Stats& stats, const Terminal& terminal) {
  int most = 1;
  for (const int count : stats.by_score) most = std::max(most, count);
  std::string text = terminal.Paint(Style::kBold, "examples by score") + "\n";
  for (int step = 0; step < kScoreSteps; ++step) {
    const int count = stats.by_score[static_cast<size_t>(step)];
    std::string bar;
    const size_t length = static_cast<size_t>(count) * kBarLength / static_cast<size_t>(most);
    for (size_t i = 0; i < length; ++i) bar += "█";
    text += fmt::format("  {:.1f} to {:.1f}  {:>6}  {}\n", static_cast<double>(step) / kScoreSteps,
                        static_cast<double>(step + 1) / kScoreSteps, count,
                        terminal.Paint(Style::kCyan, bar));
  }
  return text;
}

std::string RenderCounts(const char* what, const std::map<std::string, Counts>& counts,
                         const Terminal& terminal) {
  TextTable table({what, "examples", "good enough", "mean score"});
  for (const auto& [name, count] : counts) {
    table.Add({Printable(name), std::to_string(count.examples), std::to_string(count.exported),
               fmt::format("{:.2f}", count.mean())});
  }
  return table.Render(terminal);
}

nlohmann::ordered_json ToJson(const std::map<std::string, Counts>& counts) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, count] : counts) {
    json[name] = {
        {"examples", count.examples}, {"exported", count.exported}, {"mean_score", count.mean()}};
  }
  return json;
}

int PrintStats(const Options& options) {
  Stats stats;
  const int code = ForEachExample(options, true,
                                  [&](const v1::TrainingExample& example) { stats.Add(example); });
  if (code != kSuccess) return code;
  if (options.json) {
    const nlohmann::ordered_json json = {
        {"examples", stats.all.examples},     {"exported", stats.all.exported},
        {"mean_score", stats.all.mean()},     {"by_score", stats.by_score},
        {"by_model", ToJson(stats.by_model)}, {"by_code", ToJson(stats.by_code)}};
    fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return kSuccess;
  }
  if (stats.all.examples == 0) {
    fmt::print(
        "no examples yet: they come from what models wrote for objects that the rules "
        "refuse\n");
    return kSuccess;
  }
  const Terminal terminal(STDOUT_FILENO);
  fmt::print("{} examples, {} of them good enough to learn from\n\n{}\n{}\n{}", stats.all.examples,
             stats.all.exported, RenderHistogram(stats, terminal),
             RenderCounts("model", stats.by_model, terminal),
             RenderCounts("refused for", stats.by_code, terminal));
  return kSuccess;
}

CLI::App* AddOne(CLI::App* training, const std::shared_ptr<Options>& options, std::string name,
                 std::string description, int (*run)(const Options&), int& exit_code) {
  CLI::App* command = training->add_subcommand(std::move(name), std::move(description));
  AddEngineOptions(command, options->engine);
  command->add_flag("--json", options->json, "Print JSON");
  command
      ->add_option("--least-score", options->least_score,
                   "Of examples that are good enough, above 0 to 1")
      ->check(CLI::Range(0.01, 1.0))
      ->capture_default_str();
  command->callback([options, run, &exit_code] { exit_code = run(*options); });
  return command;
}

}  // namespace

void AddTrainingCommand(CLI::App& app, int& exit_code) {
  CLI::App* training = app.add_subcommand(
      "training", "Export anonymous examples to train a language model with, and count them");
  training->require_subcommand(1);
  auto options = std::make_shared<Options>();
  AddOne(training, options, "export",
         "Write training.jsonl and evaluation.jsonl, without a name or literal of the source",
         Export, exit_code)
      ->add_option("--out", options->out, "Folder to write to")
      ->capture_default_str();
  AddOne(training, options, "stats", "How many examples there are, and how good they are",
         PrintStats, exit_code);
}

}  // namespace datamigrate::cli
