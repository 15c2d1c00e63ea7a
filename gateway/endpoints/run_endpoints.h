// The workflow runs behind migrations: the engine's RunService as REST. A run has its migration's
// id; values that the engine tells as JSON are JSON here, too.
//
//   GET  /api/v1/migrations/{id}/run                        200, RunHistory
//   GET  /api/v1/migrations/{id}/run/state?step=            200, {step, node, state}
//   GET  /api/v1/migrations/{id}/run/diff?from=&to=         200, {from_step, to_step, total,
//   changes} GET  /api/v1/migrations/{id}/run/graph?format=          200, image/svg+xml or
//   text/plain (Mermaid) POST /api/v1/migrations/{id}/run/fork     {step, state_patch}; 201, Run,
//   Location POST /api/v1/migrations/{id}/run/replay   {step}; 201, Run, Location
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_RUN_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_RUN_ENDPOINTS_H_

#include <vector>

#include "gateway/engine_client/run_client.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {

// `runs` must outlive the routes.
void AddRunRoutes(RunClient* runs, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_RUN_ENDPOINTS_H_
