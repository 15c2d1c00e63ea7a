// Migrations: the engine's MigrationService as REST. Bodies and answers are the messages of
// proto/datamigrate/v1/migration.proto as JSON.
//
//   GET  /api/v1/migrations?page_size=&page_token=&status=&target=&name=&created_from=
//           &created_before=&set_aside=&sort=            200, ListMigrationsResponse
//   POST /api/v1/migrations                 CreateMigrationRequest; 201, Migration, Location
//        with Idempotency-Key: the same key and body answer with the same migration
//   GET  /api/v1/migrations/{id}                            200, Migration
//   POST /api/v1/migrations/{id}/cancel                     200, Migration
//   POST /api/v1/migrations/{id}/pause                      200, Migration
//   POST /api/v1/migrations/{id}/resume                     200, Migration
//   PUT  /api/v1/migrations/{id}/priority   SetMigrationPriorityRequest; 200, Migration
//   GET  /api/v1/limits/migrations                          200, MigrationLimit
//   PUT  /api/v1/limits/migrations          SetMigrationLimitRequest; 200, MigrationLimit
//   POST /api/v1/migrations/{id}/decide     DecideMigrationRequest; 200, Migration
//   GET  /api/v1/migrations/{id}/plan       200, Plan
//   GET  /api/v1/migrations/{id}/explanation  200, Explanation
//   GET  /api/v1/migrations/{id}/events?after=              200, text/event-stream
//        goes on after Last-Event-ID, or `after`, or from the start; with a WebSocket's handshake,
//        101
//   GET  /api/v1/migrations/{id}/models?page_size=&page_token=  200, ListModelsResponse
//   GET  /api/v1/migrations/{id}/models/{name}              200, Model
//   GET  /api/v1/migrations/{id}/project                    200, application/zip
//   GET  /api/v1/migrations/{id}/report?format=&download=   200, text/html or JSON
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_MIGRATION_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_MIGRATION_ENDPOINTS_H_

#include <vector>

#include "gateway/endpoints/stream_leases.h"
#include "gateway/engine_client/engine_client.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {

// What the routes use; must outlive them.
struct MigrationParts {
  EngineClient* engine = nullptr;
  StreamLeases* leases = nullptr;
};

void AddMigrationRoutes(const MigrationParts& parts, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_MIGRATION_ENDPOINTS_H_
