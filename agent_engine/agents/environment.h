// Where the agents work and what they may use.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/rewriting/guarded_model.h"
#include "agent_engine/routing/model_caller.h"
#include "agent_engine/store/model_grades.h"

namespace datamigrate::agents {

struct Environment {
  std::filesystem::path home;              // Migrations live in home/migrations/<id>.
  std::string dbt_path;                    // The dbt program; empty when there is none.
  int threads = 2;                         // For work that is done in parallel, and for dbt.
  routing::ModelCaller* models = nullptr;  // Must outlive the graph. Null: the rules are alone.
  std::optional<rewriting::Guard> guard;   // There where `models` is.
  rewriting::GuardedEventSink on_guarded;  // Hears what passes to and from models. May be empty.
  // How models' answers were graded in the tenant's migrations of late. May be empty.
  std::function<absl::StatusOr<std::vector<store::ModelGradeSum>>(std::string_view tenant)> grades;
};

// The files of one migration.
struct MigrationPaths {
  std::filesystem::path folder;
  std::filesystem::path project;
  std::filesystem::path database;  // The DuckDB file.
  std::filesystem::path report;
  std::filesystem::path log;
};

MigrationPaths PathsOf(const Environment& environment, std::string_view migration_id);

}  // namespace datamigrate::agents
