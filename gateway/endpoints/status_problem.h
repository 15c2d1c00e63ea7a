// Failed operations as HTTP answers: one table.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_STATUS_PROBLEM_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_STATUS_PROBLEM_H_

#include "absl/status/status.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {

// The HTTP status for `code`, which is not kOk.
int HttpStatusOf(absl::StatusCode code);

// A problem document for a failed operation. What the client caused is told in the operation's own
// words; what it did not cause goes to the log with the request's id, and the client learns the id.
Response ProblemOf(const Request& request, const absl::Status& status);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_STATUS_PROBLEM_H_
