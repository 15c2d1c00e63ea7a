#include "agent_engine/service/schedule_service.h"

namespace datamigrate::service {

grpc::ServerUnaryReactor* ScheduleServiceImpl::CreateSchedule(
    grpc::CallbackServerContext* context, const v1::CreateScheduleRequest* request,
    v1::Schedule* response) {
  return AnswerOnce(parts_, {Right::kWrite, "createSchedule"}, schedules_, &Schedules::Create,
                    context, request, response);
}

grpc::ServerUnaryReactor* ScheduleServiceImpl::ListSchedules(
    grpc::CallbackServerContext* context, const v1::ListSchedulesRequest* request,
    v1::ListSchedulesResponse* response) {
  return AnswerOnce(parts_, {Right::kRead}, schedules_, &Schedules::List, context, request,
                    response);
}

grpc::ServerUnaryReactor* ScheduleServiceImpl::DeleteSchedule(
    grpc::CallbackServerContext* context, const v1::DeleteScheduleRequest* request,
    v1::DeleteScheduleResponse* response) {
  return AnswerOnce(parts_, {Right::kWrite, "deleteSchedule"}, schedules_, &Schedules::Remove,
                    context, request, response);
}

}  // namespace datamigrate::service
