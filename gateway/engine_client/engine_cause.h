// Why a model's call gave no answer, beside its status code: the engine's trailing metadata
// "x-datamigrate-cause" (models.proto) as a part of the status.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_ENGINE_CAUSE_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_ENGINE_CAUSE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace datamigrate::gateway {

// The status with the cause; as it is for an OK one and for "".
absl::Status WithCause(absl::Status status, std::string_view cause);

// "budget_spent"; "" for a failure that the engine gave no cause for, or that is not the engine's.
std::string CauseOf(const absl::Status& status);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_ENGINE_CAUSE_H_
