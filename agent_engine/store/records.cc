#include "agent_engine/store/records.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace datamigrate::store {
namespace {

constexpr auto kNames = std::to_array<std::pair<MigrationStatus, std::string_view>>({
    {MigrationStatus::kPending, "pending"},
    {MigrationStatus::kRunning, "running"},
    {MigrationStatus::kAwaitingDecision, "awaiting_decision"},
    {MigrationStatus::kPaused, "paused"},
    {MigrationStatus::kCompleted, "completed"},
    {MigrationStatus::kFailed, "failed"},
    {MigrationStatus::kCancelled, "cancelled"},
});

}  // namespace

std::string_view ToString(MigrationStatus status) {
  return kNames[static_cast<std::size_t>(status)].second;
}

absl::StatusOr<MigrationStatus> ParseMigrationStatus(std::string_view text) {
  for (const auto& [status, name] : kNames) {
    if (name == text) return status;
  }
  return absl::InvalidArgumentError(fmt::format("\"{}\" is not a migration status", text));
}

bool IsFinished(MigrationStatus status) {
  return status == MigrationStatus::kCompleted || status == MigrationStatus::kFailed ||
         status == MigrationStatus::kCancelled;
}

}  // namespace datamigrate::store
