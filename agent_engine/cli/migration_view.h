// Migrations as people read them.
#pragma once

#include <string>
#include <string_view>

#include "agent_engine/cli/terminal.h"
#include "datamigrate/v1/migration.pb.h"

namespace datamigrate::cli {

// "queued", "running", ...
std::string StatusName(v1::MigrationStatus status);
// Whether the migration will not change by itself any more.
bool HasEnded(v1::MigrationStatus status);
// Whether it stands still until a person answers or resumes it.
bool WaitsForPerson(v1::MigrationStatus status);
// What of a long text a table shows: its beginning and its size.
std::string Shortened(std::string_view text);
// A message as JSON on one line, with the field names of the contract.
std::string MessageJson(const google::protobuf::Message& message);

// Objects, models, tests, score, rows, and where everything is.
std::string RenderMigration(const v1::Migration& migration, const Terminal& terminal);
std::string RenderLimit(const v1::MigrationLimit& limit, const Terminal& terminal);
std::string RenderMigrationList(const v1::ListMigrationsResponse& response,
                                const Terminal& terminal);

}  // namespace datamigrate::cli
