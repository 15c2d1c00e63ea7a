// What has to hold for models and routes, wherever they come from: the file, gRPC, the database.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_ROUTES_CHECK_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_ROUTES_CHECK_H_

#include "absl/status/status.h"
#include "agent_engine/routing/routes.h"

namespace datamigrate::routing {

// The model by itself. Errors: kInvalidArgument, with what to write instead.
absl::Status CheckModel(const Model& model);

// What models say of each other, and the rules.
absl::Status CheckRoutes(const Routes& routes);

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_ROUTES_CHECK_H_
