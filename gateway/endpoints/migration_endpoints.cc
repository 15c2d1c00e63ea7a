#include "gateway/endpoints/migration_endpoints.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "common/crypto/random.h"
#include "gateway/endpoints/engine_request.h"
#include "gateway/endpoints/event_stream.h"
#include "gateway/endpoints/migration_descriptions.h"
#include "gateway/endpoints/project_download.h"
#include "gateway/endpoints/renewed_events.h"
#include "gateway/endpoints/report_download.h"
#include "gateway/http/target.h"
#include "gateway/http/web_socket_handshake.h"

namespace datamigrate::gateway {
namespace {

constexpr uint64_t kMaxBodyBytes = 256 * 1024;
constexpr std::string_view kEventsProtocol = "datamigrate.events.v1";

// "running" as the enum's MIGRATION_STATUS_RUNNING; "" is unspecified.
v1::MigrationStatus StatusOf(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  v1::MigrationStatus status = v1::MIGRATION_STATUS_UNSPECIFIED;
  v1::MigrationStatus_Parse("MIGRATION_STATUS_" + text, &status);
  return status;
}

v1::MigrationOrder OrderOf(const std::string& sort) {
  if (sort == "oldest") return v1::MIGRATION_ORDER_OLDEST;
  return sort == "name" ? v1::MIGRATION_ORDER_NAME : v1::MIGRATION_ORDER_NEWEST;
}

Response List(EngineClient* engine, const Request& request) {
  v1::ListMigrationsRequest asked;
  asked.set_page_size(static_cast<int32_t>(QueryNumber(request, "page_size")));
  asked.set_page_token(QueryText(request, "page_token"));
  asked.set_status(StatusOf(QueryText(request, "status")));
  asked.set_target(QueryText(request, "target"));
  asked.set_name(QueryText(request, "name"));
  asked.set_set_aside(QueryText(request, "set_aside") == "true");
  asked.set_order(OrderOf(QueryText(request, "sort")));
  std::optional<Response> wrong =
      ReadTime(request, "created_from", [&] { return asked.mutable_created_from(); });
  if (!wrong.has_value()) {
    wrong = ReadTime(request, "created_before", [&] { return asked.mutable_created_before(); });
  }
  if (wrong.has_value()) return *std::move(wrong);
  return MessageResponse(request, 200, engine->ListMigrations(ContextOf(request), asked));
}

Response Created(const Request& request, const absl::StatusOr<v1::Migration>& created) {
  Response response = MessageResponse(request, 201, created);
  if (created.ok()) {
    response.headers.Set("Location", "/api/v1/migrations/" + PercentEncode(created->id()));
    response.audit.object = created->id();
  }
  return response;
}

void Create(EngineClient* engine, const Request& request, const Respond& respond) {
  v1::CreateMigrationRequest asked;
  if (absl::Status read = ReadJsonBody(request, asked); !read.ok()) {
    return respond(ProblemOf(request, read));
  }
  const std::string_view key = request.headers.Get("Idempotency-Key");
  if (!key.empty()) asked.set_idempotency_key(std::string(key));
  // Without a key of the client's, one of ours lets this one request be sent again safely.
  if (asked.idempotency_key().empty()) asked.set_idempotency_key(crypto::TimeOrderedUuid());
  engine->CreateMigration(ContextOf(request), std::move(asked),
                          [&request, respond](const absl::StatusOr<v1::Migration>& created) {
                            respond(Created(request, created));
                          });
}

Response Show(EngineClient* engine, const Request& request) {
  v1::GetMigrationRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  return MessageResponse(request, 200, engine->GetMigration(ContextOf(request), asked));
}

Response Cancel(EngineClient* engine, const Request& request) {
  v1::CancelMigrationRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  return MessageResponse(request, 200, engine->CancelMigration(ContextOf(request), asked));
}

Response Pause(EngineClient* engine, const Request& request) {
  v1::PauseMigrationRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  return MessageResponse(request, 200, engine->PauseMigration(ContextOf(request), asked));
}

Response Resume(EngineClient* engine, const Request& request) {
  v1::ResumeMigrationRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  return MessageResponse(request, 200, engine->ResumeMigration(ContextOf(request), asked));
}

Response Decide(EngineClient* engine, const Request& request) {
  v1::DecideMigrationRequest asked;
  if (absl::Status read = ReadJsonBody(request, asked); !read.ok()) return ProblemOf(request, read);
  asked.set_id(ParameterOf(request, "id"));
  return MessageResponse(request, 200, engine->DecideMigration(ContextOf(request), asked));
}

Response SetPriority(EngineClient* engine, const Request& request) {
  v1::SetMigrationPriorityRequest asked;
  if (absl::Status read = ReadJsonBody(request, asked); !read.ok()) return ProblemOf(request, read);
  asked.set_id(ParameterOf(request, "id"));
  return MessageResponse(request, 200, engine->SetMigrationPriority(ContextOf(request), asked));
}

Response ShowLimit(EngineClient* engine, const Request& request) {
  return MessageResponse(request, 200, engine->GetMigrationLimit(ContextOf(request), {}));
}

Response SetLimit(EngineClient* engine, const Request& request) {
  v1::SetMigrationLimitRequest asked;
  if (absl::Status read = ReadJsonBody(request, asked); !read.ok()) return ProblemOf(request, read);
  return MessageResponse(request, 200, engine->SetMigrationLimit(ContextOf(request), asked));
}

Response ShowPlan(EngineClient* engine, const Request& request) {
  v1::GetPlanRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  return MessageResponse(request, 200, engine->GetPlan(ContextOf(request), asked));
}

Response Explain(EngineClient* engine, const Request& request) {
  v1::ExplainMigrationRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  return MessageResponse(request, 200, engine->ExplainMigration(ContextOf(request), asked));
}

int64_t FirstSequence(const Request& request) {
  if (!request.headers.Has("Last-Event-ID")) return QueryNumber(request, "after");
  return ParseNumber(request.headers.Get("Last-Event-ID"));
}

// What Watch answers without its stream.
Response BeginWatch(const Request& request) {
  if (!AsksForWebSocket(request)) return EventStreamResponse();
  return AnswerHandshake(request, kEventsProtocol);
}

Response Watch(const MigrationParts& parts, const Request& request) {
  Response response = BeginWatch(request);
  if (response.status >= 400) return response;
  // A stream cannot say 404 once it has begun.
  v1::GetMigrationRequest shown;
  shown.set_id(ParameterOf(request, "id"));
  const auto migration = parts.engine->GetMigration(ContextOf(request), shown);
  if (!migration.ok()) return ProblemOf(request, migration.status());
  response.lease = parts.leases->Open(request, Permission::kMigrationsRead);
  if (response.lease == nullptr) return RefuseStream(request);
  CallContext context = ContextOf(request);
  context.deadline = absl::Now() + absl::FromChrono(response.longest_stream) + absl::Minutes(1);
  auto events = RenewedEvents(
      [engine = parts.engine, context, id = shown.id()](int64_t after) {
        v1::WatchMigrationRequest asked;
        asked.set_id(id);
        asked.set_after_sequence(after);
        return engine->WatchMigration(context, asked);
      },
      FirstSequence(request));
  response.stream =
      response.is_web_socket ? EventMessages(std::move(events)) : EventBody(std::move(events));
  response.may_end_early = true;
  return response;
}

Response ListModels(EngineClient* engine, const Request& request) {
  v1::ListModelsRequest asked;
  asked.set_migration_id(ParameterOf(request, "id"));
  asked.set_page_size(static_cast<int32_t>(QueryNumber(request, "page_size")));
  asked.set_page_token(QueryText(request, "page_token"));
  return MessageResponse(request, 200, engine->ListModels(ContextOf(request), asked));
}

Response ShowModel(EngineClient* engine, const Request& request) {
  v1::GetModelRequest asked;
  asked.set_migration_id(ParameterOf(request, "id"));
  asked.set_name(ParameterOf(request, "name"));
  return MessageResponse(request, 200, engine->GetModel(ContextOf(request), asked));
}

}  // namespace

void AddMigrationRoutes(const MigrationParts& parts, std::vector<Route>& routes) {
  EngineClient* const engine = parts.engine;
  const auto add = [&](std::string_view method, std::string_view pattern, Permission permission,
                       auto endpoint, Description description) {
    routes.push_back({.method = method,
                      .pattern = pattern,
                      .permission = permission,
                      .max_body_bytes = kMaxBodyBytes,
                      .endpoint = [=](const Request& request) { return endpoint(engine, request); },
                      .description = std::move(description)});
  };
  using P = Permission;
  add("GET", "/api/v1/migrations", P::kMigrationsRead, List, DescribeListMigrations());
  routes.push_back(
      {.method = "POST",
       .pattern = "/api/v1/migrations",
       .runs_on = RunsOn::kIoThread,
       .permission = P::kMigrationsWrite,
       .max_body_bytes = kMaxBodyBytes,
       .async_endpoint = [engine](const Request& request,
                                  const Respond& respond) { Create(engine, request, respond); },
       .description = DescribeCreateMigration()});
  add("GET", "/api/v1/migrations/{id}", P::kMigrationsRead, Show, DescribeShowMigration());
  add("POST", "/api/v1/migrations/{id}/cancel", P::kMigrationsWrite, Cancel,
      DescribeCancelMigration());
  add("POST", "/api/v1/migrations/{id}/pause", P::kMigrationsWrite, Pause,
      DescribePauseMigration());
  add("POST", "/api/v1/migrations/{id}/resume", P::kMigrationsWrite, Resume,
      DescribeResumeMigration());
  add("PUT", "/api/v1/migrations/{id}/priority", P::kMigrationsWrite, SetPriority,
      DescribeSetPriority());
  add("GET", "/api/v1/limits/migrations", P::kMigrationsRead, ShowLimit,
      DescribeShowMigrationLimit());
  add("PUT", "/api/v1/limits/migrations", P::kPoliciesWrite, SetLimit, DescribeSetMigrationLimit());
  add("POST", "/api/v1/migrations/{id}/decide", P::kMigrationsDecide, Decide,
      DescribeDecideMigration());
  add("GET", "/api/v1/migrations/{id}/plan", P::kMigrationsRead, ShowPlan, DescribeShowPlan());
  add("GET", "/api/v1/migrations/{id}/explanation", P::kMigrationsRead, Explain,
      DescribeExplainMigration());
  const auto watch = [parts](EngineClient*, const Request& request) {
    return Watch(parts, request);
  };
  add("GET", "/api/v1/migrations/{id}/events", P::kMigrationsRead, watch, DescribeWatchMigration());
  add("GET", "/api/v1/migrations/{id}/models", P::kMigrationsRead, ListModels,
      DescribeListModels());
  add("GET", "/api/v1/migrations/{id}/models/{name}", P::kMigrationsRead, ShowModel,
      DescribeShowModel());
  add("GET", "/api/v1/migrations/{id}/project", P::kMigrationsRead, DownloadProject,
      DescribeDownloadProject());
  add("GET", "/api/v1/migrations/{id}/report", P::kMigrationsRead, DownloadReport,
      DescribeDownloadReport());
}

}  // namespace datamigrate::gateway
