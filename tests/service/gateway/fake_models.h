// A ModelService in this process, which answers as the test tells it.
#ifndef DATAMIGRATE_TESTS_SERVICE_GATEWAY_FAKE_MODELS_H_
#define DATAMIGRATE_TESTS_SERVICE_GATEWAY_FAKE_MODELS_H_

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "datamigrate/v1/models.grpc.pb.h"

namespace datamigrate::testing {

// Keeps models by tenant. Thread safe.
class FakeModels : public v1::ModelService::Service {
 public:
  // From now on calls are answered with the pieces' text; with `restart_before` > 0 a stream begins
  // anew before that piece.
  void Answer(std::vector<std::string> pieces, size_t restart_before = 0);
  // From now on calls end with this. A stream has told its pieces by then.
  void Fail(grpc::Status status, std::string cause);
  // From now on calls wait until they are cancelled.
  void Hang();
  // Waits until a call hangs.
  void AwaitHanging();

  v1::CompleteRequest last_request() const;
  std::string key_of(const std::string& tenant, const std::string& model) const;
  void AddToolCall(const std::string& arguments);

  grpc::Status Complete(grpc::ServerContext* context, const v1::CompleteRequest* request,
                        v1::CompleteResponse* answer) override;
  grpc::Status StreamComplete(grpc::ServerContext* context, const v1::CompleteRequest* request,
                              grpc::ServerWriter<v1::StreamCompleteResponse>* writer) override;
  grpc::Status ListDeployments(grpc::ServerContext* context,
                               const v1::ListDeploymentsRequest* request,
                               v1::ListDeploymentsResponse* answer) override;
  grpc::Status RegisterCustomModel(grpc::ServerContext* context,
                                   const v1::RegisterCustomModelRequest* request,
                                   v1::CustomModel* answer) override;
  grpc::Status RemoveCustomModel(grpc::ServerContext* context,
                                 const v1::RemoveCustomModelRequest* request,
                                 v1::RemoveCustomModelResponse* answer) override;
  grpc::Status GetModelUsage(grpc::ServerContext* context, const v1::GetModelUsageRequest* request,
                             v1::GetModelUsageResponse* answer) override;

 private:
  using Name = std::pair<std::string, std::string>;  // tenant and model

  // Notes the request; waits while it is to hang. What the call ends with.
  grpc::Status Begin(grpc::ServerContext* context, const v1::CompleteRequest& request);
  v1::CompleteResponse Whole() const;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> pieces_ = {"SELECT 1"};
  size_t restart_before_ = 0;
  std::string tool_arguments_;
  grpc::Status status_;
  std::string cause_;
  bool hangs_ = false;
  int hanging_ = 0;
  v1::CompleteRequest last_request_;
  std::map<Name, v1::RegisterCustomModelRequest> models_;
};

}  // namespace datamigrate::testing

#endif  // DATAMIGRATE_TESTS_SERVICE_GATEWAY_FAKE_MODELS_H_
