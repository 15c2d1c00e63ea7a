#include "agent_engine/workflow/agent_records.h"

#include <array>
#include <utility>

namespace datamigrate::workflow {
namespace {

constexpr auto kKindNames = std::to_array<std::pair<MessageKind, std::string_view>>({
    {MessageKind::kTask, "task"},
    {MessageKind::kStatus, "status"},
    {MessageKind::kError, "error"},
    {MessageKind::kDataRequest, "data_request"},
});

}  // namespace

std::string_view ToString(MessageKind kind) {
  return kKindNames[static_cast<std::size_t>(kind)].second;
}

MessageKind ParseMessageKind(std::string_view text) {
  for (const auto& [kind, name] : kKindNames) {
    if (name == text) return kind;
  }
  return MessageKind::kTask;
}

}  // namespace datamigrate::workflow
