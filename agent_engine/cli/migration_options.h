// The options that say what to migrate, for every command that asks for a migration.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "datamigrate/v1/migration.pb.h"

namespace datamigrate::cli {

struct MigrationOptions {
  v1::CreateMigrationRequest request = {};
  std::vector<std::string> variables = {};  // NAME=VALUE
  std::string results = {};
};

// Adds --source, --target, --name, --priority and how models are compared and rewritten.
void AddMigrationOptions(CLI::App* command, const std::shared_ptr<MigrationOptions>& options);

// The request, its paths as the engine sees them.
v1::CreateMigrationRequest RequestOf(const MigrationOptions& options);

// What CLI11 asks of a validator: what is wrong with a time such as 2026-12-01T02:00:00Z, or
// nothing.
std::string CheckTime(const std::string& text);

}  // namespace datamigrate::cli
