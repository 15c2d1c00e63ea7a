#include "agent_engine/service/model_service.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "agent_engine/routing/model_caller.h"
#include "agent_engine/service/call_metadata.h"
#include "agent_engine/service/messages.h"
#include "agent_engine/service/model_messages.h"

namespace datamigrate::service {
namespace {

constexpr char kCauseKey[] = "x-datamigrate-cause";
constexpr char kBusy[] = "the engine asks as many models as it can; try again in a moment";
constexpr absl::Duration kLongestCall = absl::Minutes(30);
constexpr size_t kMostWaitingPieces = 64;

absl::Duration TimeLeft(const grpc::CallbackServerContext& context) {
  return std::min(kLongestCall, absl::FromChrono(context.deadline()) - absl::Now());
}

void AddCause(grpc::CallbackServerContext* context, const absl::Status& status) {
  if (const auto cause = routing::CauseOf(status)) {
    context->AddTrailingMetadata(kCauseKey, std::string(NameOf(*cause)));
  }
}

// One Complete call. Lives until gRPC is done with it and its thread has answered.
class CompleteReactor : public grpc::ServerUnaryReactor,
                        public std::enable_shared_from_this<CompleteReactor> {
 public:
  CompleteReactor(grpc::CallbackServerContext* context, const v1::CompleteRequest* request,
                  v1::CompleteResponse* response)
      : context_(context), request_(request), response_(response) {}

  void Start(CallerCheck* callers, CallThreads* threads, Models* models) {
    self_ = shared_from_this();
    const auto caller = callers->Check(ClaimOf(*context_), Right::kUseModels);
    if (!caller.ok()) return Finish(ToGrpc(caller.status()));
    const bool is_started =
        threads->Submit([self = shared_from_this(), models, tenant = caller->tenant] {
          self->Run(models, tenant);
        });
    if (!is_started) Finish(ToGrpc(absl::ResourceExhaustedError(kBusy)));
  }

  void OnCancel() override { stop_.request_stop(); }
  void OnDone() override { self_.reset(); }

 private:
  void Run(Models* models, const std::string& tenant) {
    const absl::Status owned = models->CheckMigration(tenant, request_->migration_id());
    if (!owned.ok()) return Finish(ToGrpc(owned));
    routing::CallContext call = CallContextOf(*request_);
    call.tenant = tenant;
    call.timeout = TimeLeft(*context_);
    call.stop = stop_.get_token();
    const auto answer = models->router().Complete(ModelRequestOf(*request_), call);
    if (answer.ok()) {
      *response_ = ToMessage(*answer);
    } else {
      AddCause(context_, answer.status());
    }
    Finish(ToGrpc(answer.status()));
  }

  grpc::CallbackServerContext* const context_;
  const v1::CompleteRequest* const request_;
  v1::CompleteResponse* const response_;
  std::stop_source stop_;
  std::shared_ptr<CompleteReactor> self_;
};

// One StreamComplete call. Its thread waits when the reader is slow.
class StreamReactor : public grpc::ServerWriteReactor<v1::StreamCompleteResponse>,
                      public std::enable_shared_from_this<StreamReactor> {
 public:
  StreamReactor(grpc::CallbackServerContext* context, const v1::CompleteRequest* request)
      : context_(context), request_(*request) {}

  void Start(CallerCheck* callers, CallThreads* threads, Models* models) {
    self_ = shared_from_this();
    const auto caller = callers->Check(ClaimOf(*context_), Right::kUseModels);
    if (!caller.ok()) return EndWith(caller.status());
    const bool is_started =
        threads->Submit([self = shared_from_this(), models, tenant = caller->tenant] {
          self->Run(models, tenant);
        });
    if (!is_started) EndWith(absl::ResourceExhaustedError(kBusy));
  }

  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      is_writing_ = false;
      if (!ok) is_gone_ = true;
    }
    WriteOrFinish();
  }

  void OnCancel() override {
    stop_.request_stop();
    {
      absl::MutexLock lock(&mutex_);
      is_gone_ = true;
    }
    WriteOrFinish();
  }

  void OnDone() override { self_.reset(); }

 private:
  void Run(Models* models, const std::string& tenant) {
    const absl::Status owned = models->CheckMigration(tenant, request_.migration_id());
    if (!owned.ok()) return EndWith(owned);
    routing::CallContext call = CallContextOf(request_);
    call.tenant = tenant;
    call.timeout = TimeLeft(*context_);
    call.stop = stop_.get_token();
    const auto answer = models->router().Stream(
        ModelRequestOf(request_), call, [this](const routing::StreamPiece& piece) {
          v1::StreamCompleteResponse message;
          if (piece.kind == routing::StreamPiece::Kind::kRestart) {
            message.set_restart(piece.model);
          } else {
            message.set_text(piece.text);
          }
          return Put(std::move(message));
        });
    if (answer.ok()) {
      v1::StreamCompleteResponse last;
      *last.mutable_answer() = ToMessage(*answer);
      Put(std::move(last));
    } else {
      AddCause(context_, answer.status());
    }
    EndWith(answer.status());
  }

  bool HasRoom() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return is_gone_ || waiting_.size() < kMostWaitingPieces;
  }

  // False when the reader has gone.
  bool Put(v1::StreamCompleteResponse message) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &StreamReactor::HasRoom));
      if (is_gone_) return false;
      waiting_.push_back(std::move(message));
    }
    WriteOrFinish();
    return true;
  }

  void EndWith(const absl::Status& status) {
    {
      absl::MutexLock lock(&mutex_);
      end_ = ToGrpc(status);
    }
    WriteOrFinish();
  }

  // Only the thread that ends the call finishes it: until then it uses the context.
  void WriteOrFinish() {
    std::optional<grpc::Status> finish;
    bool must_write = false;
    {
      absl::MutexLock lock(&mutex_);
      if (is_writing_ || is_finished_) return;
      if (!waiting_.empty() && !is_gone_) {
        current_ = std::move(waiting_.front());
        waiting_.pop_front();
        is_writing_ = must_write = true;
      } else if (end_) {
        is_finished_ = true;
        finish = *end_;
      }
    }
    if (must_write) StartWrite(&current_);
    if (finish) Finish(*finish);
  }

  grpc::CallbackServerContext* const context_;
  const v1::CompleteRequest request_;
  std::stop_source stop_;
  std::shared_ptr<StreamReactor> self_;
  v1::StreamCompleteResponse current_;  // Belongs to the write under way.

  absl::Mutex mutex_;
  std::deque<v1::StreamCompleteResponse> waiting_ ABSL_GUARDED_BY(mutex_);
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_gone_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
};

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

// The last 30 days where a request says nothing.
struct TimeRange {
  absl::Time from;
  absl::Time before;
};

template <typename Request>
TimeRange RangeOf(const Request& request) {
  const absl::Time before = request.has_before() ? TimeOf(request.before()) : absl::Now();
  return {request.has_from() ? TimeOf(request.from()) : before - absl::Hours(24 * 30), before};
}

}  // namespace

absl::Status Models::CheckMigration(std::string_view tenant, std::string_view id) {
  if (id.empty()) return absl::OkStatus();
  return migrations_->Get(tenant, id).status();
}

absl::StatusOr<v1::ListDeploymentsResponse> Models::ListDeployments(
    const Caller& caller, const v1::ListDeploymentsRequest& /*request*/) {
  const auto routes = router().routes();
  v1::ListDeploymentsResponse response;
  response.set_is_local_only(routes->local.is_local_only);
  for (size_t i = 0; i < routes->tiers.size(); ++i) {
    v1::ModelTier* tier = response.add_tiers();
    tier->set_name(std::string(NameOf(static_cast<routing::Complexity>(i))));
    tier->set_model(routes->tiers[i]);
    for (const std::string& name : routes->models.at(routes->tiers[i]).fallbacks) {
      tier->add_fallbacks(name);
    }
  }
  for (const routing::DeploymentStatus& status : router().Deployments()) {
    if (!status.tenant.empty() && status.tenant != caller.tenant) continue;
    const routing::Model* model = routes->Find(routing::Task(status.model), caller.tenant);
    if (model != nullptr) *response.add_deployments() = ToMessage(status, *model);
  }
  return response;
}

absl::StatusOr<v1::CustomModel> Models::RegisterCustomModel(
    const Caller& caller, const v1::RegisterCustomModelRequest& request) {
  auto model = routing_->Register(ModelOf(request.model(), caller.tenant, false), request.key());
  if (!model.ok()) return model.status();
  return ToMessage(*model);
}

absl::StatusOr<v1::RemoveCustomModelResponse> Models::RemoveCustomModel(
    const Caller& caller, const v1::RemoveCustomModelRequest& request) {
  if (absl::Status removed = routing_->Remove(caller.tenant, request.name()); !removed.ok()) {
    return removed;
  }
  return v1::RemoveCustomModelResponse();
}

absl::StatusOr<v1::GetModelUsageResponse> Models::GetModelUsage(
    const Caller& caller, const v1::GetModelUsageRequest& request) {
  const TimeRange range = RangeOf(request);
  const auto rows =
      routing_->ledger().Usage(caller.tenant, request.migration_id(), range.from, range.before);
  if (!rows.ok()) return rows.status();
  const auto budgets = routing_->ledger().Budgets(caller.tenant);
  if (!budgets.ok()) return budgets.status();
  v1::GetModelUsageResponse response;
  for (const store::ModelUsageRow& row : *rows) *response.add_rows() = ToMessage(row);
  for (const store::ModelBudgetRow& row : *budgets) *response.add_budgets() = ToMessage(row);
  return response;
}

absl::StatusOr<v1::GetModelReportResponse> Models::GetModelReport(
    const Caller& caller, const v1::GetModelReportRequest& request) {
  const TimeRange range = RangeOf(request);
  const auto sums =
      routing_->grades().Sums(caller.tenant, request.migration_id(), range.from, range.before);
  if (!sums.ok()) return sums.status();
  v1::GetModelReportResponse response;
  for (const store::ModelGradeSum& sum : *sums) *response.add_rows() = ToMessage(sum);
  return response;
}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* ModelServiceImpl::Answer(
    grpc::CallbackServerContext* context, Operation operation, const Request* request,
    Response* response, absl::StatusOr<Response> (Models::*method)(const Caller&, const Request&)) {
  return AnswerOnce({pool_, callers_, recorder_}, operation, models_, method, context, request,
                    response);
}

grpc::ServerUnaryReactor* ModelServiceImpl::Complete(grpc::CallbackServerContext* context,
                                                     const v1::CompleteRequest* request,
                                                     v1::CompleteResponse* response) {
  const auto reactor = std::make_shared<CompleteReactor>(context, request, response);
  reactor->Start(callers_, threads_, models_);
  return reactor.get();
}

grpc::ServerWriteReactor<v1::StreamCompleteResponse>* ModelServiceImpl::StreamComplete(
    grpc::CallbackServerContext* context, const v1::CompleteRequest* request) {
  const auto reactor = std::make_shared<StreamReactor>(context, request);
  reactor->Start(callers_, threads_, models_);
  return reactor.get();
}

grpc::ServerUnaryReactor* ModelServiceImpl::ListDeployments(
    grpc::CallbackServerContext* context, const v1::ListDeploymentsRequest* request,
    v1::ListDeploymentsResponse* response) {
  return Answer(context, {Right::kReadModels}, request, response, &Models::ListDeployments);
}

grpc::ServerUnaryReactor* ModelServiceImpl::RegisterCustomModel(
    grpc::CallbackServerContext* context, const v1::RegisterCustomModelRequest* request,
    v1::CustomModel* response) {
  return Answer(context, {Right::kWriteModels, "registerCustomModel"}, request, response,
                &Models::RegisterCustomModel);
}

grpc::ServerUnaryReactor* ModelServiceImpl::RemoveCustomModel(
    grpc::CallbackServerContext* context, const v1::RemoveCustomModelRequest* request,
    v1::RemoveCustomModelResponse* response) {
  return Answer(context, {Right::kWriteModels, "removeCustomModel"}, request, response,
                &Models::RemoveCustomModel);
}

grpc::ServerUnaryReactor* ModelServiceImpl::GetModelUsage(grpc::CallbackServerContext* context,
                                                          const v1::GetModelUsageRequest* request,
                                                          v1::GetModelUsageResponse* response) {
  return Answer(context, {Right::kReadModels}, request, response, &Models::GetModelUsage);
}

grpc::ServerUnaryReactor* ModelServiceImpl::GetModelReport(grpc::CallbackServerContext* context,
                                                           const v1::GetModelReportRequest* request,
                                                           v1::GetModelReportResponse* response) {
  return Answer(context, {Right::kReadModels}, request, response, &Models::GetModelReport);
}

}  // namespace datamigrate::service
