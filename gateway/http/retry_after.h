// Failures that time heals: a status that says after how long to come back, answered as 429.
#ifndef DATAMIGRATE_GATEWAY_HTTP_RETRY_AFTER_H_
#define DATAMIGRATE_GATEWAY_HTTP_RETRY_AFTER_H_

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace datamigrate::gateway {

// kResourceExhausted with `message`, and the wait, rounded up to whole seconds, of at least one.
absl::Status RetryAfter(std::string_view message, absl::Duration wait);

// The wait of a status that RetryAfter made; nothing for any other.
std::optional<absl::Duration> WaitOf(const absl::Status& status);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_RETRY_AFTER_H_
