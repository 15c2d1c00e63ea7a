// Language models: the engine's ModelService as REST. Bodies and answers are the messages of
// proto/datamigrate/v1/models.proto as JSON; what models answer passes the organization's policy.
//
//   GET    /api/v1/models                                  200, ListDeploymentsResponse
//   GET    /api/v1/models/usage?from=&before=&migration_id=    200, GetModelUsageResponse
//   PUT    /api/v1/models/custom/{name}   RegisterCustomModelRequest; 200, CustomModel, without key
//   DELETE /api/v1/models/custom/{name}                    204
//   POST   /api/v1/models/complete        CompleteRequest; 200, CompleteResponse
//   POST   /api/v1/models/complete/stream CompleteRequest; 200, text/event-stream (answer_stream.h)
//          both with Idempotency-Key: the same key and request answer with the same answer
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_MODEL_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_MODEL_ENDPOINTS_H_

#include <vector>

#include "gateway/endpoints/stream_leases.h"
#include "gateway/engine_client/engine_client.h"
#include "gateway/engine_client/model_client.h"
#include "gateway/http/router.h"
#include "gateway/policy/answer_filter.h"
#include "gateway/policy/policy_book.h"
#include "gateway/store/audit_log.h"

namespace datamigrate::gateway {

// What the routes use; must outlive them and what they have begun.
struct ModelParts {
  ModelClient* models = nullptr;
  EngineClient* engine = nullptr;  // knows whose a migration is
  StreamLeases* leases = nullptr;  // a call of a model counts as a stream while it lasts
  AnswerRules rules = {};
  const PolicyBook* policies = nullptr;
  AuditLog* audit_log = nullptr;  // null where none is kept
};

void AddModelRoutes(const ModelParts& parts, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_MODEL_ENDPOINTS_H_
