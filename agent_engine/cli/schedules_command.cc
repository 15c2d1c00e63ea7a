#include "agent_engine/cli/schedules_command.h"

#include <unistd.h>

#include <memory>
#include <string>

#include "agent_engine/cli/engine_connection.h"
#include "agent_engine/cli/engine_options.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/migration_options.h"
#include "agent_engine/cli/migration_view.h"
#include "agent_engine/cli/terminal.h"
#include "fmt/format.h"
#include "google/protobuf/util/time_util.h"

namespace datamigrate::cli {
namespace {

// What the commands share. One call of the process runs one command.
struct Options {
  EngineAddress engine = {};
  bool json = false;
  std::string name = {};
  std::string cron = {};
  std::string id = {};
  std::shared_ptr<MigrationOptions> migration = std::make_shared<MigrationOptions>();
};

// Calls a method of ScheduleService and prints what `render` makes of its answer.
template <typename Response, typename Request, typename Method, typename Render>
int Call(const Options& options, Method method, const Request& request, Render render) {
  EngineConnection connection(options.engine);
  grpc::ClientContext context;
  if (const grpc::Status ready = connection.Prepare(context, false); !ready.ok()) {
    return connection.Report(ready);
  }
  Response response;
  const grpc::Status status = (connection.schedules().*method)(&context, request, &response);
  if (!status.ok()) return connection.Report(status);
  fmt::print("{}", options.json ? MessageJson(response) + "\n" : render(response));
  std::fflush(stdout);
  return kSuccess;
}

std::string TimeOf(bool is_set, google::protobuf::Timestamp time) {
  time.set_nanos(0);
  return is_set ? google::protobuf::util::TimeUtil::ToString(time) : "-";
}

std::string RenderSchedules(const v1::ListSchedulesResponse& response) {
  if (response.schedules().empty()) return "no schedules\n";
  TextTable table({"id", "name", "cron", "next", "last", "last migration", "source"});
  std::string errors;
  for (const v1::Schedule& schedule : response.schedules()) {
    const std::string name = Printable(schedule.name());
    table.Add({schedule.id(), name, Printable(schedule.cron()),
               TimeOf(schedule.has_next_at(), schedule.next_at()),
               TimeOf(schedule.has_last_at(), schedule.last_at()), schedule.last_migration(),
               Printable(schedule.source())});
    if (schedule.error().empty()) continue;
    errors += fmt::format("{} never comes again: {}\n", name, Printable(schedule.error()));
  }
  return table.Render(Terminal(STDOUT_FILENO)) + errors;
}

int Add(const Options& options) {
  v1::CreateScheduleRequest request;
  request.set_name(options.name);
  request.set_cron(options.cron);
  *request.mutable_migration() = RequestOf(*options.migration);
  return Call<v1::Schedule>(options, &v1::ScheduleService::Stub::CreateSchedule, request,
                            [](const v1::Schedule& schedule) {
                              v1::ListSchedulesResponse one;
                              *one.add_schedules() = schedule;
                              return RenderSchedules(one);
                            });
}

int List(const Options& options) {
  return Call<v1::ListSchedulesResponse>(options, &v1::ScheduleService::Stub::ListSchedules,
                                         v1::ListSchedulesRequest(), RenderSchedules);
}

int Remove(const Options& options) {
  v1::DeleteScheduleRequest request;
  request.set_id(options.id);
  return Call<v1::DeleteScheduleResponse>(
      options, &v1::ScheduleService::Stub::DeleteSchedule, request,
      [&](const v1::DeleteScheduleResponse&) { return fmt::format("removed {}\n", options.id); });
}

CLI::App* AddOne(CLI::App* schedules, const std::shared_ptr<Options>& options, std::string name,
                 std::string description, int (*run)(const Options&), int& exit_code) {
  CLI::App* command = schedules->add_subcommand(std::move(name), std::move(description));
  AddEngineOptions(command, options->engine);
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, run, &exit_code] { exit_code = run(*options); });
  return command;
}

}  // namespace

void AddSchedulesCommand(CLI::App& app, int& exit_code) {
  CLI::App* schedules = app.add_subcommand("schedules", "Migrations that are made again and again");
  schedules->require_subcommand(1);
  auto options = std::make_shared<Options>();

  CLI::App* add =
      AddOne(schedules, options, "add", "Make a migration whenever it is time", Add, exit_code);
  add->add_option("NAME", options->name, "The schedule, and its migrations without --name")
      ->required();
  add->add_option("--cron", options->cron,
                  "Minute, hour, day of month, month and day of week, in UTC, as \"30 2 * * 1-5\"")
      ->required();
  AddMigrationOptions(add, options->migration);
  add->footer(
      "Example:\n"
      "  datamigrate schedules add nightly --cron \"0 2 * * *\" --source ./scripts");

  AddOne(schedules, options, "list", "List schedules by name", List, exit_code);
  AddOne(schedules, options, "remove", "Remove a schedule; its migrations stay", Remove, exit_code)
      ->add_option("ID", options->id, "The schedule, as `list` prints it")
      ->required();
}

}  // namespace datamigrate::cli
