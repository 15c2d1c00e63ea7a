// What ScheduleService's calls do, without gRPC.
#pragma once

#include "absl/status/statusor.h"
#include "agent_engine/service/caller.h"
#include "agent_engine/service/migration_service.h"
#include "agent_engine/store/schedule_store.h"
#include "datamigrate/v1/schedules.pb.h"

namespace datamigrate::service {

// Thread-safe.
class Schedules {
 public:
  // Both must outlive this.
  Schedules(store::ScheduleStore* schedules, const Migrations* migrations)
      : schedules_(schedules), migrations_(migrations) {}

  absl::StatusOr<v1::Schedule> Create(const Caller& caller,
                                      const v1::CreateScheduleRequest& request);
  absl::StatusOr<v1::ListSchedulesResponse> List(const Caller& caller,
                                                 const v1::ListSchedulesRequest& request);
  absl::StatusOr<v1::DeleteScheduleResponse> Remove(const Caller& caller,
                                                    const v1::DeleteScheduleRequest& request);

 private:
  store::ScheduleStore* const schedules_;
  const Migrations* const migrations_;
};

}  // namespace datamigrate::service
