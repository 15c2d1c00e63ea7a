#include <atomic>

#include "agent_engine/agents/agent_context.h"
#include "agent_engine/agents/migration_agents.h"
#include "agent_engine/data/table_loader.h"
#include "agent_engine/workflow/parallel_for.h"
#include "common/errors/error_context.h"
#include "fmt/format.h"

namespace datamigrate::agents {
namespace {

// What the threads of one load share.
struct Load {
  const Environment& environment;
  workflow::NodeContext& context;
  const data::Database& database;
  data::RowSource& source;
  size_t tables = 0;
  std::atomic<size_t> done = 0;
  std::atomic<int64_t> rows = 0;
};

absl::Status LoadTable(Load& load, const dbt::SourceTable& table) {
  auto connection = load.database.Connect();
  if (!connection.ok()) return connection.status();
  data::LoadOptions options;
  options.is_cancelled = [token = load.context.token()] { return token.IsCancelled(); };
  absl::Status status = data::CreateRawTable(*connection, table);
  if (!status.ok()) return status;
  const auto loaded = data::LoadTable(*connection, table, load.source, options);
  // Scripts may define a table without giving it rows.
  if (!loaded.ok() && !absl::IsNotFound(loaded.status())) return loaded.status();
  const int64_t rows = loaded.ok() ? loaded->rows : 0;
  load.rows += rows;
  const std::string line = fmt::format("{}: {} rows", table.object.ToString(), rows);
  Log(load.environment, load.context, line);
  Report(load.context, ++load.done, load.tables, line);
  return absl::OkStatus();
}

absl::Status LoadOne(Load& load, const dbt::SourceTable& table) {
  return errors::WithContext(LoadTable(load, table),
                             {.operation = "load rows", .object = table.object.ToString()});
}

}  // namespace

AgentResult LoadData(const Environment& environment, v1::MigrationState& state,
                     workflow::NodeContext& context) {
  const absl::StatusOr<dbt::Project> project = ProjectOf(environment, state);
  if (!project.ok()) return project.status();
  auto source = OpenScripts(state);
  if (!source.ok()) return source.status();
  auto database = data::Database::Open(PathsOf(environment, context.run_id()).database.string());
  if (!database.ok()) return database.status();

  Load load{environment, context, *database, (*source)->rows(), project->sources.size(), 0, 0};
  const absl::Status status = workflow::ParallelForIndex(
      project->sources.size(), static_cast<size_t>(environment.threads), context.token(),
      [&](size_t index) { return LoadOne(load, project->sources[index]); });
  if (!status.ok()) return status;

  v1::DeploymentResult* deployment = state.mutable_deployment_result();
  deployment->set_target(state.target_warehouse());
  deployment->set_database_path(PathsOf(environment, context.run_id()).database.string());
  deployment->set_tables_loaded(static_cast<int32_t>(project->sources.size()));
  deployment->set_rows_loaded(load.rows);
  Report(context, 1, 1,
         fmt::format("{} rows in {} tables", load.rows.load(), project->sources.size()));
  return workflow::Effects{};
}

}  // namespace datamigrate::agents
