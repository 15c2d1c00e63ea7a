// Schedules: the engine's ScheduleService as REST. Bodies and answers are the messages of
// proto/datamigrate/v1/schedules.proto as JSON.
//
//   GET    /api/v1/schedules        200, ListSchedulesResponse
//   POST   /api/v1/schedules        CreateScheduleRequest; 201, Schedule
//   DELETE /api/v1/schedules/{id}   204
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_SCHEDULE_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_SCHEDULE_ENDPOINTS_H_

#include <vector>

#include "gateway/engine_client/engine_client.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {

// `engine` must outlive the routes.
void AddScheduleRoutes(EngineClient* engine, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_SCHEDULE_ENDPOINTS_H_
