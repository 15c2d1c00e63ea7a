#include "gateway/endpoints/migration_endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "common/crypto/random.h"
#include "gateway/endpoints/engine_request.h"
#include "gateway/endpoints/event_stream.h"
#include "gateway/endpoints/project_download.h"
#include "gateway/http/target.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kLongestIdempotencyKey = 255;
constexpr int64_t kLargestPage = 200;
constexpr int64_t kLargestModelPage = 1000;
constexpr int64_t kLastSequence = INT64_MAX - 1;
constexpr uint64_t kMaxBodyBytes = 256 * 1024;

// "running" or "MIGRATION_STATUS_RUNNING"; "" is unspecified.
absl::StatusOr<v1::MigrationStatus> ParseStatus(std::string text) {
  if (text.empty()) return v1::MIGRATION_STATUS_UNSPECIFIED;
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  constexpr std::string_view kPrefix = "MIGRATION_STATUS_";
  if (!text.starts_with(kPrefix)) text.insert(0, kPrefix);
  v1::MigrationStatus status;
  if (!v1::MigrationStatus_Parse(text, &status)) {
    return absl::InvalidArgumentError(
        "\"status\" must be one of queued, running, waiting, succeeded, failed, cancelled");
  }
  return status;
}

absl::Status CheckIdempotencyKey(std::string_view key) {
  const bool is_printable = std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; });
  if (key.size() > kLongestIdempotencyKey || !is_printable) {
    return absl::InvalidArgumentError("Idempotency-Key must be 1 to 255 visible ASCII characters");
  }
  return absl::OkStatus();
}

Response List(EngineClient* engine, const Request& request) {
  v1::ListMigrationsRequest asked;
  const auto page_size = QueryNumber(request, "page_size", 1, kLargestPage, 0);
  if (!page_size.ok()) return ProblemOf(request, page_size.status());
  const auto status = ParseStatus(QueryText(request, "status"));
  if (!status.ok()) return ProblemOf(request, status.status());
  asked.set_page_size(static_cast<int32_t>(*page_size));
  asked.set_page_token(QueryText(request, "page_token"));
  asked.set_status(*status);
  return MessageResponse(request, 200, engine->ListMigrations(ContextOf(request), asked));
}

Response Create(EngineClient* engine, const Request& request) {
  if (auto refused = RefuseUnlessJson(request); refused.has_value()) return *std::move(refused);
  v1::CreateMigrationRequest asked;
  if (absl::Status read = ReadJsonBody(request, asked); !read.ok()) return ProblemOf(request, read);
  const std::string_view key = request.headers.Get("Idempotency-Key");
  if (!key.empty()) asked.set_idempotency_key(std::string(key));
  if (absl::Status good = CheckIdempotencyKey(asked.idempotency_key()); !good.ok()) {
    return ProblemOf(request, good);
  }
  // Without a key of the client's, one of ours lets this one request be sent again safely.
  if (asked.idempotency_key().empty()) asked.set_idempotency_key(crypto::RandomUuid());
  const auto created = engine->CreateMigration(ContextOf(request), asked);
  Response response = MessageResponse(request, 201, created);
  if (created.ok()) {
    response.headers.Set("Location", "/api/v1/migrations/" + PercentEncode(created->id()));
    response.audit.object = created->id();
  }
  return response;
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

Response Resume(EngineClient* engine, const Request& request) {
  v1::ResumeMigrationRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  return MessageResponse(request, 200, engine->ResumeMigration(ContextOf(request), asked));
}

Response Decide(EngineClient* engine, const Request& request) {
  if (auto refused = RefuseUnlessJson(request); refused.has_value()) return *std::move(refused);
  v1::DecideMigrationRequest asked;
  if (absl::Status read = ReadJsonBody(request, asked); !read.ok()) return ProblemOf(request, read);
  asked.set_id(ParameterOf(request, "id"));
  return MessageResponse(request, 200, engine->DecideMigration(ContextOf(request), asked));
}

absl::StatusOr<int64_t> FirstSequence(const Request& request) {
  const std::string_view last = request.headers.Get("Last-Event-ID");
  if (!last.empty()) return ParseNumber(last, "Last-Event-ID", 0, kLastSequence);
  return QueryNumber(request, "after", 0, kLastSequence, 0);
}

Response Watch(EngineClient* engine, const Request& request) {
  const absl::StatusOr<int64_t> after = FirstSequence(request);
  if (!after.ok()) return ProblemOf(request, after.status());
  // A stream cannot say 404 once it has begun.
  v1::GetMigrationRequest shown;
  shown.set_id(ParameterOf(request, "id"));
  const auto migration = engine->GetMigration(ContextOf(request), shown);
  if (!migration.ok()) return ProblemOf(request, migration.status());

  v1::WatchMigrationRequest asked;
  asked.set_id(shown.id());
  asked.set_after_sequence(*after);
  Response response = TextResponse(200, "text/event-stream", "");
  CallContext context = ContextOf(request);
  context.deadline = absl::Now() + absl::FromChrono(response.longest_stream) + absl::Minutes(1);
  response.stream = EventBody(engine->WatchMigration(context, asked));
  response.may_end_early = true;
  response.idle_piece = ": still here\n\n";
  response.headers.Set("X-Accel-Buffering", "no");  // for reverse proxies that would collect events
  return response;
}

Response ListModels(EngineClient* engine, const Request& request) {
  const auto page_size = QueryNumber(request, "page_size", 1, kLargestModelPage, 0);
  if (!page_size.ok()) return ProblemOf(request, page_size.status());
  v1::ListModelsRequest asked;
  asked.set_migration_id(ParameterOf(request, "id"));
  asked.set_page_size(static_cast<int32_t>(*page_size));
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

void AddMigrationRoutes(EngineClient* engine, std::vector<Route>& routes) {
  const auto add = [&](std::string_view method, std::string_view pattern, auto endpoint) {
    routes.push_back(
        {.method = method,
         .pattern = pattern,
         .max_body_bytes = kMaxBodyBytes,
         .endpoint = [=](const Request& request) { return endpoint(engine, request); }});
  };
  add("GET", "/api/v1/migrations", List);
  add("POST", "/api/v1/migrations", Create);
  add("GET", "/api/v1/migrations/{id}", Show);
  add("POST", "/api/v1/migrations/{id}/cancel", Cancel);
  add("POST", "/api/v1/migrations/{id}/resume", Resume);
  add("POST", "/api/v1/migrations/{id}/decide", Decide);
  add("GET", "/api/v1/migrations/{id}/events", Watch);
  add("GET", "/api/v1/migrations/{id}/models", ListModels);
  add("GET", "/api/v1/migrations/{id}/models/{name}", ShowModel);
  add("GET", "/api/v1/migrations/{id}/project", DownloadProject);
}

}  // namespace datamigrate::gateway
