#include "agent_engine/routing/router.h"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent_engine/routing/answer_cache.h"
#include "agent_engine/routing/call_run.h"
#include "agent_engine/routing/clock.h"
#include "agent_engine/routing/key_source.h"
#include "agent_engine/routing/token_count.h"
#include "common/crypto/digest.h"
#include "common/text/text.h"

namespace datamigrate::routing {
namespace {

constexpr absl::Duration kKeysKept = absl::Hours(24 * 30);
constexpr absl::Duration kLookAgain = absl::Milliseconds(20);

std::function<double()> OwnRandom() {
  return [] {
    thread_local std::mt19937_64 generator(std::random_device{}());
    return std::uniform_real_distribution<double>(0, 1)(generator);
  };
}

RouterParts WithRandom(RouterParts parts) {
  if (!parts.random) parts.random = OwnRandom();
  return parts;
}

std::shared_ptr<const RouteTable> TableOf(Routes routes) {
  auto local = net::AddressRule::Make(routes.local.hosts, routes.local.networks);
  // Routes are checked when they are made.
  return std::make_shared<const RouteTable>(
      RouteTable{std::move(routes), std::make_shared<const net::AddressRule>(*std::move(local))});
}

// The first model of the task's chain that could be asked; null for none.
const Model* FirstOpen(const RouteTable& table, KeySource& keys, const Task& task) {
  const Model* first = table.routes.Find(task, "");
  if (first == nullptr) return nullptr;
  const auto is_open = [&](const Model& model) {
    return std::ranges::any_of(model.deployments, [&](const Deployment& deployment) {
      return table.Closed(deployment, keys).empty();
    });
  };
  if (is_open(*first)) return first;
  for (const std::string& name : first->fallbacks) {
    const auto found = table.routes.models.find(name);
    if (found != table.routes.models.end() && is_open(found->second)) return &found->second;
  }
  return nullptr;
}

}  // namespace

class Router::Impl {
 public:
  Impl(Routes routes, const RouterParts& parts)
      : parts_(WithRandom(parts)), table_(TableOf(std::move(routes))) {}

  absl::StatusOr<ModelAnswer> Call(const ModelRequest& request, const CallContext& context,
                                   const PieceSink* sink) {
    if (context.idempotency_key.empty()) return CallOnce(request, context, sink);
    const std::string key =
        text::Cat(context.tenant.size(), ":", context.tenant, context.idempotency_key);
    if (!Enter(key, context)) {
      return Failure(FailureCause::kStopped, "the call was ended while another with its key ran");
    }
    auto answer = CallByKey(request, context, sink);
    Leave(key);
    return answer;
  }

  std::shared_ptr<const RouteTable> table() const {
    absl::MutexLock lock(&mutex_);
    return table_;
  }

  void SetTable(Routes routes) {
    auto table = TableOf(std::move(routes));
    absl::MutexLock lock(&mutex_);
    table_.swap(table);
  }

  const RouterParts& parts() const { return parts_; }
  const DeploymentStates& states() const { return states_; }

 private:
  absl::StatusOr<ModelAnswer> CallOnce(const ModelRequest& request, const CallContext& context,
                                       const PieceSink* sink) {
    const std::shared_ptr<const RouteTable> table = this->table();
    return CallRun(parts_, states_, *table, request, context, sink).Run();
  }

  // What was answered under the key before, or a new answer, which is kept under it. Keeping is
  // part of the call here: without it a repetition would be billed again.
  absl::StatusOr<ModelAnswer> CallByKey(const ModelRequest& request, const CallContext& context,
                                        const PieceSink* sink) {
    AnswerCache& cache = parts_.cache == nullptr ? own_cache_ : *parts_.cache;
    const std::string key = text::Cat("key:", crypto::Sha256Hex(context.idempotency_key));
    const std::string digest = DigestOf(request);
    const auto kept = cache.Find(context.tenant, key, parts_.clock->Now());
    if (!kept.ok()) return Failure(FailureCause::kRecords, text::MessageOf(kept.status()));
    if (kept->has_value()) return Again(**kept, digest, sink);
    auto answer = CallOnce(request, context, sink);
    if (!answer.ok()) return answer;
    const absl::Time now = parts_.clock->Now();
    const absl::Status stored =
        cache.Store(context.tenant, key, digest + ToValue(*answer), now, now + kKeysKept);
    if (!stored.ok()) return Failure(FailureCause::kRecords, text::MessageOf(stored));
    return answer;
  }

  static absl::StatusOr<ModelAnswer> Again(const std::string& value, const std::string& digest,
                                           const PieceSink* sink) {
    if (!value.starts_with(digest)) {
      return Failure(FailureCause::kKeyReused,
                     "the idempotency key was used for another request; use a new one");
    }
    auto answer = FromValue(std::string_view(value).substr(digest.size()));
    if (!answer.has_value()) {
      return Failure(FailureCause::kRecords, "the answer that was kept cannot be read");
    }
    if (sink != nullptr && !answer->text.empty() &&
        !(*sink)({StreamPiece::Kind::kText, answer->text, answer->model})) {
      return Failure(FailureCause::kStopped, "the call was ended by its caller");
    }
    return *std::move(answer);
  }

  // Calls of one key wait for each other, so that the second finds the first one's answer.
  bool Enter(const std::string& key, const CallContext& context) {
    const absl::Duration until = parts_.clock->Steady() + context.timeout;
    while (true) {
      {
        absl::MutexLock lock(&mutex_);
        if (running_keys_.insert(key).second) return true;
      }
      if (parts_.clock->Steady() >= until || !parts_.clock->Sleep(kLookAgain, context.stop)) {
        return false;
      }
    }
  }

  void Leave(const std::string& key) {
    absl::MutexLock lock(&mutex_);
    running_keys_.erase(key);
  }

  const RouterParts parts_;
  MemoryCache own_cache_;
  DeploymentStates states_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const RouteTable> table_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> running_keys_ ABSL_GUARDED_BY(mutex_);
};

Router::Router(Routes routes, const RouterParts& parts)
    : impl_(std::make_unique<Impl>(std::move(routes), parts)) {}

Router::~Router() = default;

absl::StatusOr<ModelAnswer> Router::Complete(const ModelRequest& request,
                                             const CallContext& context) {
  return impl_->Call(request, context, nullptr);
}

absl::StatusOr<ModelAnswer> Router::Stream(const ModelRequest& request, const CallContext& context,
                                           const PieceSink& sink) {
  return impl_->Call(request, context, &sink);
}

bool Router::IsConfigured(const Task& task) const {
  return FirstOpen(*impl_->table(), *impl_->parts().keys, task) != nullptr;
}

std::optional<CallEstimate> Router::Estimate(const ModelRequest& request, const Task& task,
                                             int64_t output_tokens) const {
  const auto table = impl_->table();
  const Model* model = FirstOpen(*table, *impl_->parts().keys, task);
  if (model == nullptr) return std::nullopt;
  const int64_t input_tokens = EstimateInputTokens(request);
  return CallEstimate{model->name, input_tokens, MostCost(*model, input_tokens, output_tokens)};
}

void Router::SetRoutes(Routes routes) {
  impl_->SetTable(std::move(routes));
}

std::shared_ptr<const Routes> Router::routes() const {
  const auto table = impl_->table();
  return {table, &table->routes};
}

std::vector<DeploymentStatus> Router::Deployments() const {
  const auto table = impl_->table();
  KeySource& keys = *impl_->parts().keys;
  const absl::Duration now = impl_->parts().clock->Steady();
  std::vector<DeploymentStatus> all;
  for (const auto& [name, model] : table->routes.models) {
    for (const Deployment& deployment : model.deployments) {
      const DeploymentStates::Status state = impl_->states().StatusOf(deployment.name);
      DeploymentStatus status;
      status.model = model.name;
      status.tenant = model.tenant;
      status.deployment = deployment.name;
      status.protocol = deployment.protocol;
      status.url = deployment.url;
      status.provider_model = deployment.provider_model;
      status.has_key = deployment.key.empty() || keys.Find(deployment.key).ok();
      status.closed = table->Closed(deployment, keys);
      status.in_flight = state.in_flight;
      status.failures_in_a_row = state.failures;
      status.last_failure = state.last_failure;
      status.cools_for = std::max(absl::ZeroDuration(), state.cools_until - now);
      all.push_back(std::move(status));
    }
  }
  return all;
}

}  // namespace datamigrate::routing
