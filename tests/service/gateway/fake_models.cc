#include "tests/service/gateway/fake_models.h"

#include <chrono>

namespace datamigrate::testing {
namespace {

std::string TenantOf(const grpc::ServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("x-datamigrate-tenant");
  return found == metadata.end() ? "" : std::string(found->second.data(), found->second.size());
}

}  // namespace

void FakeModels::Answer(std::vector<std::string> pieces, size_t restart_before) {
  std::lock_guard lock(mutex_);
  pieces_ = std::move(pieces);
  restart_before_ = restart_before;
  status_ = grpc::Status::OK;
}

void FakeModels::Fail(grpc::Status status, std::string cause) {
  std::lock_guard lock(mutex_);
  status_ = std::move(status);
  cause_ = std::move(cause);
}

void FakeModels::Hang() {
  std::lock_guard lock(mutex_);
  hangs_ = true;
}

void FakeModels::AwaitHanging() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return hanging_ > 0; });
}

v1::CompleteRequest FakeModels::last_request() const {
  std::lock_guard lock(mutex_);
  return last_request_;
}

std::string FakeModels::key_of(const std::string& tenant, const std::string& model) const {
  std::lock_guard lock(mutex_);
  const auto found = models_.find({tenant, model});
  return found == models_.end() ? "" : found->second.key();
}

void FakeModels::AddToolCall(const std::string& arguments) {
  std::lock_guard lock(mutex_);
  tool_arguments_ = arguments;
}

grpc::Status FakeModels::Begin(grpc::ServerContext* context, const v1::CompleteRequest& request) {
  std::unique_lock lock(mutex_);
  last_request_ = request;
  if (hangs_) {
    ++hanging_;
    changed_.notify_all();
    // Cancellation is noticed when the wait is over.
    while (!context->IsCancelled()) changed_.wait_for(lock, std::chrono::milliseconds(20));
    --hanging_;
    return grpc::Status::CANCELLED;
  }
  if (!status_.ok() && !cause_.empty()) context->AddTrailingMetadata("x-datamigrate-cause", cause_);
  return status_;
}

v1::CompleteResponse FakeModels::Whole() const {
  std::lock_guard lock(mutex_);
  v1::CompleteResponse answer;
  for (size_t i = restart_before_; i < pieces_.size(); ++i) {
    answer.set_text(answer.text() + pieces_[i]);
  }
  answer.set_model("fake");
  if (tool_arguments_.empty()) return answer;
  v1::ModelToolCall* call = answer.add_tool_calls();
  call->set_id("1");
  call->set_name("send");
  call->set_arguments(tool_arguments_);
  return answer;
}

grpc::Status FakeModels::Complete(grpc::ServerContext* context, const v1::CompleteRequest* request,
                                  v1::CompleteResponse* answer) {
  grpc::Status status = Begin(context, *request);
  if (status.ok()) *answer = Whole();
  return status;
}

grpc::Status FakeModels::StreamComplete(grpc::ServerContext* context,
                                        const v1::CompleteRequest* request,
                                        grpc::ServerWriter<v1::StreamCompleteResponse>* writer) {
  grpc::Status status = Begin(context, *request);
  std::vector<std::string> pieces;
  size_t restart_before = 0;
  {
    std::lock_guard lock(mutex_);
    pieces = pieces_;
    restart_before = restart_before_;
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    v1::StreamCompleteResponse message;
    if (i > 0 && i == restart_before) {
      message.set_restart("another");
      if (!writer->Write(message)) return grpc::Status::CANCELLED;
    }
    message.set_text(pieces[i]);
    if (!writer->Write(message)) return grpc::Status::CANCELLED;
  }
  if (!status.ok()) return status;
  v1::StreamCompleteResponse last;
  *last.mutable_answer() = Whole();
  writer->Write(last);
  return status;
}

grpc::Status FakeModels::ListDeployments(grpc::ServerContext* context,
                                         const v1::ListDeploymentsRequest* /*request*/,
                                         v1::ListDeploymentsResponse* answer) {
  std::lock_guard lock(mutex_);
  answer->add_tiers()->set_name("simple");
  for (const auto& [name, kept] : models_) {
    if (name.first != TenantOf(*context)) continue;
    v1::ModelDeployment* deployment = answer->add_deployments();
    deployment->set_model(name.second);
    deployment->set_url(kept.model().url());
    deployment->set_has_key(!kept.key().empty());
    deployment->set_is_custom(true);
  }
  return grpc::Status::OK;
}

grpc::Status FakeModels::RegisterCustomModel(grpc::ServerContext* context,
                                             const v1::RegisterCustomModelRequest* request,
                                             v1::CustomModel* answer) {
  std::lock_guard lock(mutex_);
  models_[{TenantOf(*context), request->model().name()}] = *request;
  *answer = request->model();
  answer->set_has_key(!request->key().empty());
  return grpc::Status::OK;
}

grpc::Status FakeModels::RemoveCustomModel(grpc::ServerContext* context,
                                           const v1::RemoveCustomModelRequest* request,
                                           v1::RemoveCustomModelResponse* /*answer*/) {
  std::lock_guard lock(mutex_);
  if (models_.erase({TenantOf(*context), request->name()}) > 0) return grpc::Status::OK;
  return grpc::Status(grpc::StatusCode::NOT_FOUND, "the organization has registered no such model");
}

grpc::Status FakeModels::GetModelUsage(grpc::ServerContext* context,
                                       const v1::GetModelUsageRequest* request,
                                       v1::GetModelUsageResponse* answer) {
  v1::ModelUsageRow* row = answer->add_rows();
  row->set_day("2026-11-22");
  row->set_agent(TenantOf(*context));
  row->set_calls(request->has_from() ? request->from().seconds() : 0);
  return grpc::Status::OK;
}

}  // namespace datamigrate::testing
