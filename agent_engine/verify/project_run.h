// Runs a project in an embedded DuckDB, without dbt: every model is planned and evaluated, every
// test counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/data/duckdb_database.h"
#include "agent_engine/dbt/project_model.h"

namespace datamigrate::verify {

struct RelationColumn {
  std::string name;
  std::string type;  // As DuckDB writes it: "DECIMAL(9,2)".
  std::string
      expected;  // The mapped type in the same spelling; empty where the project names none.
};

struct ModelRun {
  std::string model;
  bool is_ok = false;
  bool is_skipped = false;  // Refused, or something that it reads did not run.
  std::string error;        // DuckDB's message; no values of rows.
  int64_t rows = 0;
  double seconds = 0;
  std::vector<RelationColumn> columns;
};

struct TestRun {
  std::string model;
  size_t test = 0;       // Index in the model's tests.
  bool is_ok = false;    // It ran and found nothing.
  int64_t failures = 0;  // Rows that it found.
  std::string error;     // Why it could not run.
};

struct ProjectRun {
  std::vector<ModelRun> models;  // As many as the project's, in its order.
  std::vector<TestRun> tests;
};

struct ProjectRunOptions {
  // The DuckDB file with the loaded raw tables; it is read, never written. Empty: the raw tables
  // are empty ones.
  std::filesystem::path raw_file{};
  bool runs_tests = true;
  std::chrono::milliseconds model_timeout = std::chrono::minutes(10);  // For one model or test.
  int threads = 0;                       // 0: as many as there are cores.
  std::string memory_limit{};            // "2GB"; empty: DuckDB's default.
  std::function<bool()> is_cancelled{};  // May be empty.
  // May be empty.
  std::function<void(size_t done, size_t total, const std::string& model)> on_model{};
};

// A project in an embedded DuckDB of its own. Not thread-safe.
class EmbeddedProject {
 public:
  // Opens the database with the raw tables. Borrows the project, which must outlive it. Errors:
  // kInvalidArgument for a project whose target is not DuckDB; kUnavailable when the file cannot be
  // read.
  static absl::StatusOr<std::unique_ptr<EmbeddedProject>> Open(const dbt::Project& project,
                                                               const ProjectRunOptions& options);
  virtual ~EmbeddedProject() = default;

  // Makes a view of each converted model, evaluates all of it, then counts what the tests find. A
  // model or test that fails is a result, not an error. Called once. Errors: kCancelled.
  virtual absl::StatusOr<ProjectRun> Run() = 0;

  // Where the views are after Run(), under the models' schemas and aliases.
  virtual data::Connection& connection() = 0;
};

// Opens and runs the project.
absl::StatusOr<ProjectRun> RunProject(const dbt::Project& project,
                                      const ProjectRunOptions& options);

}  // namespace datamigrate::verify
