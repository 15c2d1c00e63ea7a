// Whether a request can be sent at all.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_REQUEST_CHECK_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_REQUEST_CHECK_H_

#include "absl/status/status.h"
#include "agent_engine/routing/model_call.h"

namespace datamigrate::routing {

// Errors: FailureCause::kBadRequest, with what is wrong and where; no text of the request.
absl::Status CheckRequest(const ModelRequest& request, const CallContext& context);

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_REQUEST_CHECK_H_
