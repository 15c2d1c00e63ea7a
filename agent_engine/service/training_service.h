// TrainingService over Training: reactors here, work on a pool of threads.
#pragma once

#include "agent_engine/service/training.h"
#include "agent_engine/service/unary_call.h"
#include "datamigrate/v1/training.grpc.pb.h"

namespace datamigrate::service {

class TrainingServiceImpl final : public v1::TrainingService::CallbackService {
 public:
  // All must outlive the service.
  TrainingServiceImpl(Training* training, const CallParts& parts)
      : training_(training), parts_(parts) {}

  grpc::ServerUnaryReactor* ListExamples(grpc::CallbackServerContext* context,
                                         const v1::ListExamplesRequest* request,
                                         v1::ListExamplesResponse* response) override {
    return AnswerOnce(parts_, {Right::kRead}, training_, &Training::List, context, request,
                      response);
  }

 private:
  Training* const training_;
  const CallParts parts_;
};

}  // namespace datamigrate::service
