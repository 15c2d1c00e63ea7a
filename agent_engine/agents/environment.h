// Where the agents work and what they may use.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace datamigrate::agents {

struct Environment {
  std::filesystem::path home;  // Migrations live in home/migrations/<id>.
  std::string dbt_path;        // The dbt program; empty when there is none.
  int threads = 2;             // For work that is done in parallel, and for dbt.
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
