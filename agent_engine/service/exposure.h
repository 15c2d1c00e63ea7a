// Whether an engine may be reached by others than this machine.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace datamigrate::service {

// `listen`: an address as gRPC takes it. `is_caller_proved`: callers show a token or a certificate.
// Errors: kFailedPrecondition, with what to do, for an address beyond this machine where nothing proves who calls: whoever
// reaches such an engine is any organization they like.
absl::Status CheckExposure(std::string_view listen, bool is_caller_proved);

}  // namespace datamigrate::service
