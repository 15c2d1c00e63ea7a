#include "agent_engine/cli/plan_command.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>

#include "agent_engine/cli/engine_connection.h"
#include "agent_engine/cli/engine_options.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/migration_view.h"
#include "agent_engine/cli/terminal.h"
#include "fmt/format.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"

namespace datamigrate::cli {
namespace {

constexpr int kLooks = 150;
constexpr useconds_t kPauseMicroseconds = 200'000;

// What the commands share. One call of the process runs one command.
struct Options {
  EngineAddress engine = {};
  bool json = false;
  std::string id = {};
  v1::PlanEdit edit = {};
  bool leave_out = false;
  bool take_in = false;
  std::string file = {};
};

// One command's conversation with the engine.
class Conversation {
 public:
  explicit Conversation(const Options& options) : options_(options), connection_(options.engine) {}

  grpc::Status GetPlan(v1::Plan& plan) {
    v1::GetPlanRequest request;
    request.set_id(options_.id);
    return Call(request, plan, &v1::MigrationService::Stub::GetPlan);
  }

  grpc::Status GetMigration(v1::Migration& migration) {
    v1::GetMigrationRequest request;
    request.set_id(options_.id);
    return Call(request, migration, &v1::MigrationService::Stub::GetMigration);
  }

  grpc::Status Decide(const v1::DecideMigrationRequest& request, v1::Migration& migration) {
    return Call(request, migration, &v1::MigrationService::Stub::DecideMigration);
  }

  int Report(const grpc::Status& status) const { return connection_.Report(status); }

 private:
  template <typename Request, typename Response, typename Method>
  grpc::Status Call(const Request& request, Response& response, Method method) {
    grpc::ClientContext context;
    if (grpc::Status ready = connection_.Prepare(context, false); !ready.ok()) return ready;
    return (connection_.stub().*method)(&context, request, &response);
  }

  const Options& options_;
  EngineConnection connection_;
};

std::string Dollars(int64_t microdollars) {
  return fmt::format("${:.4f}", static_cast<double>(microdollars) / 1e6);
}

// What asking a model or a person's work comes to.
std::string CostOf(const v1::PlannedObject& object) {
  const v1::PlanEstimate& estimate = object.estimate();
  if (!estimate.model().empty()) return Dollars(estimate.cost_microdollars());
  if (estimate.person_days() > 0) return fmt::format("{:.2f} days", estimate.person_days());
  return "";
}

std::string TranslatorOf(const v1::PlannedObject& object) {
  if (object.is_left_out()) return "left out";
  if (object.estimate().model().empty()) return object.translator();
  return fmt::format("{} ({})", object.translator(), object.estimate().model());
}

std::string RemarkOf(const v1::PlannedObject& object) {
  std::string text;
  for (const std::string& code : object.codes()) text += (text.empty() ? "" : " ") + code;
  if (!object.remark().empty()) text += ": " + object.remark();
  return Shortened(text);
}

// The plan's sums, without those of nothing.
std::string Summary(const v1::Plan& plan) {
  std::string text = fmt::format("{} objects by rules", plan.by_rules());
  if (plan.by_models() > 0) {
    text += fmt::format(", {} by models for about {}", plan.by_models(),
                        Dollars(plan.cost_microdollars()));
  }
  if (plan.by_people() > 0) {
    text += fmt::format(", {} left to a person for about {:.2f} days", plan.by_people(),
                        plan.person_days());
  }
  if (plan.beside() > 0) text += fmt::format(", {} kept beside the project", plan.beside());
  return text;
}

std::string RenderPlan(const v1::Plan& plan, const std::string& id, const Terminal& terminal) {
  TextTable table({"order", "object", "kind", "complexity", "translator", "layer", "built as",
                   "cost", "edited", "why"});
  for (const v1::PlannedObject& object : plan.objects()) {
    table.Add({std::to_string(object.order()),
               Printable(object.name().schema() + "." + object.name().name()), object.kind(),
               object.complexity(), TranslatorOf(object), object.layer(), object.materialization(),
               CostOf(object), object.is_edited() ? "yes" : "", Printable(RemarkOf(object))});
  }
  std::string text = table.Render(terminal);
  text += "\n" + Summary(plan) + "\n";
  if (plan.question_id().empty()) return text;
  return text + terminal.Paint(Style::kYellow, "It waits for approval:") +
         fmt::format(
             "\n  datamigrate plan approve {0}\n"
             "  datamigrate plan edit {0} SCHEMA.NAME --materialization table\n"
             "  datamigrate plan reject {0}\n",
             id);
}

int PrintPlan(const Options& options, const v1::Plan& plan) {
  fmt::print("{}", options.json ? MessageJson(plan) + "\n"
                                : RenderPlan(plan, options.id, Terminal(STDOUT_FILENO)));
  return kSuccess;
}

int Show(const Options& options) {
  Conversation conversation(options);
  v1::Plan plan;
  const grpc::Status status = conversation.GetPlan(plan);
  return status.ok() ? PrintPlan(options, plan) : conversation.Report(status);
}

// Answers the question about the plan; the exit code, and the question's id where that went well.
int Answer(Conversation& conversation, const Options& options, v1::DecideMigrationRequest answer,
           v1::Migration& migration) {
  v1::Plan plan;
  if (const grpc::Status status = conversation.GetPlan(plan); !status.ok()) {
    return conversation.Report(status);
  }
  if (plan.question_id().empty()) {
    fmt::print(stderr,
               "datamigrate: the plan of {} does not wait for approval; migrations do when they "
               "are created with --require-plan-approval\n",
               options.id);
    return kFailed;
  }
  answer.set_id(options.id);
  answer.set_question_id(plan.question_id());
  const grpc::Status status = conversation.Decide(answer, migration);
  return status.ok() ? kSuccess : conversation.Report(status);
}

int Choose(const Options& options, const char* option) {
  Conversation conversation(options);
  v1::DecideMigrationRequest answer;
  answer.set_option_id(option);
  v1::Migration migration;
  const int code = Answer(conversation, options, answer, migration);
  if (code != kSuccess) return code;
  fmt::print("{}", options.json ? MessageJson(migration) + "\n"
                                : RenderMigration(migration, Terminal(STDOUT_FILENO)));
  return kSuccess;
}

int Approve(const Options& options) {
  return Choose(options, "approve");
}

int Reject(const Options& options) {
  return Choose(options, "reject");
}

// The edits of a file: a JSON array of objects with the contract's field names.
bool ReadEdits(const std::string& path, v1::DecideMigrationRequest& answer) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (!file || !parsed.is_array()) {
    fmt::print(stderr,
               "datamigrate: {} is no JSON array of edits, as "
               "[{{\"object\": \"dbo.v\", \"materialization\": \"table\"}}]\n",
               path);
    return false;
  }
  for (const auto& edit : parsed) {
    const auto read =
        google::protobuf::util::JsonStringToMessage(edit.dump(), answer.add_plan_edits());
    if (read.ok()) continue;
    fmt::print(stderr, "datamigrate: {}: {}\n", path, read.message().as_string());
    return false;
  }
  return true;
}

// Waits until the changed plan is asked about, and shows it.
int ShowChanged(Conversation& conversation, const Options& options, const std::string& before) {
  for (int look = 0; look < kLooks; ++look) {
    v1::Plan plan;
    const grpc::Status status = conversation.GetPlan(plan);
    if (!status.ok()) return conversation.Report(status);
    if (!plan.question_id().empty() && plan.question_id() != before) {
      return PrintPlan(options, plan);
    }
    v1::Migration migration;
    if (conversation.GetMigration(migration).ok() && HasEnded(migration.status())) {
      fmt::print(stderr, "datamigrate: the migration has ended: {}\n",
                 Printable(migration.error()));
      return kFailed;
    }
    usleep(kPauseMicroseconds);
  }
  fmt::print(stderr, "datamigrate: the plan is being changed; see `datamigrate plan show {}`\n",
             options.id);
  return kSuccess;
}

int Edit(const Options& options) {
  v1::DecideMigrationRequest answer;
  answer.set_option_id("revise");
  if (!options.file.empty() && !ReadEdits(options.file, answer)) return kWrongUse;
  if (!options.edit.object().empty()) {
    v1::PlanEdit& edit = *answer.add_plan_edits();
    edit = options.edit;
    if (options.leave_out || options.take_in) edit.set_is_left_out(options.leave_out);
  }
  if (answer.plan_edits().empty()) {
    fmt::print(stderr, "datamigrate: name an object and what to change, or give --file\n");
    return kWrongUse;
  }
  Conversation conversation(options);
  v1::Plan before;
  if (const grpc::Status status = conversation.GetPlan(before); !status.ok()) {
    return conversation.Report(status);
  }
  v1::Migration migration;
  const int code = Answer(conversation, options, answer, migration);
  return code == kSuccess ? ShowChanged(conversation, options, before.question_id()) : code;
}

CLI::App* AddOne(CLI::App* plan, const std::shared_ptr<Options>& options, std::string name,
                 std::string description, int (*run)(const Options&), int& exit_code) {
  CLI::App* command = plan->add_subcommand(std::move(name), std::move(description));
  AddEngineOptions(command, options->engine);
  command->add_flag("--json", options->json, "Print JSON");
  command->add_option("ID", options->id, "The migration")->required();
  command->callback([options, run, &exit_code] { exit_code = run(*options); });
  return command;
}

void AddEdit(CLI::App* plan, const std::shared_ptr<Options>& options, int& exit_code) {
  CLI::App* edit =
      AddOne(plan, options, "edit", "Change the plan while it waits for approval", Edit, exit_code);
  using Setter = void (v1::PlanEdit::*)(const std::string&);
  const auto set = [options](Setter setter) {
    return [options, setter](const std::string& value) { (options->edit.*setter)(value); };
  };
  edit->add_option_function<std::string>(
      "OBJECT", set(static_cast<Setter>(&v1::PlanEdit::set_object)), "SCHEMA.NAME, in any case");
  edit->add_option_function<std::string>("--layer",
                                         set(static_cast<Setter>(&v1::PlanEdit::set_layer)),
                                         "intermediate, marts or default");
  edit->add_option_function<std::string>(
      "--materialization", set(static_cast<Setter>(&v1::PlanEdit::set_materialization)),
      "view, table or default");
  edit->add_option_function<std::string>(
      "--translator", set(static_cast<Setter>(&v1::PlanEdit::set_translator)),
      "Who rewrites what the rules refuse: the tier simple, medium, complex or critical that is "
      "asked first, person for no model, or default");
  CLI::Option* leave_out =
      edit->add_flag("--leave-out", options->leave_out, "Keep it beside the project only");
  edit->add_flag("--take-in", options->take_in, "Take back --leave-out")->excludes(leave_out);
  edit->add_option("--file", options->file,
                   "JSON array of changes, as "
                   "'[{\"object\": \"dbo.v\", \"layer\": \"marts\", \"is_left_out\": false}]'");
  edit->footer(
      "Examples:\n"
      "  datamigrate plan edit ID dbo.v_orders --materialization table\n"
      "  datamigrate plan edit ID dbo.sp_old --leave-out\n"
      "  datamigrate plan edit ID --file changes.json");
}

}  // namespace

void AddPlanCommand(CLI::App& app, int& exit_code) {
  CLI::App* plan =
      app.add_subcommand("plan", "Look at a migration's plan, change it, approve or reject it");
  plan->require_subcommand(1);
  auto options = std::make_shared<Options>();
  AddOne(plan, options, "show", "Show what becomes of each object, by whom and for how much", Show,
         exit_code);
  AddEdit(plan, options, exit_code);
  AddOne(plan, options, "approve", "Carry out the plan that waits", Approve, exit_code);
  AddOne(plan, options, "reject", "End the migration whose plan waits", Reject, exit_code);
}

}  // namespace datamigrate::cli
