#include "agent_engine/cli/runs_command.h"

#include <unistd.h>

#include <fstream>
#include <memory>

#include "agent_engine/cli/engine_connection.h"
#include "agent_engine/cli/engine_options.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/migration_view.h"
#include "agent_engine/cli/runs_view.h"
#include "agent_engine/cli/terminal.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace datamigrate::cli {
namespace {

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
  int64_t after = 0;
  std::string agent = {};
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

int Messages(const Options& options) {
  v1::ListMessagesRequest request;
  request.set_id(options.id);
  request.set_after(options.after);
  v1::ListMessagesResponse response;
  const int code = Call(options, request, response, &v1::RunService::Stub::ListMessages);
  if (code == kSuccess) {
    Print(options, response, RenderMessages(response, Terminal(STDOUT_FILENO)));
  }
  return code;
}

int Decisions(const Options& options) {
  v1::ListDecisionsRequest request;
  request.set_id(options.id);
  v1::ListDecisionsResponse response;
  const int code = Call(options, request, response, &v1::RunService::Stub::ListDecisions);
  if (code == kSuccess) {
    Print(options, response, RenderDecisions(response, Terminal(STDOUT_FILENO)));
  }
  return code;
}

int Memory(const Options& options) {
  v1::ListMemoryRequest request;
  request.set_agent(options.agent);
  v1::ListMemoryResponse response;
  const int code = Call(options, request, response, &v1::RunService::Stub::ListMemory);
  if (code == kSuccess) Print(options, response, RenderMemory(response, Terminal(STDOUT_FILENO)));
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
  CLI::App* messages = AddOne(runs, options, "messages", "Show what a run's agents sent each other",
                              Messages, exit_code);
  CLI::App* decisions = AddOne(runs, options, "decisions",
                               "Show what people were asked and decided", Decisions, exit_code);
  for (CLI::App* command : {history, state, diff, fork, replay, messages, decisions}) {
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

  messages->add_option("--after", options->after, "Only those with a greater number");

  CLI::App* memory =
      AddOne(runs, options, "memory", "Show what agents remember over runs", Memory, exit_code);
  memory->add_option("AGENT", options->agent, "Of this agent alone");

  CLI::App* graph = AddOne(runs, options, "graph", "Draw the graph", Graph, exit_code);
  graph->add_option("ID", options->id, "Mark what this run has done of it");
  graph->add_flag("--svg", options->svg, "SVG instead of Mermaid");
  graph->add_option("--out", options->out, "File to write (default: standard output)");
}

}  // namespace datamigrate::cli
