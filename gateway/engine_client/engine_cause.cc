#include "gateway/engine_client/engine_cause.h"

#include "absl/strings/cord.h"

namespace datamigrate::gateway {
namespace {

constexpr char kPayload[] = "datamigrate/engine-cause";

}  // namespace

absl::Status WithCause(absl::Status status, std::string_view cause) {
  if (!cause.empty()) status.SetPayload(kPayload, absl::Cord(std::string(cause)));
  return status;
}

std::string CauseOf(const absl::Status& status) {
  const absl::optional<absl::Cord> cause = status.GetPayload(kPayload);
  return cause.has_value() ? std::string(*cause) : "";
}

}  // namespace datamigrate::gateway
