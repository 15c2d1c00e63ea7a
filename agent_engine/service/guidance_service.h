// GuidanceService over Guidance: reactors here, each call on a thread of its own while it waits.
#pragma once

#include "agent_engine/service/guidance.h"
#include "agent_engine/service/unary_call.h"
#include "datamigrate/v1/guidance.grpc.pb.h"

namespace datamigrate::service {

class GuidanceServiceImpl final : public v1::GuidanceService::CallbackService {
 public:
  // All must outlive the service.
  GuidanceServiceImpl(Guidance* guidance, const CallParts& parts)
      : guidance_(guidance), parts_(parts) {}

  grpc::ServerUnaryReactor* ExplainMigration(grpc::CallbackServerContext* context,
                                             const v1::ExplainMigrationRequest* request,
                                             v1::Explanation* response) override {
    const bool asks = !request->question().empty();
    const Operation operation{asks ? Right::kUseModels : Right::kRead, asks ? "askAboutMigration" : ""};
    return AnswerOnce(parts_, operation, guidance_, &Guidance::Explain, context, request, response);
  }

 private:
  Guidance* const guidance_;
  const CallParts parts_;
};

}  // namespace datamigrate::service
