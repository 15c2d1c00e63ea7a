// The warehouses that DataMigrate writes for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace datamigrate::dialects {

enum class Target : uint8_t {
  kDuckDb,
  kPostgres,
  kSnowflake,
  kDatabricks,
  kBigQuery,
  kRedshift,
  kFabric,
};

inline constexpr auto kTargets = std::to_array<Target>(
    {Target::kDuckDb, Target::kPostgres, Target::kSnowflake, Target::kDatabricks, Target::kBigQuery,
     Target::kRedshift, Target::kFabric});

// "duckdb", "postgres", ...: the name that commands and the API use.
std::string_view TargetName(Target target);
// The target of that name; empty for another name. Names are lower case.
std::optional<Target> ParseTarget(std::string_view name);

}  // namespace datamigrate::dialects
