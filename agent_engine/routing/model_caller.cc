#include "agent_engine/routing/model_caller.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/cord.h"
#include "common/text/text.h"

namespace datamigrate::routing {
namespace {

constexpr std::string_view kCausePayload = "datamigrate.routing/cause";

struct CauseRow {
  std::string_view name;
  absl::StatusCode code;
};
// In the order of FailureCause.
constexpr std::array<CauseRow, 12> kCauses = {{
    {"bad_request", absl::StatusCode::kInvalidArgument},
    {"unknown_model", absl::StatusCode::kNotFound},
    {"not_configured", absl::StatusCode::kFailedPrecondition},
    {"local_only", absl::StatusCode::kFailedPrecondition},
    {"too_large", absl::StatusCode::kInvalidArgument},
    {"budget_spent", absl::StatusCode::kResourceExhausted},
    {"all_failed", absl::StatusCode::kUnavailable},
    {"answer_not_in_schema", absl::StatusCode::kDataLoss},
    {"timeout", absl::StatusCode::kDeadlineExceeded},
    {"stopped", absl::StatusCode::kCancelled},
    {"key_reused", absl::StatusCode::kAlreadyExists},
    {"records", absl::StatusCode::kUnavailable},
}};

}  // namespace

std::string_view NameOf(FailureCause cause) {
  return kCauses[static_cast<size_t>(cause)].name;
}

std::optional<FailureCause> CauseOf(const absl::Status& status) {
  const auto payload = status.GetPayload(text::ToAbsl(kCausePayload));
  if (!payload.has_value()) return std::nullopt;
  const std::string name(*payload);
  const auto* row = std::find_if(kCauses.begin(), kCauses.end(),
                                 [&](const CauseRow& each) { return each.name == name; });
  if (row == kCauses.end()) return std::nullopt;
  return static_cast<FailureCause>(row - kCauses.begin());
}

absl::Status Failure(FailureCause cause, std::string_view message) {
  absl::Status status(kCauses[static_cast<size_t>(cause)].code, text::ToAbsl(message));
  status.SetPayload(text::ToAbsl(kCausePayload), absl::Cord(text::ToAbsl(NameOf(cause))));
  return status;
}

}  // namespace datamigrate::routing
