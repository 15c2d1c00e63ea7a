#include "agent_engine/agents/environment.h"

namespace datamigrate::agents {

MigrationPaths PathsOf(const Environment& environment, std::string_view migration_id) {
  MigrationPaths paths;
  paths.folder = environment.home / "migrations" / std::string(migration_id);
  paths.project = paths.folder / "project";
  paths.database = paths.folder / "warehouse.duckdb";
  paths.report = paths.folder / "report.html";
  paths.log = paths.folder / "migration.log";
  return paths;
}

}  // namespace datamigrate::agents
