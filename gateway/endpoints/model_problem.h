// Calls of models that gave no answer, as HTTP answers.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_MODEL_PROBLEM_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_MODEL_PROBLEM_H_

#include "absl/status/status.h"
#include "gateway/http/message.h"
#include "gateway/policy/answer_filter.h"

namespace datamigrate::gateway {

// By the cause that the engine gave, in its own words; without one as ProblemOf.
Response ModelProblem(const Request& request, const absl::Status& status);

// 502 for an answer that the policy blocks: names the rules, never the text.
Response HeldBack(const Request& request, const AnswerVerdict& verdict);

// 503 for an answer that the audit log did not take.
Response AnswerUnrecorded(const Request& request);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_MODEL_PROBLEM_H_
