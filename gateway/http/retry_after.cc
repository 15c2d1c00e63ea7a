#include "gateway/http/retry_after.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/cord.h"

namespace datamigrate::gateway {
namespace {

constexpr char kPayload[] = "datamigrate/retry-after";

}  // namespace

absl::Status RetryAfter(std::string_view message, absl::Duration wait) {
  absl::Status status = absl::ResourceExhaustedError(std::string(message));
  const int64_t seconds =
      std::max<int64_t>(1, absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1))));
  status.SetPayload(kPayload, absl::Cord(std::to_string(seconds)));
  return status;
}

std::optional<absl::Duration> WaitOf(const absl::Status& status) {
  const absl::optional<absl::Cord> seconds = status.GetPayload(kPayload);
  if (!seconds.has_value()) return std::nullopt;
  return absl::Seconds(std::stoll(std::string(*seconds)));
}

}  // namespace datamigrate::gateway
