#include "agent_engine/cli/engine_commands.h"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

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

using google::protobuf::util::TimeUtil;

// What the commands share. One call of the process runs one command.
struct Options {
  EngineAddress engine;
  bool json = false;
  std::string id;
  std::shared_ptr<const MigrationOptions> create;
  bool detach = false;
  v1::ListMigrationsRequest list;
  v1::DecideMigrationRequest decide;
  v1::SetMigrationPriorityRequest prioritize;
  v1::SetMigrationLimitRequest limit;
  bool changes_limit = false;
  std::string out;
};

// Every status by the name that people read.
std::map<std::string, v1::MigrationStatus> StatusesByName() {
  std::map<std::string, v1::MigrationStatus> statuses;
  for (int value = 1; v1::MigrationStatus_IsValid(value); ++value) {
    const auto status = static_cast<v1::MigrationStatus>(value);
    statuses[StatusName(status)] = status;
  }
  return statuses;
}

const std::map<std::string, v1::AfterFailure> kAfterFailure = {{"fail", v1::AFTER_FAILURE_FAIL},
                                                               {"go-on", v1::AFTER_FAILURE_GO_ON}};

void PrintMessage(const google::protobuf::Message& message, const std::string& text, bool json) {
  fmt::print("{}", json ? MessageJson(message) + "\n" : text);
  std::fflush(stdout);
}

int PrintMigration(const v1::Migration& migration, bool json) {
  PrintMessage(migration, RenderMigration(migration, Terminal(STDOUT_FILENO)), json);
  return kSuccess;
}

// Calls a method that takes a request and gives a migration, and prints it.
template <typename Request, typename Method>
int CallAndPrint(const Options& options, const Request& request, Method method) {
  EngineConnection connection(options.engine);
  grpc::ClientContext context;
  if (const grpc::Status ready = connection.Prepare(context, false); !ready.ok()) {
    return connection.Report(ready);
  }
  v1::Migration migration;
  const grpc::Status status = (connection.stub().*method)(&context, request, &migration);
  if (!status.ok()) return connection.Report(status);
  return PrintMigration(migration, options.json);
}

template <typename Request>
Request WithId(const std::string& id) {
  Request request;
  request.set_id(id);
  return request;
}

int ExitCodeOf(const v1::Migration& migration) {
  const bool is_good = migration.status() == v1::MIGRATION_STATUS_SUCCEEDED &&
                       migration.validation_result().approved();
  return is_good || !HasEnded(migration.status()) ? kSuccess : kNotApproved;
}

// Whether nobody has answered or resumed it yet: old events are shown before new ones.
bool NeedsPerson(EngineConnection& connection, const std::string& id) {
  grpc::ClientContext context;
  if (!connection.Prepare(context, false).ok()) return true;
  v1::Migration migration;
  const grpc::Status status =
      connection.stub().GetMigration(&context, WithId<v1::GetMigrationRequest>(id), &migration);
  return !status.ok() || WaitsForPerson(migration.status());
}

// Shows events as they happen until the migration has ended or a person has to act. Reconnects are
// the caller's affair.
grpc::Status ShowEvents(EngineConnection& connection, const Options& options, const std::string& id,
                        int64_t& last_sequence) {
  grpc::ClientContext context;
  if (grpc::Status ready = connection.Prepare(context, true); !ready.ok()) return ready;
  v1::WatchMigrationRequest request;
  request.set_id(id);
  request.set_after_sequence(last_sequence);
  const auto reader = connection.stub().WatchMigration(&context, request);
  Terminal terminal(STDERR_FILENO);
  v1::MigrationEvent event;
  while (reader->Read(&event)) {
    last_sequence = event.sequence();
    if (options.json) {
      fmt::print("{}\n", MessageJson(event));
      std::fflush(stdout);
    } else {
      terminal.Progress(event.progress(), event.step(), event.message());
    }
    if (WaitsForPerson(event.status()) && NeedsPerson(connection, id)) {
      context.TryCancel();
    }
  }
  terminal.EndProgress();
  const grpc::Status status = reader->Finish();
  return status.error_code() == grpc::StatusCode::CANCELLED ? grpc::Status::OK : status;
}

// An engine that is restarted takes the migration up again: watching goes on with it.
grpc::Status WatchToTheEnd(EngineConnection& connection, const Options& options,
                           const std::string& id) {
  constexpr int kAttempts = 30;
  constexpr unsigned kPauseSeconds = 1;
  int64_t last_sequence = 0;
  grpc::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const int64_t before = last_sequence;
    status = ShowEvents(connection, options, id, last_sequence);
    // An engine ends a watch whose token is long over; the next one has a new token.
    const bool goes_on = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                         status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
    if (!goes_on || last_sequence == 0) return status;
    if (last_sequence > before) attempt = 0;
    sleep(kPauseSeconds);
  }
  return status;
}

int Watch(const Options& options, const std::string& id) {
  EngineConnection connection(options.engine);
  const grpc::Status watched = WatchToTheEnd(connection, options, id);
  if (!watched.ok()) return connection.Report(watched);
  grpc::ClientContext context;
  if (const grpc::Status ready = connection.Prepare(context, false); !ready.ok()) {
    return connection.Report(ready);
  }
  v1::Migration migration;
  const grpc::Status status =
      connection.stub().GetMigration(&context, WithId<v1::GetMigrationRequest>(id), &migration);
  if (!status.ok()) return connection.Report(status);
  PrintMigration(migration, options.json);
  return ExitCodeOf(migration);
}

int Migrate(const Options& options) {
  EngineConnection connection(options.engine);
  grpc::ClientContext context;
  if (const grpc::Status ready = connection.Prepare(context, false); !ready.ok()) {
    return connection.Report(ready);
  }
  v1::Migration migration;
  const grpc::Status status =
      connection.stub().CreateMigration(&context, RequestOf(*options.create), &migration);
  if (!status.ok()) return connection.Report(status);
  if (options.detach) return PrintMigration(migration, options.json);
  return Watch(options, migration.id());
}

int List(const Options& options) {
  EngineConnection connection(options.engine);
  grpc::ClientContext context;
  if (const grpc::Status ready = connection.Prepare(context, false); !ready.ok()) {
    return connection.Report(ready);
  }
  v1::ListMigrationsResponse response;
  const grpc::Status status = connection.stub().ListMigrations(&context, options.list, &response);
  if (!status.ok()) return connection.Report(status);
  PrintMessage(response, RenderMigrationList(response, Terminal(STDOUT_FILENO)), options.json);
  return kSuccess;
}

// Writes to a file beside `path` and renames it, so that a broken download leaves nothing under the
// name.
int Download(const Options& options) {
  EngineConnection connection(options.engine);
  grpc::ClientContext context;
  if (const grpc::Status ready = connection.Prepare(context, true); !ready.ok()) {
    return connection.Report(ready);
  }
  v1::DownloadProjectRequest request;
  request.set_migration_id(options.id);
  const std::string path = options.out.empty() ? options.id + ".zip" : options.out;
  const std::string partial = path + ".partial";
  std::ofstream file(partial, std::ios::binary);
  if (!file) {
    fmt::print(stderr, "datamigrate: cannot write {}\n", partial);
    return kFailed;
  }
  const auto reader = connection.stub().DownloadProject(&context, request);
  v1::FileChunk chunk;
  while (reader->Read(&chunk)) file << chunk.content();
  const grpc::Status status = reader->Finish();
  file.close();
  std::error_code error;
  if (status.ok() && file) std::filesystem::rename(partial, path, error);
  if (!status.ok() || !file || error) {
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    if (!status.ok()) return connection.Report(status);
    fmt::print(stderr, "datamigrate: writing {} failed; is the disk full?\n", path);
    return kFailed;
  }
  fmt::print("{}\n", path);
  return kSuccess;
}

int ShowLimit(const Options& options) {
  EngineConnection connection(options.engine);
  grpc::ClientContext context;
  grpc::Status status = connection.Prepare(context, false);
  v1::MigrationLimit limit;
  if (status.ok() && options.changes_limit) {
    status = connection.stub().SetMigrationLimit(&context, options.limit, &limit);
  } else if (status.ok()) {
    status = connection.stub().GetMigrationLimit(&context, {}, &limit);
  }
  if (!status.ok()) return connection.Report(status);
  PrintMessage(limit, RenderLimit(limit, Terminal(STDOUT_FILENO)), options.json);
  return kSuccess;
}

CLI::App* AddCommand(CLI::App& app, const std::shared_ptr<Options>& options, std::string name,
                     std::string description, bool takes_id) {
  CLI::App* command = app.add_subcommand(std::move(name), std::move(description));
  AddEngineOptions(command, options->engine);
  command->add_flag("--json", options->json, "Print JSON");
  if (takes_id) command->add_option("ID", options->id, "The migration")->required();
  return command;
}

// When a migration is begun.
void AddQueueing(CLI::App* command, const std::shared_ptr<MigrationOptions>& create) {
  command->add_option_function<std::vector<std::string>>(
      "--after",
      [create](const std::vector<std::string>& ids) {
        for (const std::string& id : ids) create->request.mutable_options()->add_after(id);
      },
      "Begin when this migration has succeeded; repeatable");
  command
      ->add_option_function<std::string>(
          "--after-failure",
          [create](const std::string& choice) {
            create->request.mutable_options()->set_after_failure(kAfterFailure.at(choice));
          },
          "What to do when one of those fails or is cancelled (default: fail)")
      ->check(CLI::IsMember(kAfterFailure));
  command
      ->add_option_function<std::string>(
          "--at",
          [create](const std::string& time) {
            TimeUtil::FromString(time, create->request.mutable_options()->mutable_start_at());
          },
          "Begin at this time, as 2026-12-01T02:00:00Z, or later")
      ->check(CheckTime, "TIME");
}

void AddMigrate(CLI::App& app, const std::shared_ptr<Options>& options, int& exit_code) {
  CLI::App* command = AddCommand(app, options, "migrate", "Migrate a database and watch it", false);
  const auto create = std::make_shared<MigrationOptions>();
  AddMigrationOptions(command, create);
  command->add_option_function<std::string>(
      "--idempotency-key",
      [create](const std::string& key) { create->request.set_idempotency_key(key); },
      "The same key gives the same migration");
  AddQueueing(command, create);
  command->add_flag("--detach", options->detach, "Do not wait for the end");
  command->footer(
      "Examples:\n"
      "  datamigrate migrate --source ./scripts --target duckdb\n"
      "  datamigrate migrate --source ./scripts --detach --json\n"
      "Exit codes: 0 approved, 1 failed, 2 wrong use, 4 ended without approval, 5 no engine.");
  command->callback([options, create, &exit_code] {
    options->create = create;
    exit_code = Migrate(*options);
  });
}

}  // namespace

void AddEngineCommands(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  AddMigrate(app, options, exit_code);
  AddCommand(app, options, "watch", "Show a migration's progress until it ends", true)
      ->callback([options, &exit_code] { exit_code = Watch(*options, options->id); });
  AddCommand(app, options, "show", "Show one migration", true)->callback([options, &exit_code] {
    exit_code = CallAndPrint(*options, WithId<v1::GetMigrationRequest>(options->id),
                             &v1::MigrationService::Stub::GetMigration);
  });
  AddCommand(app, options, "pause", "Stop a migration until it is resumed", true)
      ->callback([options, &exit_code] {
        exit_code = CallAndPrint(*options, WithId<v1::PauseMigrationRequest>(options->id),
                                 &v1::MigrationService::Stub::PauseMigration);
      });
  AddCommand(app, options, "resume", "Run a paused, failed or cancelled migration on", true)
      ->callback([options, &exit_code] {
        exit_code = CallAndPrint(*options, WithId<v1::ResumeMigrationRequest>(options->id),
                                 &v1::MigrationService::Stub::ResumeMigration);
      });
  AddCommand(app, options, "cancel", "Stop a migration", true)->callback([options, &exit_code] {
    exit_code = CallAndPrint(*options, WithId<v1::CancelMigrationRequest>(options->id),
                             &v1::MigrationService::Stub::CancelMigration);
  });

  CLI::App* prioritize =
      AddCommand(app, options, "prioritize", "Begin a migration earlier or later", true);
  prioritize
      ->add_option_function<int>(
          "PRIORITY", [options](int value) { options->prioritize.set_priority(value); },
          "-10 to 10: higher ones are begun first, of equal ones the oldest")
      ->check(CLI::Range(-10, 10))
      ->required();
  prioritize->callback([options, &exit_code] {
    options->prioritize.set_id(options->id);
    exit_code = CallAndPrint(*options, options->prioritize,
                             &v1::MigrationService::Stub::SetMigrationPriority);
  });

  CLI::App* limit =
      AddCommand(app, options, "limit", "Show or choose how many migrations run at a time", false);
  CLI::Option* most = limit
                          ->add_option_function<int>(
                              "--most-running",
                              [options](int value) {
                                options->limit.set_most_running(value);
                                options->changes_limit = true;
                              },
                              "At most so many of the organization's; 0: none are begun")
                          ->check(CLI::Range(0, 100000));
  limit->add_flag("--clear", options->changes_limit, "Let the operator's limit alone hold")
      ->excludes(most);
  limit->callback([options, &exit_code] { exit_code = ShowLimit(*options); });

  CLI::App* decide = AddCommand(app, options, "decide", "Answer what a migration asks", true);
  decide
      ->add_option_function<std::string>(
          "--question", [options](const std::string& v) { options->decide.set_question_id(v); },
          "The question's id, as `show` prints it")
      ->required();
  decide
      ->add_option_function<std::string>(
          "--option", [options](const std::string& v) { options->decide.set_option_id(v); },
          "The chosen option")
      ->required();
  decide->callback([options, &exit_code] {
    options->decide.set_id(options->id);
    exit_code =
        CallAndPrint(*options, options->decide, &v1::MigrationService::Stub::DecideMigration);
  });

  CLI::App* list = AddCommand(app, options, "list", "List migrations, newest first", false);
  list->add_option_function<int>(
      "--page-size", [options](int v) { options->list.set_page_size(v); }, "1 to 200");
  list->add_option_function<std::string>(
      "--page-token", [options](const std::string& v) { options->list.set_page_token(v); },
      "next_page_token of the page before");
  const auto statuses = StatusesByName();
  list->add_option_function<std::string>(
          "--status",
          [options, statuses](const std::string& v) { options->list.set_status(statuses.at(v)); },
          "Only migrations of this status")
      ->check(CLI::IsMember(statuses));
  list->add_flag_callback(
      "--set-aside", [options] { options->list.set_set_aside(true); },
      "Only those that were given up because they stopped their engine again and again");
  list->callback([options, &exit_code] { exit_code = List(*options); });

  CLI::App* download = AddCommand(app, options, "download", "Fetch the dbt project as a zip", true);
  download->add_option("--out", options->out, "File to write (default: ID.zip)");
  download->callback([options, &exit_code] { exit_code = Download(*options); });
}

}  // namespace datamigrate::cli
