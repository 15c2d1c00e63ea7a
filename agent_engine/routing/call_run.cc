#include "agent_engine/routing/call_run.h"

#include <algorithm>
#include <utility>

#include "agent_engine/routing/answer_cache.h"
#include "agent_engine/routing/answer_schema.h"
#include "agent_engine/routing/clock.h"
#include "agent_engine/routing/key_source.h"
#include "agent_engine/routing/request_check.h"
#include "agent_engine/routing/token_count.h"
#include "common/crypto/random.h"
#include "common/text/text.h"

namespace datamigrate::routing {
namespace {

// A provider that wants to be left alone for a year, by a wrong header, is asked again after this.
constexpr absl::Duration kLongestCooling = absl::Hours(1);
// A key that is refused or a model that is not there will hardly be better in a moment.
constexpr absl::Duration kMisconfiguredCooling = absl::Minutes(1);
// How long a better model is waited for while another one could answer.
constexpr absl::Duration kWorthWaiting = absl::Seconds(1);
// Until a reservation whose process died counts as spent.
constexpr absl::Duration kReservationGrace = absl::Minutes(1);

std::string NameOfTask(const Task& task) {
  if (const auto* name = std::get_if<std::string>(&task)) return *name;
  return std::string(NameOf(std::get<Complexity>(task)));
}

bool EndsWithAssistant(const ModelRequest& request) {
  return request.messages.back().role == Role::kAssistant;
}

// Asked again, a deployment may do better.
bool IsPassing(Fault fault) {
  return fault == Fault::kRateLimited || fault == Fault::kServer || fault == Fault::kUnreachable ||
         fault == Fault::kSilent || fault == Fault::kCut || fault == Fault::kBadAnswer;
}

std::string SchemaInstruction(std::string_view schema) {
  return text::Cat(
      "Answer with one JSON value that matches this JSON schema, and with nothing else, neither "
      "words nor a fence of Markdown:\n",
      schema);
}

}  // namespace

bool RouteTable::IsOffSite(const Deployment& deployment) const {
  return !local->AllowsHost(net::HostOfUrl(deployment.url));
}

std::string RouteTable::Closed(const Deployment& deployment, KeySource& keys) const {
  if (!deployment.if_set.empty() && !keys.Find(text::Cat("env:", deployment.if_set)).ok()) {
    return text::Cat("is asked only where the environment has ", deployment.if_set);
  }
  if (!deployment.key.empty()) {
    const absl::Status key = keys.Find(deployment.key).status();
    if (!key.ok()) return text::Cat("has no key: ", text::MessageOf(key));
  }
  if (routes.local.is_local_only && IsOffSite(deployment)) {
    return "is off the site, and \"local\" says \"only\"";
  }
  return "";
}

CallRun::CallRun(const RouterParts& parts, DeploymentStates& states, const RouteTable& table,
                 const ModelRequest& request, const CallContext& context,
                 const ModelCaller::PieceSink* sink)
    : parts_(parts),
      clock_(*parts.clock),
      states_(states),
      table_(table),
      routes_(table.routes),
      request_(request),
      context_(context),
      sink_(sink),
      began_(parts.clock->Steady()),
      id_(crypto::RandomUuid()),
      // What has to match a schema is given out when it does.
      joiner_(request.answer_schema.empty() ? sink : nullptr) {}

absl::StatusOr<ModelAnswer> CallRun::Run() {
  if (absl::Status status = CheckRequest(request_, context_); !status.ok()) return status;
  input_tokens_ = EstimateInputTokens(request_);
  digest_ = DigestOf(request_);
  const auto candidates = Candidates();
  if (!candidates.ok()) return candidates.status();
  if (context_.cache == CacheUse::kReadAndWrite && !candidates->empty()) {
    if (auto kept = FromCache(*candidates->front())) return *std::move(kept);
  }
  for (size_t i = 0; i < candidates->size(); ++i) {
    Turn turn = AskModel(*(*candidates)[i], /*is_last=*/i + 1 == candidates->size());
    if (turn.result.has_value()) return *std::move(turn.result);
  }
  return Failed();
}

// ---- which models ----

std::string CallRun::Unfit(const Model& model) const {
  if (input_tokens_ >= model.context_tokens) {
    return text::Cat("its context of ", model.context_tokens, " tokens is too small for about ",
                     input_tokens_);
  }
  if (EndsWithAssistant(request_) && !model.continues_prefix) {
    return "it does not go on with a message of the assistant";
  }
  return "";
}

absl::StatusOr<std::vector<const Model*>> CallRun::Candidates() {
  const Model* first = routes_.Find(context_.task, context_.tenant);
  if (first == nullptr) {
    return Failure(FailureCause::kUnknownModel,
                   text::Cat("there is no model \"", NameOfTask(context_.task),
                             "\"; `datamigrate models list` shows those that there are"));
  }
  std::vector<const Model*> chain = {first};
  if (context_.may_fall_back) {
    for (const std::string& name : first->fallbacks) {
      const Model* model = routes_.Find(Task(name), context_.tenant);
      if (model != nullptr) chain.push_back(model);
    }
  }
  std::vector<const Model*> fit;
  for (const Model* model : chain) {
    const std::string why = Unfit(*model);
    if (why.empty()) {
      fit.push_back(model);
    } else {
      NoteSkipped(model->name, why);
    }
  }
  if (fit.empty() && context_.may_fall_back) AddLarger(fit);
  if (!fit.empty()) return fit;
  return Failure(FailureCause::kTooLarge,
                 text::Cat("no model takes the request: ", text::Join(failures_, "; "),
                           "; send less, or put a model with a larger context into the "
                           "routing file"));
}

// The cheapest comes first.
void CallRun::AddLarger(std::vector<const Model*>& candidates) const {
  for (const auto& [name, model] : routes_.models) {
    const bool is_allowed = model.tenant.empty() || model.tenant == context_.tenant;
    if (is_allowed && Unfit(model).empty()) candidates.push_back(&model);
  }
  std::stable_sort(candidates.begin(), candidates.end(), [&](const Model* a, const Model* b) {
    return MostCost(*a, input_tokens_, request_.max_output_tokens) <
           MostCost(*b, input_tokens_, request_.max_output_tokens);
  });
}

std::vector<const Deployment*> CallRun::OpenDeployments(const Model& model) {
  std::vector<const Deployment*> open;
  for (const Deployment& deployment : model.deployments) {
    std::string why = table_.Closed(deployment, *parts_.keys);
    if (why.empty()) {
      why = providers::ProtocolNamed(deployment.protocol)->Refusal(request_);
    }
    if (why.empty()) {
      open.push_back(&deployment);
      continue;
    }
    const bool is_off_site = routes_.local.is_local_only && table_.IsOffSite(deployment);
    all_were_off_site_ = all_were_off_site_ && is_off_site;
    NoteSkipped(deployment.name, std::move(why));
  }
  return open;
}

// ---- the cache ----

std::optional<ModelAnswer> CallRun::FromCache(const Model& model) {
  if (parts_.cache == nullptr || routes_.cache_for <= absl::ZeroDuration()) return std::nullopt;
  const absl::Time now = clock_.Now();
  const auto value = parts_.cache->Find(context_.tenant, CacheKey(model, digest_), now);
  // A cache that fails costs money and not answers.
  if (!value.ok() || !value->has_value()) return std::nullopt;
  auto answer = FromValue(**value);
  if (!answer.has_value()) return std::nullopt;
  answer->latency = clock_.Steady() - began_;
  if (sink_ != nullptr && !answer->text.empty() &&
      !(*sink_)({StreamPiece::Kind::kText, answer->text, answer->model})) {
    return std::nullopt;
  }
  if (parts_.ledger != nullptr) {
    CallRecord record;
    record.call = id_;
    record.tenant = context_.tenant;
    record.migration = context_.migration;
    record.agent = context_.agent;
    record.task = NameOfTask(context_.task);
    record.model = answer->model;
    record.provider_model = answer->provider_model;
    record.outcome = "from_cache";
    record.latency = answer->latency;
    record.began = now;
    parts_.ledger->Settle("", std::move(record));
  }
  return answer;
}

void CallRun::Keep(const Model& model, const ModelAnswer& answer) {
  if (parts_.cache == nullptr || context_.cache == CacheUse::kNone ||
      routes_.cache_for <= absl::ZeroDuration() || answer.stop_reason == StopReason::kRefusal) {
    return;
  }
  const absl::Time now = clock_.Now();
  parts_.cache
      ->Store(context_.tenant, CacheKey(model, digest_), ToValue(answer), now,
              now + routes_.cache_for)
      .IgnoreError();
}

// ---- one model ----

ModelRequest CallRun::RequestFor(const Model& model) const {
  ModelRequest request = request_;
  const int64_t room = std::max<int64_t>(1, model.context_tokens - input_tokens_);
  request.max_output_tokens = static_cast<int>(
      std::min<int64_t>({request.max_output_tokens, model.max_output_tokens, room}));
  if (!request.answer_schema.empty() && !model.takes_schema) {
    if (!request.system.empty()) request.system += "\n\n";
    request.system += SchemaInstruction(request.answer_schema);
  }
  return request;
}

bool CallRun::IsStream(const ModelRequest& request) const {
  return (sink_ != nullptr && request_.answer_schema.empty()) ||
         request.max_output_tokens > routes_.stream_above;
}

CallRun::Turn CallRun::AskModel(const Model& model, bool is_last) {
  std::vector<const Deployment*> open = OpenDeployments(model);
  std::set<std::string> failed;  // in this round
  ModelRequest request = RequestFor(model);
  bool was_corrected = false;
  int round = 0;
  for (int tries = 0; tries < routes_.retry.attempts_per_model && !open.empty();) {
    std::vector<const Deployment*> fresh;
    std::copy_if(open.begin(), open.end(), std::back_inserter(fresh),
                 [&](const Deployment* each) { return !failed.contains(each->name); });
    if (fresh.empty()) {
      if (!PauseBeforeRound(round++)) break;
      failed.clear();
      continue;
    }
    const Deployment* deployment = PickOne(fresh, is_last);
    if (deployment == nullptr) break;
    ++tries;
    const auto reservation = Reserve(model, request);
    if (!reservation.ok()) {
      states_.Finish(*deployment, {}, routes_.cooldown, clock_.Steady());
      return {reservation.status()};
    }
    AttemptResult result = Ask(model, *deployment, request);
    Settle(model, *deployment, result, *reservation);
    FinishState(*deployment, result);
    if (result.fault == Fault::kStopped) return {Stopped()};
    if (result.fault == Fault::kTimeout) return {OutOfTime()};
    if (result.fault == Fault::kNone) {
      const std::string text = joiner_.text();
      auto answer = Answered(model, *deployment, std::move(result));
      if (answer.ok() || CauseOf(answer.status()) != FailureCause::kAnswerNotInSchema) {
        return {std::move(answer)};
      }
      was_not_in_schema_ = true;
      if (std::exchange(was_corrected, true)) break;
      // Once more, with what was wrong.
      --tries;
      request.messages.push_back(AssistantMessage(text.empty() ? "{}" : text));
      request.messages.push_back(UserMessage(
          text::Cat("That is not what was asked for: ", text::MessageOf(answer.status()), ". ",
                    SchemaInstruction(request_.answer_schema))));
      continue;
    }
    if (result.fault == Fault::kTooLarge || result.fault == Fault::kBadRequest) break;
    if (!IsPassing(result.fault)) {
      std::erase(open, deployment);
    } else if (!result.retry_after.has_value()) {
      failed.insert(deployment->name);
    }
  }
  return {};
}

const Deployment* CallRun::PickOne(const std::vector<const Deployment*>& deployments,
                                   bool is_last) {
  const absl::Duration most = is_last ? routes_.retry.longest_retry_after
                                      : std::min(kWorthWaiting, routes_.retry.longest_retry_after);
  absl::Duration waited = absl::ZeroDuration();
  while (!context_.stop.stop_requested()) {
    const absl::Duration now = clock_.Steady();
    auto picked = states_.Pick(deployments, input_tokens_, now);
    if (const auto* found = std::get_if<DeploymentStates::Picked>(&picked)) {
      return found->deployment;
    }
    const absl::Duration wait = std::get<DeploymentStates::Wait>(picked).until - now;
    if (waited + wait > most || wait >= TimeLeft()) {
      for (const Deployment* each : deployments) {
        const std::string last = states_.StatusOf(each->name).last_failure;
        NoteSkipped(each->name,
                    text::Cat("is left alone for ",
                              absl::FormatDuration(absl::Ceil(wait, absl::Milliseconds(1))),
                              last.empty() ? "" : text::Cat(", as it said ", last)));
      }
      opens_again_ = std::min(opens_again_.value_or(wait), wait);
      was_asked_ = true;
      all_were_bad_request_ = all_were_too_large_ = false;
      return nullptr;
    }
    waited += wait;
    if (!clock_.Sleep(wait, context_.stop)) break;
  }
  return nullptr;
}

// Half of the pause is chance, so that callers who failed together do not come back together.
bool CallRun::PauseBeforeRound(int round) {
  absl::Duration pause = routes_.retry.first_pause;
  for (int i = 0; i < round && pause < routes_.retry.longest_pause; ++i) pause *= 2;
  pause = std::min(pause, routes_.retry.longest_pause) * (0.5 + parts_.random() / 2);
  return pause < TimeLeft() && clock_.Sleep(pause, context_.stop);
}

AttemptResult CallRun::Ask(const Model& model, const Deployment& deployment,
                           const ModelRequest& request) {
  AttemptRequest attempt;
  attempt.model = &model;
  attempt.deployment = &deployment;
  attempt.is_stream = IsStream(request);
  attempt.allows_proxy = routes_.allows_proxy && !routes_.local.is_local_only;
  attempt.max_answer_bytes = routes_.max_answer_bytes;
  attempt.time_left = TimeLeft();
  attempt.stop = context_.stop;
  // Plain HTTP, too, goes to addresses of the site alone, whatever their name says.
  if (routes_.local.is_local_only || deployment.url.starts_with("http://")) {
    attempt.addresses = table_.local;
  }
  AttemptResult result;
  if (!deployment.key.empty()) {
    auto key = parts_.keys->Find(deployment.key);
    if (!key.ok()) {
      result.fault = Fault::kKeyRefused;
      result.reason = text::MessageOf(key.status());
      return result;
    }
    attempt.key = *std::move(key);
  }
  // An answer that broke off goes on where the model can do that.
  ModelRequest continued;
  std::string prefix;
  if (model.continues_prefix && request.tools.empty() && request.answer_schema.empty()) {
    prefix = std::string(text::TrimmedRight(joiner_.given()));
  }
  attempt.request = &request;
  if (!prefix.empty()) {
    continued = request;
    if (EndsWithAssistant(continued)) {
      continued.messages.back().parts.push_back(TextPart{prefix});
    } else {
      continued.messages.push_back(AssistantMessage(prefix));
    }
    attempt.request = &continued;
  }
  joiner_.Begin(model.name, prefix);
  const auto sink = [this](std::string_view text) {
    if (!std::exchange(has_piece_, true)) first_token_ = clock_.Steady() - began_;
    return joiner_.Add(text);
  };
  result = RunAttempt(*parts_.transport, clock_, attempt, sink);
  if (result.fault == Fault::kNone && !attempt.is_stream) joiner_.Add(result.answer.text);
  if (result.fault == Fault::kNone && !joiner_.End()) {
    result.fault = Fault::kStopped;
    result.reason = "the caller ended the call";
  }
  return result;
}

absl::StatusOr<std::string> CallRun::Reserve(const Model& model, const ModelRequest& request) {
  if (parts_.ledger == nullptr || routes_.budgets.empty()) return std::string();
  const absl::Time now = clock_.Now();
  const std::vector<BudgetUse> uses = BudgetsOf(routes_, context_, now);
  const int64_t most = MostCost(model, EstimateInputTokens(request), request.max_output_tokens);
  if (uses.empty() || most == 0) return std::string();
  return parts_.ledger->Reserve(uses, most, now, now + TimeLeft() + kReservationGrace);
}

void CallRun::Settle(const Model& model, const Deployment& deployment, const AttemptResult& result,
                     std::string_view reservation) {
  const int64_t cost = CostOf(model, result.usage);
  cost_ += cost;
  Note(model, deployment.name, result, cost);
  if (parts_.ledger == nullptr) return;
  CallRecord record;
  record.call = id_;
  record.tenant = context_.tenant;
  record.migration = context_.migration;
  record.agent = context_.agent;
  record.task = NameOfTask(context_.task);
  record.model = model.name;
  record.deployment = deployment.name;
  record.provider_model =
      result.answer.model.empty() ? deployment.provider_model : result.answer.model;
  record.outcome = result.fault == Fault::kNone ? "answered" : result.reason;
  record.usage = result.usage;
  record.cost_microdollars = cost;
  record.latency = result.latency;
  record.first_token = result.first_token;
  record.began = clock_.Now() - result.latency;
  parts_.ledger->Settle(reservation, std::move(record));
}

void CallRun::FinishState(const Deployment& deployment, const AttemptResult& result) {
  const absl::Duration now = clock_.Steady();
  DeploymentStates::Result verdict;
  verdict.failure = result.reason;
  verdict.more_tokens = result.usage.input + result.usage.output - input_tokens_;
  if (result.usage.input == 0) verdict.more_tokens = 0;
  if (result.fault == Fault::kNone) {
    verdict.outcome = DeploymentStates::Outcome::kAnswered;
  } else if (result.fault == Fault::kKeyRefused || result.fault == Fault::kNotFound) {
    verdict.outcome = DeploymentStates::Outcome::kMustWait;
    verdict.cool_until = now + kMisconfiguredCooling;
  } else if (IsPassing(result.fault)) {
    verdict.outcome = DeploymentStates::Outcome::kFailed;
    if (result.retry_after.has_value()) {
      verdict.outcome = DeploymentStates::Outcome::kMustWait;
      verdict.cool_until = now + std::min(*result.retry_after, kLongestCooling);
    }
  }
  states_.Finish(deployment, verdict, routes_.cooldown, now);
}

// Errors: kAnswerNotInSchema, saying what the model is told.
absl::StatusOr<ModelAnswer> CallRun::Answered(const Model& model, const Deployment& deployment,
                                              AttemptResult result) {
  ModelAnswer answer;
  answer.text = joiner_.text();
  answer.stop_reason = result.answer.stop_reason;
  const bool must_match = !request_.answer_schema.empty() && result.answer.tool_calls.empty() &&
                          answer.stop_reason != StopReason::kRefusal;
  if (must_match) {
    auto matched = MatchSchema(answer.text, request_.answer_schema);
    if (!matched.ok()) {
      attempts_.back().failure = text::MessageOf(matched.status());
      failures_.push_back(text::Cat(deployment.name, ": ", text::MessageOf(matched.status())));
      all_were_bad_request_ = all_were_too_large_ = false;
      return Failure(FailureCause::kAnswerNotInSchema, text::MessageOf(matched.status()));
    }
    answer.text = *std::move(matched);
  }
  if (sink_ != nullptr && !request_.answer_schema.empty() && !answer.text.empty() &&
      !(*sink_)({StreamPiece::Kind::kText, answer.text, model.name})) {
    return Stopped();
  }
  answer.tool_calls = std::move(result.answer.tool_calls);
  answer.model = model.name;
  answer.deployment = deployment.name;
  answer.provider_model =
      result.answer.model.empty() ? deployment.provider_model : result.answer.model;
  answer.usage = result.usage;
  answer.cost_microdollars = cost_;
  answer.latency = clock_.Steady() - began_;
  answer.first_token = first_token_;
  answer.attempts = attempts_;
  Keep(model, answer);
  return answer;
}

// ---- how it ends ----

absl::Duration CallRun::TimeLeft() const {
  return began_ + context_.timeout - clock_.Steady();
}

void CallRun::Note(const Model& model, std::string_view deployment, const AttemptResult& result,
                   int64_t cost) {
  was_asked_ = true;
  all_were_off_site_ = false;
  attempts_.push_back({model.name, std::string(deployment), result.reason, result.latency, cost});
  if (result.fault == Fault::kNone) return;
  all_were_bad_request_ = all_were_bad_request_ && result.fault == Fault::kBadRequest;
  all_were_too_large_ = all_were_too_large_ && result.fault == Fault::kTooLarge;
  failures_.push_back(
      text::Cat(deployment, ": ", result.reason, result.detail.empty() ? "" : ", ", result.detail));
}

void CallRun::NoteSkipped(std::string_view what, std::string why) {
  failures_.push_back(text::Cat(what, " ", why));
}

absl::Status CallRun::Stopped() const {
  return Failure(FailureCause::kStopped, "the call was ended by its caller");
}

absl::Status CallRun::OutOfTime() const {
  return Failure(FailureCause::kTimeout,
                 text::Cat("no answer within ", absl::FormatDuration(context_.timeout), ": ",
                           text::Join(failures_, "; ")));
}

absl::Status CallRun::Failed() const {
  if (context_.stop.stop_requested()) return Stopped();
  const std::string reasons = text::Join(failures_, "; ");
  if (!was_asked_ && all_were_off_site_) {
    return Failure(FailureCause::kLocalOnly,
                   text::Cat("no model on the site can be asked: ", reasons));
  }
  if (!was_asked_) {
    return Failure(
        FailureCause::kNotConfigured,
        text::Cat("no model can be asked for \"", NameOfTask(context_.task), "\": ", reasons,
                  "; set a provider's key, or name a server of your own in the "
                  "routing file"));
  }
  if (TimeLeft() <= absl::ZeroDuration()) return OutOfTime();
  if (was_not_in_schema_) {
    return Failure(FailureCause::kAnswerNotInSchema,
                   text::Cat("no answer matched the schema: ", reasons));
  }
  if (all_were_too_large_) {
    return Failure(FailureCause::kTooLarge,
                   text::Cat("the request is too large for its models: ", reasons));
  }
  if (all_were_bad_request_) {
    return Failure(FailureCause::kBadRequest,
                   text::Cat("every provider refused the request: ", reasons));
  }
  const std::string again =
      opens_again_.has_value()
          ? text::Cat("; try again in ",
                      absl::FormatDuration(absl::Ceil(*opens_again_, absl::Seconds(1))))
          : "";
  return Failure(FailureCause::kAllFailed, text::Cat("no model answered: ", reasons, again));
}

}  // namespace datamigrate::routing
