#include "gateway/engine_client/create_batcher.h"

#include <memory>
#include <string>
#include <utility>

namespace datamigrate::gateway {
namespace {

absl::StatusOr<v1::Migration> ResultOf(v1::CreateMigrationsResponse::Result& result) {
  if (result.code() == 0) return std::move(*result.mutable_migration());
  if (result.code() == static_cast<int>(absl::StatusCode::kUnauthenticated)) {
    return absl::InternalError("the engine does not accept this gateway's tokens: " +
                               result.message());
  }
  return absl::Status(static_cast<absl::StatusCode>(result.code()), result.message());
}

}  // namespace

CreateBatcher::CreateBatcher(const CreateBatcherOptions& options, Send send, Defer defer)
    : options_(options), send_(std::move(send)), defer_(std::move(defer)) {}

CreateBatcher::~CreateBatcher() {
  absl::MutexLock lock(&mutex_);
  const auto is_still = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return calls_ == 0 && finishing_ == 0 && waiting_.empty();
  };
  mutex_.Await(absl::Condition(&is_still));
}

void CreateBatcher::Submit(const CallContext& context, std::string token,
                           v1::CreateMigrationRequest request, Done done) {
  Item item;
  item.item.set_tenant(context.tenant);
  item.item.set_user(context.user);
  item.item.set_token(std::move(token));
  *item.item.mutable_request() = std::move(request);
  item.deadline = context.deadline;
  item.done = std::move(done);
  bool is_full = false;
  {
    absl::MutexLock lock(&mutex_);
    is_full = waiting_.size() >= options_.max_waiting;
    if (!is_full) waiting_.push_back(std::move(item));
  }
  if (is_full) {
    return item.done(absl::UnavailableError("too many new migrations wait for the engine"));
  }
  defer_([this] { SendWaiting(); });
}

std::optional<CreateBatcher::Batch> CreateBatcher::Take() {
  absl::MutexLock lock(&mutex_);
  if (waiting_.empty() || calls_ >= options_.max_calls) return std::nullopt;
  ++calls_;
  Batch batch;
  size_t bytes = 0;
  while (!waiting_.empty() && static_cast<int>(batch.size()) < options_.max_together) {
    bytes += waiting_.front().item.ByteSizeLong();
    if (!batch.empty() && bytes > options_.max_bytes) break;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return batch;
}

void CreateBatcher::SendWaiting() {
  while (std::optional<Batch> taken = Take()) {
    v1::CreateMigrationsRequest request;
    absl::Time deadline = absl::InfinitePast();
    for (Item& item : *taken) {
      *request.add_items() = std::move(item.item);
      deadline = std::max(deadline, item.deadline);
    }
    auto batch = std::make_shared<Batch>(*std::move(taken));
    send_(std::move(request), deadline,
          [this, batch](absl::StatusOr<v1::CreateMigrationsResponse> answer) {
            Finish(std::move(*batch), std::move(answer));
          });
  }
}

void CreateBatcher::Finish(Batch batch, absl::StatusOr<v1::CreateMigrationsResponse> answer) {
  {
    absl::MutexLock lock(&mutex_);
    --calls_;
    ++finishing_;
  }
  // The next call is on its way while these answers are handed out.
  SendWaiting();
  if (answer.ok() && answer->results_size() != static_cast<int>(batch.size())) {
    answer = absl::InternalError("the engine answered another number of new migrations");
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    batch[i].done(answer.ok() ? ResultOf(*answer->mutable_results(static_cast<int>(i)))
                              : absl::StatusOr<v1::Migration>(answer.status()));
  }
  absl::MutexLock lock(&mutex_);
  --finishing_;
}

}  // namespace datamigrate::gateway
