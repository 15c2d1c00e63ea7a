#include "agent_engine/cli/runs_command.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "agent_engine/cli/engine_connection.h"
#include "agent_engine/cli/engine_options.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/migration_view.h"
#include "agent_engine/cli/terminal.h"
#include "fmt/format.h"
#include "google/protobuf/util/time_util.h"
#include "nlohmann/json.hpp"

namespace datamigrate::cli {
namespace {

using google::protobuf::util::TimeUtil;

// What the commands share. One call of the process runs one command.
struct Options {
  EngineAddress engine = {};
  bool json = false;
  std::string id = {};
  int64_t step = -1;
  int64_t to_step = -1;
  std::string patch = {};
  bool svg = false;
  std::string out = {};
  v1::ListRunsRequest list = {};
};

// Calls a method of RunService; the exit code of a failed call, else 0 with `response` filled.
template <typename Request, typename Response, typename Method>
int Call(const Options& options, const Request& request, Response& response, Method method) {
  EngineConnection connection(options.engine);
  grpc::ClientContext context;
  if (const grpc::Status ready = connection.Prepare(context, false); !ready.ok()) {
    return connection.Report(ready);
  }
  const grpc::Status status = (connection.runs().*method)(&context, request, &response);
  return status.ok() ? kSuccess : connection.Report(status);
}

void Print(const Options& options, const google::protobuf::Message& message,
           const std::string& text) {
  fmt::print("{}", options.json ? MessageJson(message) + "\n" : text);
  std::fflush(stdout);
}

// Seconds are enough for people.
std::string TimeOf(google::protobuf::Timestamp time) {
  time.set_nanos(0);
  return TimeUtil::ToString(time);
}

std::string RenderRuns(const v1::ListRunsResponse& response, const Terminal& terminal) {
  TextTable table({"run", "status", "node", "step", "attempts", "parent", "updated", "name"});
  for (const v1::Run& run : response.runs()) {
    const std::string parent =
        run.parent_run().empty()
            ? ""
            : fmt::format("{}/{}", run.parent_run().substr(0, 8), run.parent_step());
    table.Add({run.id(), StatusName(run.status()), run.node(), std::to_string(run.steps()),
               std::to_string(run.attempts()), parent, TimeOf(run.updated_at()), run.name()});
  }
  std::string text = table.empty() ? "no runs\n" : table.Render(terminal);
  if (!response.next_page_token().empty()) {
    text += fmt::format("more: --page-token {}\n", response.next_page_token());
  }
  return text;
}

std::string RenderRun(const v1::Run& run, const Terminal& terminal) {
  std::string text = fmt::format("{} {}  {}\n", terminal.Paint(Style::kBold, run.id()),
                                 StatusName(run.status()), Printable(run.name()));
  if (!run.parent_run().empty()) {
    text += fmt::format("forked from {} at step {}\n", run.parent_run(), run.parent_step());
  }
  if (!run.owner().empty()) text += fmt::format("run by {}\n", Printable(run.owner()));
  if (run.error().empty()) return text;
  return text + terminal.Paint(Style::kRed, Printable(run.error())) +
         fmt::format("\nrun it on with: datamigrate resume {}\n", run.id());
}

std::string RenderHistory(const v1::RunHistory& history, const Terminal& terminal) {
  TextTable steps({"step", "node", "then", "status", "state", "at", "answer"});
  for (const auto& step : history.steps()) {
    steps.Add({std::to_string(step.step()), step.node().empty() ? "-" : step.node(),
               step.next_node() == "__end__" ? "end" : step.next_node(), step.status(),
               fmt::format("{} B", step.state_bytes()), TimeOf(step.at()),
               step.answer().empty()
                   ? ""
                   : fmt::format("{} ({})", Shortened(step.answer()), step.decided_by())});
  }
  std::string text = RenderRun(history.run(), terminal) + "\n" + steps.Render(terminal);
  if (history.effects().empty()) return text;
  TextTable effects({"step", "effect", "begun", "ended"});
  for (const auto& effect : history.effects()) {
    std::string end = effect.has_completed_at() ? TimeOf(effect.completed_at()) : "not known";
    if (effect.is_reused()) end = "taken from another run";
    effects.Add({std::to_string(effect.step()), effect.key(), TimeOf(effect.started_at()), end});
  }
  return text + "\n" + effects.Render(terminal);
}

std::string RenderDiff(const v1::StateDiff& diff, const Terminal& terminal) {
  std::string text = fmt::format("step {} to step {}: {} changes\n", diff.from_step(),
                                 diff.to_step(), diff.total());
  for (const auto& change : diff.changes()) {
    const std::string path = Printable(change.path());
    if (change.operation() != "add") {
      text += terminal.Paint(Style::kRed, fmt::format("- {} {}", path,
                                                      Printable(Shortened(change.before_json())))) +
              "\n";
    }
    if (change.operation() != "remove") {
      text +=
          terminal.Paint(Style::kGreen,
                         fmt::format("+ {} {}", path, Printable(Shortened(change.after_json())))) +
          "\n";
    }
  }
  if (diff.total() > diff.changes_size()) {
    text += fmt::format("the first {} are shown\n", diff.changes_size());
  }
  return text;
}

int List(const Options& options) {
  v1::ListRunsResponse response;
  const int code = Call(options, options.list, response, &v1::RunService::Stub::ListRuns);
  if (code == kSuccess) Print(options, response, RenderRuns(response, Terminal(STDOUT_FILENO)));
  return code;
}

int History(const Options& options) {
  v1::GetHistoryRequest request;
  request.set_id(options.id);
  v1::RunHistory history;
  const int code = Call(options, request, history, &v1::RunService::Stub::GetHistory);
  if (code == kSuccess) Print(options, history, RenderHistory(history, Terminal(STDOUT_FILENO)));
  return code;
}

// The state is JSON in any case; --json has it on one line.
int State(const Options& options) {
  v1::GetStateRequest request;
  request.set_id(options.id);
  request.set_step(options.step);
  v1::RunState state;
  const int code = Call(options, request, state, &v1::RunService::Stub::GetState);
  if (code != kSuccess) return code;
  const auto parsed = nlohmann::ordered_json::parse(state.state_json(), nullptr, false);
  const bool is_pretty = !options.json && !parsed.is_discarded();
  fmt::print("{}\n", is_pretty ? parsed.dump(2) : state.state_json());
  return kSuccess;
}

int Diff(const Options& options) {
  v1::DiffStatesRequest request;
  request.set_id(options.id);
  request.set_from_step(options.step);
  request.set_to_step(options.to_step);
  v1::StateDiff diff;
  const int code = Call(options, request, diff, &v1::RunService::Stub::DiffStates);
  if (code == kSuccess) Print(options, diff, RenderDiff(diff, Terminal(STDOUT_FILENO)));
  return code;
}

int Fork(const Options& options) {
  v1::ForkRunRequest request;
  request.set_id(options.id);
  request.set_step(options.step);
  request.set_state_patch_json(options.patch);
  v1::Run run;
  const int code = Call(options, request, run, &v1::RunService::Stub::ForkRun);
  if (code == kSuccess) Print(options, run, RenderRun(run, Terminal(STDOUT_FILENO)));
  return code;
}

int Graph(const Options& options) {
  v1::DrawGraphRequest request;
  request.set_id(options.id);
  request.set_format(options.svg ? v1::GRAPH_FORMAT_SVG : v1::GRAPH_FORMAT_MERMAID);
  v1::GraphDrawing drawing;
  const int code = Call(options, request, drawing, &v1::RunService::Stub::DrawGraph);
  if (code != kSuccess) return code;
  if (options.out.empty()) {
    Print(options, drawing, drawing.text());
    return kSuccess;
  }
  std::ofstream file(options.out, std::ios::binary);
  file << drawing.text();
  file.close();
  if (file) return kSuccess;
  fmt::print(stderr, "datamigrate: cannot write {}\n", options.out);
  return kFailed;
}

CLI::App* AddOne(CLI::App* runs, const std::shared_ptr<Options>& options, std::string name,
                 std::string description, int (*run)(const Options&), int& exit_code) {
  CLI::App* command = runs->add_subcommand(std::move(name), std::move(description));
  AddEngineOptions(command, options->engine);
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, run, &exit_code] { exit_code = run(*options); });
  return command;
}

}  // namespace

void AddRunsCommand(CLI::App& app, int& exit_code) {
  CLI::App* runs = app.add_subcommand("runs", "Look into the workflow runs behind migrations");
  runs->require_subcommand(1);
  auto options = std::make_shared<Options>();

  CLI::App* list = AddOne(runs, options, "list", "List runs, newest first", List, exit_code);
  list->add_option_function<int>(
      "--page-size", [options](int size) { options->list.set_page_size(size); }, "1 to 200");
  list->add_option_function<std::string>(
      "--page-token", [options](const std::string& v) { options->list.set_page_token(v); },
      "next_page_token of the page before");

  CLI::App* history =
      AddOne(runs, options, "history", "Show a run's steps and effects", History, exit_code);
  CLI::App* state = AddOne(runs, options, "state", "Print the state at a step", State, exit_code);
  CLI::App* diff =
      AddOne(runs, options, "diff", "Compare the states at two steps", Diff, exit_code);
  CLI::App* fork = AddOne(runs, options, "fork", "Begin a new run at a step, with a changed state",
                          Fork, exit_code);
  CLI::App* replay =
      AddOne(runs, options, "replay", "Begin a new run at a step, with its state", Fork, exit_code);
  for (CLI::App* command : {history, state, diff, fork, replay}) {
    command->add_option("ID", options->id, "The run, which is its migration's id")->required();
  }
  state->add_option("--step", options->step, "Of which step (default: the newest)");
  diff->add_option("--from", options->step, "The first step")->required();
  diff->add_option("--to", options->to_step, "The other step (default: the newest)");
  for (CLI::App* command : {fork, replay}) {
    command->add_option("--step", options->step, "At which step; nothing after it comes along")
        ->required();
  }
  fork->add_option("--set", options->patch,
                   "What to change in the state: a JSON merge patch, as "
                   "'{\"max_rebuild_rounds\": 5}'")
      ->required();

  CLI::App* graph = AddOne(runs, options, "graph", "Draw the graph", Graph, exit_code);
  graph->add_option("ID", options->id, "Mark what this run has done of it");
  graph->add_flag("--svg", options->svg, "SVG instead of Mermaid");
  graph->add_option("--out", options->out, "File to write (default: standard output)");
}

}  // namespace datamigrate::cli
