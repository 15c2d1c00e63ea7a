#include "agent_engine/cli/models_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "agent_engine/cli/engine_connection.h"
#include "agent_engine/cli/engine_options.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/migration_view.h"
#include "agent_engine/cli/terminal.h"
#include "common/crypto/key_file.h"

namespace datamigrate::cli {
namespace {

constexpr double kMicroDollars = 1e6;
constexpr double kMicroseconds = 1e6;

struct Options {
  EngineAddress engine;
  bool json = false;
  v1::RegisterCustomModelRequest model;
  std::string key_file;
  v1::CompleteRequest test;
  std::string prompt = "Answer with the one word: ready";
  int days = 30;
  std::string migration;
};

// Calls a method of the service and gives its response to `print`.
template <typename Request, typename Response, typename Method, typename Print>
int Call(const Options& options, Method method, const Request& request, Response* response,
         Print print) {
  EngineConnection connection(options.engine);
  grpc::ClientContext context;
  grpc::Status status = connection.Prepare(context, false);
  if (status.ok()) status = (connection.models().*method)(&context, request, response);
  // An engine that answers is there, though none of its models is.
  if (context.GetServerTrailingMetadata().contains("x-datamigrate-cause")) {
    fmt::print(stderr, "datamigrate: {}\n", status.error_message());
    return kFailed;
  }
  if (!status.ok()) return connection.Report(status);
  fmt::print("{}", options.json ? MessageJson(*response) + "\n" : print(*response));
  std::fflush(stdout);
  return kSuccess;
}

std::string Dollars(int64_t microdollars) {
  return fmt::format("{:.4f}", static_cast<double>(microdollars) / kMicroDollars);
}

std::string Seconds(int64_t microseconds) {
  return fmt::format("{:.2f}", static_cast<double>(microseconds) / kMicroseconds);
}

std::string StateOf(const v1::ModelDeployment& deployment) {
  if (!deployment.closed().empty()) return deployment.closed();
  if (deployment.cools_for_milliseconds() > 0) {
    return fmt::format("left alone for {} s after {}", deployment.cools_for_milliseconds() / 1000,
                       deployment.last_failure());
  }
  if (deployment.failures_in_a_row() > 0) {
    return fmt::format("failed {} times: {}", deployment.failures_in_a_row(),
                       deployment.last_failure());
  }
  return "open";
}

std::string RenderDeployments(const v1::ListDeploymentsResponse& response) {
  const Terminal terminal(STDOUT_FILENO);
  TextTable tiers({"TASK", "MODEL", "THEN"});
  for (const v1::ModelTier& tier : response.tiers()) {
    tiers.Add({tier.name(), Printable(tier.model()),
               Printable(fmt::format("{}", fmt::join(tier.fallbacks(), ", ")))});
  }
  TextTable deployments(
      {"MODEL", "DEPLOYMENT", "PROTOCOL", "PROVIDER'S NAME", "$/M IN", "$/M OUT", "STATE"});
  for (const v1::ModelDeployment& each : response.deployments()) {
    deployments.Add({Printable(each.model()), Printable(each.name()), each.protocol(),
                     Printable(each.provider_model()), fmt::format("{:.2f}", each.input_price()),
                     fmt::format("{:.2f}", each.output_price()), Printable(StateOf(each))});
  }
  return tiers.Render(terminal) + "\n" + deployments.Render(terminal) +
         (response.is_local_only() ? "\nOnly models on the site are asked.\n" : "");
}

int List(const Options& options) {
  v1::ListDeploymentsResponse response;
  return Call(options, &v1::ModelService::Stub::ListDeployments, v1::ListDeploymentsRequest(),
              &response, RenderDeployments);
}

int Register(Options& options) {
  if (!options.key_file.empty()) {
    auto key = crypto::ReadKeyFile(options.key_file);
    if (!key.ok()) {
      fmt::print(stderr, "datamigrate: {}\n", std::string(key.status().message()));
      return kFailed;
    }
    key->erase(key->find_last_not_of(" \t\r\n") + 1);
    options.model.set_key(*key);
    crypto::Wipe(*key);
  }
  v1::CustomModel response;
  return Call(options, &v1::ModelService::Stub::RegisterCustomModel, options.model, &response,
              [](const v1::CustomModel& model) {
                return Printable(fmt::format("registered {}; after it come {}", model.name(),
                                             fmt::join(model.fallbacks(), ", "))) +
                       "\n";
              });
}

int Remove(const Options& options) {
  v1::RemoveCustomModelRequest request;
  request.set_name(options.model.model().name());
  v1::RemoveCustomModelResponse response;
  return Call(options, &v1::ModelService::Stub::RemoveCustomModel, request, &response,
              [](const v1::RemoveCustomModelResponse&) { return std::string("removed\n"); });
}

std::string RenderAnswer(const v1::CompleteResponse& answer) {
  std::string text;
  for (const v1::ModelAttempt& attempt : answer.attempts()) {
    if (attempt.failure().empty()) continue;
    text += Printable(fmt::format("{}: {}", attempt.deployment(), attempt.failure())) + "\n";
  }
  text += Printable(fmt::format("{} ({}, says it is {}) answered in {} s for ${}: {}",
                                answer.model(), answer.deployment(), answer.provider_model(),
                                Seconds(answer.latency_microseconds()),
                                Dollars(answer.cost_microdollars()), answer.text())) +
          "\n";
  return text;
}

int Test(Options& options) {
  v1::ModelMessage* message = options.test.add_messages();
  message->add_parts()->set_text(options.prompt);
  options.test.set_max_output_tokens(256);
  options.test.set_agent("models test");
  options.test.set_cache(v1::MODEL_CACHE_USE_NONE);
  options.test.set_may_not_fall_back(true);
  v1::CompleteResponse response;
  return Call(options, &v1::ModelService::Stub::Complete, options.test, &response, RenderAnswer);
}

template <typename Request>
Request RequestOf(const Options& options) {
  Request request;
  request.set_migration_id(options.migration);
  request.mutable_from()->set_seconds(
      absl::ToUnixSeconds(absl::Now() - absl::Hours(24 * options.days)));
  return request;
}

std::string RenderUsage(const v1::GetModelUsageResponse& response) {
  const Terminal terminal(STDOUT_FILENO);
  TextTable rows({"DAY", "MODEL", "AGENT", "TASK", "CALLS", "CACHED", "FAILED", "TOKENS IN",
                  "TOKENS OUT", "$"});
  int64_t cost = 0;
  for (const v1::ModelUsageRow& row : response.rows()) {
    cost += row.cost_microdollars();
    rows.Add({row.day(), Printable(row.model()), Printable(row.agent()), Printable(row.task()),
              fmt::to_string(row.calls()), fmt::to_string(row.from_cache()),
              fmt::to_string(row.failed()), fmt::to_string(row.input_tokens()),
              fmt::to_string(row.output_tokens()), Dollars(row.cost_microdollars())});
  }
  std::string text = rows.empty() ? "no model was asked\n" : rows.Render(terminal);
  text += fmt::format("\ntogether ${}\n", Dollars(cost));
  if (response.budgets().empty()) return text;
  TextTable budgets({"BUDGET", "OF", "WINDOW", "$ SPENT", "$ HELD"});
  for (const v1::ModelBudgetRow& row : response.budgets()) {
    budgets.Add({Printable(row.name()), Printable(row.subject()), row.window(),
                 Dollars(row.spent_microdollars()), Dollars(row.held_microdollars())});
  }
  return text + "\n" + budgets.Render(terminal);
}

int Usage(const Options& options) {
  v1::GetModelUsageResponse response;
  return Call(options, &v1::ModelService::Stub::GetModelUsage,
              RequestOf<v1::GetModelUsageRequest>(options), &response, RenderUsage);
}

std::string Percent(int64_t part, int64_t whole) {
  return whole == 0 ? "-"
                    : fmt::format("{:.0f}%",
                                  100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

// What each model did for each kind of task: how often it answered and at what price.
std::string RenderReport(const v1::GetModelUsageResponse& response) {
  struct Sum {
    int64_t asked = 0, answered = 0, cost = 0, slowest = 0;
  };
  std::map<std::tuple<std::string, std::string, std::string>, Sum> sums;
  for (const v1::ModelUsageRow& row : response.rows()) {
    Sum& sum = sums[{row.agent(), row.task(), row.model()}];
    sum.asked += row.answered() + row.failed();
    sum.answered += row.answered();
    sum.cost += row.cost_microdollars();
    sum.slowest = std::max(sum.slowest, row.latency_p95_microseconds());
  }
  if (sums.empty()) return "no model was asked\n";
  TextTable table({"AGENT", "TASK", "MODEL", "ASKED", "ANSWERED", "$ AN ANSWER", "P95 s"});
  for (const auto& [key, sum] : sums) {
    if (sum.asked == 0) continue;
    const auto& [agent, task, model] = key;
    table.Add({Printable(agent), Printable(task), Printable(model), fmt::to_string(sum.asked),
               Percent(sum.answered, sum.asked),
               sum.answered == 0 ? "-" : Dollars(sum.cost / sum.answered), Seconds(sum.slowest)});
  }
  return table.Render(Terminal(STDOUT_FILENO));
}

// Which tier is enough for what the rules refuse.
std::string RenderGrades(const v1::GetModelReportResponse& response) {
  if (response.rows().empty()) return "";
  TextTable table({"CODE", "TIER", "MODEL", "ANSWERS", "PROVEN", "ACCEPTED", "WRONG", "$ A PROOF"});
  for (const v1::ModelReportRow& row : response.rows()) {
    table.Add({row.code(), row.tier(), Printable(row.model()), fmt::to_string(row.answers()),
               Percent(row.proven(), row.answers()), Percent(row.accepted(), row.answers()),
               Percent(row.wrong(), row.answers()),
               row.proven() == 0 ? "-" : Dollars(row.cost_microdollars() / row.proven())});
  }
  return "\nAnswers about what the rules refuse, by the code of the refusal:\n" +
         table.Render(Terminal(STDOUT_FILENO));
}

// JSON has the grades; `usage` has the rest.
int Report(const Options& options) {
  if (!options.json) {
    v1::GetModelUsageResponse usage;
    const int code = Call(options, &v1::ModelService::Stub::GetModelUsage,
                          RequestOf<v1::GetModelUsageRequest>(options), &usage, RenderReport);
    if (code != kSuccess) return code;
  }
  v1::GetModelReportResponse report;
  return Call(options, &v1::ModelService::Stub::GetModelReport,
              RequestOf<v1::GetModelReportRequest>(options), &report, RenderGrades);
}

CLI::App* AddCommand(CLI::App& models, const std::shared_ptr<Options>& options,
                     const std::string& name, const std::string& description) {
  CLI::App* command = models.add_subcommand(name, description);
  AddEngineOptions(command, options->engine);
  command->add_flag("--json", options->json, "Print JSON");
  return command;
}

// Binds an option to a field of a message.
template <typename Value, typename Set>
CLI::Option* AddField(CLI::App* command, const std::string& name, const std::string& description,
                      Set set) {
  return command->add_option_function<Value>(name, set, description);
}

void AddRegister(CLI::App& models, const std::shared_ptr<Options>& options, int& exit_code) {
  CLI::App* command =
      AddCommand(models, options, "register", "Add a model of your own for the organization");
  v1::CustomModel* model = options->model.mutable_model();
  model->set_context_tokens(8192);
  model->set_max_output_tokens(4096);
  using Text = const std::string&;
  AddField<std::string>(command, "NAME", "What to ask for", [model](Text text) {
    model->set_name(text);
  })->required();
  AddField<std::string>(command, "--protocol", "anthropic, openai, openai_responses, ollama, vllm",
                        [model](Text text) { model->set_protocol(text); })
      ->required();
  AddField<std::string>(command, "--url", "Where it is served, up to the protocol's own path",
                        [model](Text text) { model->set_url(text); })
      ->required();
  AddField<std::string>(command, "--model", "What its server calls it", [model](Text text) {
    model->set_provider_model(text);
  })->required();
  AddField<int64_t>(command, "--context", "Its size in tokens; 8192 if not given",
                    [model](int64_t tokens) { model->set_context_tokens(tokens); });
  AddField<int64_t>(command, "--max-output", "In tokens; 4096 if not given",
                    [model](int64_t tokens) { model->set_max_output_tokens(tokens); });
  AddField<double>(command, "--input-price", "Dollars for a million tokens; 0 if not given",
                   [model](double price) { model->set_input_price(price); });
  AddField<double>(command, "--output-price", "Dollars for a million tokens; 0 if not given",
                   [model](double price) { model->set_output_price(price); });
  AddField<std::vector<std::string>>(command, "--fallback", "Models to ask when it fails, in order",
                                     [model](const std::vector<std::string>& names) {
                                       for (const std::string& name : names)
                                         model->add_fallbacks(name);
                                     });
  command->add_option("--key-file", options->key_file,
                      "Holds its API key; readable by you alone. It is stored encrypted");
  command->callback([options, &exit_code] { exit_code = Register(*options); });
}

}  // namespace

void AddModelsCommand(CLI::App& app, int& exit_code) {
  CLI::App* models =
      app.add_subcommand("models", "Show, register, try and account for language models");
  models->require_subcommand(1);
  auto options = std::make_shared<Options>();
  AddCommand(*models, options, "list", "Show which model is asked for what, and how each does")
      ->callback([options, &exit_code] { exit_code = List(*options); });
  AddRegister(*models, options, exit_code);
  CLI::App* remove = AddCommand(*models, options, "remove", "Remove a model that was registered");
  AddField<std::string>(remove, "NAME", "The model", [options](const std::string& name) {
    options->model.mutable_model()->set_name(name);
  })->required();
  remove->callback([options, &exit_code] { exit_code = Remove(*options); });
  CLI::App* test = AddCommand(*models, options, "test", "Ask one model, and no other if it fails");
  AddField<std::string>(test, "TASK", "A model, or simple, medium, complex, critical",
                        [options](const std::string& task) { options->test.set_task(task); })
      ->required();
  test->add_option("--prompt", options->prompt, "What to ask")->capture_default_str();
  test->callback([options, &exit_code] { exit_code = Test(*options); });
  for (const bool is_report : {false, true}) {
    CLI::App* command =
        is_report
            ? AddCommand(*models, options, "report",
                         "How often each model answers each kind of task, how good its answers "
                         "are, and at what price")
            : AddCommand(*models, options, "usage", "What models were used and what it cost");
    command->add_option("--days", options->days, "The last N days")
        ->check(CLI::Range(1, 3660))
        ->capture_default_str();
    command->add_option("--migration", options->migration, "Of one migration alone");
    command->callback([options, &exit_code, is_report] {
      exit_code = is_report ? Report(*options) : Usage(*options);
    });
  }
}

}  // namespace datamigrate::cli
