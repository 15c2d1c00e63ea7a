#include "agent_engine/verify/project_run.h"

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "agent_engine/data/duckdb_database.h"
#include "agent_engine/data/table_loader.h"
#include "agent_engine/dbt/template.h"
#include "agent_engine/dbt/test_query.h"
#include "agent_engine/verify/watchdog.h"

namespace datamigrate::verify {
namespace {

using data::QuoteName;
using data::QuoteRelation;
using data::QuoteText;

// The attached file's name in the database that the models are made in.
constexpr std::string_view kRawDatabase = "datamigrate_raw";

std::string RelationOf(const dbt::Model& model) {
  return QuoteRelation(model.schema, model.alias);
}

class ProjectRunner : public EmbeddedProject {
 public:
  ProjectRunner(const dbt::Project& project, const ProjectRunOptions& options,
                data::Database database, data::Connection connection)
      : project_(project),
        options_(options),
        database_(std::move(database)),
        connection_(std::move(connection)),
        watchdog_(connection_, options.is_cancelled) {
    for (const dbt::Model& model : project.models) models_.emplace(model.name, &model);
    for (const dbt::SourceTable& table : project.sources) {
      sources_.emplace(table.source_name + "." + table.table_name, &table);
    }
  }

  data::Connection& connection() override { return connection_; }

  absl::StatusOr<ProjectRun> Run() override {
    size_t done = 0;
    for (const dbt::Model& model : project_.models) {
      if (IsCancelled()) return absl::CancelledError("running the models was cancelled");
      run_.models.push_back(RunModel(model));
      ++done;
      if (options_.on_model) options_.on_model(done, project_.models.size(), model.name);
    }
    if (options_.runs_tests) RunTests();
    if (IsCancelled()) return absl::CancelledError("running the tests was cancelled");
    return std::move(run_);
  }

  absl::Status PrepareRawTables() {
    if (!options_.raw_file.empty()) {
      return connection_.Execute("attach " + QuoteText(options_.raw_file.string()) + " as " +
                                 std::string(kRawDatabase) + " (read_only)");
    }
    for (const dbt::SourceTable& table : project_.sources) {
      // A table that cannot be made shows in its staging model.
      (void)data::CreateRawTable(connection_, table);
    }
    return absl::OkStatus();
  }

 private:
  bool IsCancelled() const { return options_.is_cancelled && options_.is_cancelled(); }

  dbt::TemplateScope Scope() const {
    dbt::TemplateScope scope;
    scope.ref = [this](const std::string& name) -> absl::StatusOr<std::string> {
      const auto found = models_.find(name);
      if (found == models_.end()) return absl::InvalidArgumentError("no model " + name);
      return RelationOf(*found->second);
    };
    scope.source = [this](const std::string& source,
                          const std::string& table) -> absl::StatusOr<std::string> {
      const auto found = sources_.find(source + "." + table);
      if (found == sources_.end()) return absl::InvalidArgumentError("no source " + source);
      const std::string prefix = options_.raw_file.empty() ? "" : std::string(kRawDatabase) + ".";
      return prefix + QuoteRelation(found->second->raw_schema, found->second->identifier);
    };
    scope.var = [this](const std::string& name, const std::string& otherwise) {
      for (const dbt::Variable& variable : project_.variables) {
        if (variable.name == name) return variable.default_value;
      }
      return otherwise;
    };
    return scope;
  }

  // The first model that `model` reads and that did not run; empty when all did.
  std::string MissingParent(const dbt::Model& model) const {
    for (const std::string& parent : model.depends_on) {
      if (!ready_.contains(parent)) return parent;
    }
    return "";
  }

  ModelRun RunModel(const dbt::Model& model) {
    ModelRun run;
    run.model = model.name;
    const std::string missing = MissingParent(model);
    if (model.status == dbt::ModelStatus::kRefused) {
      run.is_skipped = true;
      run.error = "not converted";
    } else if (!missing.empty()) {
      run.is_skipped = true;
      run.error = "reads " + missing + ", which does not run";
    } else {
      Evaluate(model, run);
    }
    if (run.is_ok) ready_.insert(model.name);
    return run;
  }

  void Evaluate(const dbt::Model& model, ModelRun& run) {
    const auto begin = std::chrono::steady_clock::now();
    watchdog_.Watch(options_.model_timeout);
    absl::Status status = CreateView(model);
    if (status.ok()) status = Describe(model, run);
    if (status.ok()) status = CountRows(model, run);
    const bool was_late = watchdog_.Rest();
    run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    run.is_ok = status.ok();
    if (!status.ok()) run.error = was_late ? TooLate() : std::string(status.message());
  }

  std::string TooLate() const {
    return "ran longer than " + std::to_string(options_.model_timeout.count() / 1000) + " s";
  }

  absl::Status CreateView(const dbt::Model& model) {
    const auto sql = dbt::RenderTemplate(model.sql, Scope());
    if (!sql.ok()) return sql.status();
    if (schemas_.insert(model.schema).second) {
      absl::Status status =
          connection_.Execute("create schema if not exists " + QuoteName(model.schema));
      if (!status.ok()) return status;
    }
    return connection_.Execute("create view " + RelationOf(model) + " as " + *sql);
  }

  absl::Status Describe(const dbt::Model& model, ModelRun& run) {
    auto described = connection_.Query("select column_name, column_type from (describe " +
                                       RelationOf(model) + ")");
    if (!described.ok()) return described.status();
    while (true) {
      const auto more = described->Next();
      if (!more.ok()) return more.status();
      if (!*more) break;
      for (int64_t row = 0; row < described->row_count(); ++row) {
        run.columns.push_back({*described->Text(0, row), *described->Text(1, row), ""});
      }
    }
    for (RelationColumn& column : run.columns) column.expected = ExpectedType(model, column.name);
    return absl::OkStatus();
  }

  std::string ExpectedType(const dbt::Model& model, const std::string& column) {
    for (const dbt::ModelColumn& expected : model.columns) {
      if (expected.name == column && !expected.target_type.empty()) {
        return SpelledByDuckDb(expected.target_type);
      }
    }
    return "";
  }

  // "INT" → "INTEGER", "DECIMAL(9, 2)" → "DECIMAL(9,2)". The type itself when DuckDB has none of
  // that name.
  std::string SpelledByDuckDb(const std::string& type) {
    const auto [entry, is_new] = spellings_.emplace(type, type);
    if (!is_new) return entry->second;
    auto result = connection_.Query("select typeof(cast(null as " + type + "))");
    if (!result.ok()) return type;
    const auto more = result->Next();
    if (more.ok() && *more) entry->second = result->Text(0, 0).value_or(type);
    return entry->second;
  }

  // The hash makes DuckDB evaluate every column of every row; a bare count would not.
  absl::Status CountRows(const dbt::Model& model, ModelRun& run) {
    auto result = connection_.Query("select count(*), bit_xor(hash(evaluated)) from " +
                                    RelationOf(model) + " as evaluated");
    if (!result.ok()) return result.status();
    const auto more = result->Next();
    if (!more.ok()) return more.status();
    run.rows = *more ? std::stoll(result->Text(0, 0).value_or("0")) : 0;
    return absl::OkStatus();
  }

  void RunTests() {
    for (const dbt::Model& model : project_.models) {
      for (size_t i = 0; i < model.tests.size() && !IsCancelled(); ++i) {
        run_.tests.push_back(RunTest(model, i));
      }
    }
  }

  TestRun RunTest(const dbt::Model& model, size_t index) {
    const dbt::ModelTest& test = model.tests[index];
    TestRun run{model.name, index, false, 0, ""};
    if (!ready_.contains(model.name) ||
        (!test.to_model.empty() && !ready_.contains(test.to_model))) {
      run.error = "its model does not run";
      return run;
    }
    const std::string query = dbt::FailingRowsQuery(
        test, RelationOf(model),
        [this](const std::string& name) { return RelationOf(*models_.at(name)); });
    watchdog_.Watch(options_.model_timeout);
    const auto failures =
        connection_.QueryInteger("select count(*) from (" + query + ") as failing");
    const bool was_late = watchdog_.Rest();
    if (!failures.ok()) {
      run.error = was_late ? TooLate() : std::string(failures.status().message());
      return run;
    }
    run.failures = *failures;
    run.is_ok = *failures == 0;
    return run;
  }

  const dbt::Project& project_;
  const ProjectRunOptions options_;
  data::Database database_;
  data::Connection connection_;
  Watchdog watchdog_;
  absl::flat_hash_map<std::string, const dbt::Model*> models_;
  absl::flat_hash_map<std::string, const dbt::SourceTable*> sources_;
  absl::flat_hash_set<std::string> ready_;
  absl::flat_hash_set<std::string> schemas_;
  absl::flat_hash_map<std::string, std::string> spellings_;
  ProjectRun run_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EmbeddedProject>> EmbeddedProject::Open(
    const dbt::Project& project, const ProjectRunOptions& options) {
  if (project.target != dialects::Target::kDuckDb) {
    return absl::InvalidArgumentError("only a project for DuckDB runs in the embedded DuckDB");
  }
  auto database = data::Database::Open(":memory:", {options.threads, options.memory_limit, false});
  if (!database.ok()) return database.status();
  auto connection = database->Connect();
  if (!connection.ok()) return connection.status();
  auto runner = std::make_unique<ProjectRunner>(project, options, *std::move(database),
                                                *std::move(connection));
  if (absl::Status status = runner->PrepareRawTables(); !status.ok()) return status;
  return runner;
}

absl::StatusOr<ProjectRun> RunProject(const dbt::Project& project,
                                      const ProjectRunOptions& options) {
  const auto opened = EmbeddedProject::Open(project, options);
  if (!opened.ok()) return opened.status();
  return (*opened)->Run();
}

}  // namespace datamigrate::verify
