// ScheduleService over Schedules: reactors here, work on a pool of threads.
#pragma once

#include "agent_engine/service/schedules.h"
#include "agent_engine/service/unary_call.h"
#include "datamigrate/v1/schedules.grpc.pb.h"

namespace datamigrate::service {

class ScheduleServiceImpl final : public v1::ScheduleService::CallbackService {
 public:
  // All must outlive the service.
  ScheduleServiceImpl(Schedules* schedules, const CallParts& parts)
      : schedules_(schedules), parts_(parts) {}

  grpc::ServerUnaryReactor* CreateSchedule(grpc::CallbackServerContext* context,
                                           const v1::CreateScheduleRequest* request,
                                           v1::Schedule* response) override;
  grpc::ServerUnaryReactor* ListSchedules(grpc::CallbackServerContext* context,
                                          const v1::ListSchedulesRequest* request,
                                          v1::ListSchedulesResponse* response) override;
  grpc::ServerUnaryReactor* DeleteSchedule(grpc::CallbackServerContext* context,
                                           const v1::DeleteScheduleRequest* request,
                                           v1::DeleteScheduleResponse* response) override;

 private:
  Schedules* const schedules_;
  const CallParts parts_;
};

}  // namespace datamigrate::service
