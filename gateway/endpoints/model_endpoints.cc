#include "gateway/endpoints/model_endpoints.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "gateway/endpoints/answer_record.h"
#include "gateway/endpoints/answer_stream.h"
#include "gateway/endpoints/engine_request.h"
#include "gateway/endpoints/event_stream.h"
#include "gateway/endpoints/filtered_answer.h"
#include "gateway/endpoints/migration_descriptions.h"
#include "gateway/endpoints/model_descriptions.h"
#include "gateway/endpoints/model_problem.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

constexpr uint64_t kMaxPromptBytes = 4 * 1024 * 1024;
// Models take minutes for long answers.
constexpr absl::Duration kLongestAnswer = absl::Minutes(5);
constexpr absl::Duration kLongestAnswerStream = absl::Minutes(15);
constexpr std::string_view kAgent = "api";  // who asks, where the request does not say

Response List(const ModelParts& parts, const Request& request) {
  return MessageResponse(request, 200, parts.models->ListDeployments(ContextOf(request), {}));
}

Response ShowUsage(const ModelParts& parts, const Request& request) {
  v1::GetModelUsageRequest asked;
  asked.set_migration_id(QueryText(request, "migration_id"));
  std::optional<Response> wrong = ReadTime(request, "from", [&] { return asked.mutable_from(); });
  if (!wrong.has_value()) {
    wrong = ReadTime(request, "before", [&] { return asked.mutable_before(); });
  }
  if (wrong.has_value()) return *std::move(wrong);
  return MessageResponse(request, 200, parts.models->GetModelUsage(ContextOf(request), asked));
}

Response Register(const ModelParts& parts, const Request& request) {
  v1::RegisterCustomModelRequest asked;
  if (absl::Status read = ReadJsonBody(request, asked); !read.ok()) return ProblemOf(request, read);
  asked.mutable_model()->set_name(ParameterOf(request, "name"));
  Response response =
      MessageResponse(request, 200, parts.models->RegisterCustomModel(ContextOf(request), asked));
  response.audit.object = asked.model().name();
  return response;
}

Response Remove(const ModelParts& parts, const Request& request) {
  v1::RemoveCustomModelRequest asked;
  asked.set_name(ParameterOf(request, "name"));
  const auto removed = parts.models->RemoveCustomModel(ContextOf(request), asked);
  Response response;
  if (removed.ok()) {
    response.status = 204;
  } else {
    response = ProblemOf(request, removed.status());
  }
  response.audit.object = asked.name();
  return response;
}

// Errors: kInvalidArgument; kNotFound for a migration of another organization, whose budget is none
// of the caller's.
absl::StatusOr<v1::CompleteRequest> ReadQuestion(const ModelParts& parts, const Request& request) {
  v1::CompleteRequest asked;
  if (absl::Status read = ReadJsonBody(request, asked); !read.ok()) return read;
  const std::string_view key = request.headers.Get("Idempotency-Key");
  if (!key.empty()) asked.set_idempotency_key(std::string(key));
  if (asked.agent().empty()) asked.set_agent(std::string(kAgent));
  if (asked.migration_id().empty()) return asked;
  v1::GetMigrationRequest shown;
  shown.set_id(asked.migration_id());
  const auto migration = parts.engine->GetMigration(ContextOf(request), shown);
  if (!migration.ok()) return migration.status();
  return asked;
}

CallContext ModelContext(const Request& request, absl::Duration longest) {
  CallContext context = ContextOf(request);
  context.deadline = absl::Now() + longest;
  return context;
}

AnswerFilter FilterFor(const ModelParts& parts, const Request& request) {
  return AnswerFilter(parts.rules, parts.policies->Find(request.principal->organization_id),
                      request.received_at);
}

// One answer on its way to who asked.
struct Answering {
  AnswerFilter filter;
  AnswerRecord record;
  std::shared_ptr<StreamLease> seat;  // taken until it is answered; null when too many are
};

std::shared_ptr<Answering> Begin(const ModelParts& parts, const Request& request) {
  return std::make_shared<Answering>(
      Answering{FilterFor(parts, request), AnswerRecord(parts.audit_log, request),
                parts.leases->Open(request, Permission::kModelsUse)});
}

// Answers with `body`, which `model` wrote and whose texts were filtered, once the audit log has
// what was found in them.
void Deliver(const Request& request, const Respond& respond, const Answering& answering,
             const google::protobuf::Message& body, const std::string& model) {
  const AnswerVerdict verdict = answering.filter.verdict();
  auto response = std::make_shared<Response>(
      answering.filter.is_blocked() ? HeldBack(request, verdict) : JsonResponse(200, ToJson(body)));
  response->audit.object = model;
  if (!answering.record.is_kept()) return respond(std::move(*response));
  const bool is_taken = answering.record.Write(
      verdict, model, response->status, [response, respond, &request](const absl::Status& stored) {
        respond(stored.ok() ? std::move(*response) : AnswerUnrecorded(request));
      });
  if (!is_taken) respond(AnswerUnrecorded(request));
}

void Complete(const ModelParts& parts, const Request& request, const Respond& respond) {
  auto asked = ReadQuestion(parts, request);
  if (!asked.ok()) return respond(ProblemOf(request, asked.status()));
  const auto answering = Begin(parts, request);
  if (answering->seat == nullptr) return respond(RefuseStream(request));
  parts.models->Complete(ModelContext(request, kLongestAnswer), *std::move(asked),
                         [&request, respond, answering](auto answer) {
                           if (!answer.ok()) return respond(ModelProblem(request, answer.status()));
                           answer->set_text(Filtered(answering->filter, answer->text()));
                           FilterToolCalls(answering->filter, *answer);
                           Deliver(request, respond, *answering, *answer, answer->model());
                         });
}

void AskAboutMigration(const ModelParts& parts, const Request& request, const Respond& respond) {
  v1::ExplainMigrationRequest asked;
  if (absl::Status read = ReadJsonBody(request, asked); !read.ok()) {
    return respond(ProblemOf(request, read));
  }
  asked.set_id(ParameterOf(request, "id"));
  const auto answering = Begin(parts, request);
  if (answering->seat == nullptr) return respond(RefuseStream(request));
  parts.models->AskAboutMigration(
      ModelContext(request, kLongestAnswer), std::move(asked),
      [&request, respond, answering](auto explained) {
        if (!explained.ok()) return respond(ModelProblem(request, explained.status()));
        v1::Explanation::ModelAnswer& answer = *explained->mutable_answer();
        answer.set_text(Filtered(answering->filter, answer.text()));
        Deliver(request, respond, *answering, *explained, answer.model());
      });
}

Response Stream(const ModelParts& parts, const Request& request) {
  const auto asked = ReadQuestion(parts, request);
  if (!asked.ok()) return ProblemOf(request, asked.status());
  Response response = EventStreamResponse();
  response.lease = parts.leases->Open(request, Permission::kModelsUse);
  if (response.lease == nullptr) return RefuseStream(request);
  response.stream =
      AnswerBody(parts.models->StreamComplete(ModelContext(request, kLongestAnswerStream), *asked),
                 FilterFor(parts, request), AnswerRecord(parts.audit_log, request), request);
  return response;
}

}  // namespace

void AddModelRoutes(const ModelParts& parts, std::vector<Route>& routes) {
  const auto add = [&](std::string_view method, std::string_view pattern, Permission permission,
                       auto endpoint, Description description) -> Route& {
    return routes.emplace_back(
        Route{.method = method,
              .pattern = pattern,
              .permission = permission,
              .endpoint = [=](const Request& request) { return endpoint(parts, request); },
              .description = std::move(description)});
  };
  using P = Permission;
  add("GET", "/api/v1/models", P::kModelsRead, List, DescribeListDeployments());
  add("GET", "/api/v1/models/usage", P::kModelsRead, ShowUsage, DescribeModelUsage());
  add("PUT", "/api/v1/models/custom/{name}", P::kModelsWrite, Register,
      DescribeRegisterCustomModel())
      .has_secret_body = true;
  add("DELETE", "/api/v1/models/custom/{name}", P::kModelsWrite, Remove,
      DescribeRemoveCustomModel());
  routes.push_back(
      {.method = "POST",
       .pattern = "/api/v1/models/complete",
       .permission = P::kModelsUse,
       .max_body_bytes = kMaxPromptBytes,
       .async_endpoint = [parts](const Request& request,
                                 const Respond& respond) { Complete(parts, request, respond); },
       .description = DescribeComplete()});
  routes.push_back({.method = "POST",
                    .pattern = "/api/v1/migrations/{id}/explanation",
                    .permission = P::kModelsUse,
                    .async_endpoint =
                        [parts](const Request& request, const Respond& respond) {
                          AskAboutMigration(parts, request, respond);
                        },
                    .description = DescribeAskAboutMigration()});
  add("POST", "/api/v1/models/complete/stream", P::kModelsUse, Stream, DescribeStreamComplete())
      .max_body_bytes = kMaxPromptBytes;
}

}  // namespace datamigrate::gateway
