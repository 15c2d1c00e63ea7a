#include "gateway/endpoints/schedule_endpoints.h"

#include <string_view>
#include <utility>

#include "gateway/endpoints/engine_request.h"
#include "gateway/endpoints/path_parameters.h"

namespace datamigrate::gateway {
namespace {

constexpr uint64_t kMaxBodyBytes = 256 * 1024;
constexpr std::string_view kTag = "schedules";

constexpr NamedSchema kSchedule = {.name = "Schedule", .message = "datamigrate.v1.Schedule"};
constexpr NamedSchema kSchedules = {.name = "Schedules",
                                    .message = "datamigrate.v1.ListSchedulesResponse"};
constexpr NamedSchema kNewSchedule = {.name = "NewSchedule",
                                      .text = R"({
  "required": ["name", "cron", "migration"],
  "properties": {
    "name": {"minLength": 1, "maxLength": 200, "description": "unique within the organization"},
    "cron": {"maxLength": 1000, "examples": ["30 2 * * 1-5"],
             "pattern": "^[ \\t]*[*,/0-9A-Za-z-]+([ \\t]+[*,/0-9A-Za-z-]+){4}[ \\t]*$",
             "description": "minute, hour, day of month, month and day of week, as crontab(5) has them, in UTC"},
    "migration": {
      "required": ["source", "target"],
      "description": "what each occurrence makes, as for POST /api/v1/migrations",
      "properties": {
        "name": {"maxLength": 200, "description": "the schedule's when it is empty"},
        "source": {"minLength": 1, "maxLength": 4096, "pattern": "^(/[^\\x00]*|upload:[0-9a-f-]{36})$"},
        "target": {"enum": ["duckdb"]},
        "idempotency_key": null,
        "options": {
          "properties": {
            "max_rebuild_rounds": {"minimum": 0, "maximum": 100},
            "results": {"maxLength": 4096, "pattern": "^(|/[^\\x00]*|upload:[0-9a-f-]{36})$"},
            "results_tolerance": {"minimum": 0, "maximum": 1000000000000},
            "priority": {"minimum": -10, "maximum": 10},
            "after": null,
            "after_failure": null,
            "start_at": null
          }
        }
      }
    }
  }
})",
                                      .message = "datamigrate.v1.CreateScheduleRequest"};

constexpr Parameter kId = {.name = "id",
                           .schema = kUuidSchema,
                           .description = "the schedule",
                           .place = Parameter::Place::kPath};

Response List(EngineClient* engine, const Request& request) {
  return MessageResponse(request, 200, engine->ListSchedules(ContextOf(request), {}));
}

Response Create(EngineClient* engine, const Request& request) {
  v1::CreateScheduleRequest asked;
  if (absl::Status read = ReadJsonBody(request, asked); !read.ok()) return ProblemOf(request, read);
  const auto created = engine->CreateSchedule(ContextOf(request), asked);
  Response response = MessageResponse(request, 201, created);
  if (created.ok()) response.audit.object = created->id();
  return response;
}

Response Remove(EngineClient* engine, const Request& request) {
  v1::DeleteScheduleRequest asked;
  asked.set_id(ParameterOf(request, "id"));
  const auto removed = engine->DeleteSchedule(ContextOf(request), asked);
  if (!removed.ok()) return ProblemOf(request, removed.status());
  Response response;
  response.status = 204;
  return response;
}

}  // namespace

void AddScheduleRoutes(EngineClient* engine, std::vector<Route>& routes) {
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
  add("GET", "/api/v1/schedules", P::kMigrationsRead, List,
      {.operation_id = "listSchedules",
       .tag = kTag,
       .summary = "The organization's schedules, by name.",
       .answers = {{200, "All of them.", &kSchedules}}});
  add("POST", "/api/v1/schedules", P::kMigrationsWrite, Create,
      {.operation_id = "createSchedule",
       .tag = kTag,
       .summary = "Makes a migration whenever it is time.",
       .body = &kNewSchedule,
       .answers = {{201, "The schedule.", &kSchedule}}});
  add("DELETE", "/api/v1/schedules/{id}", P::kMigrationsWrite, Remove,
      {.operation_id = "deleteSchedule",
       .tag = kTag,
       .summary = "Removes a schedule; migrations that it has made stay.",
       .parameters = {kId},
       .answers = {{204, "It is gone.", nullptr, ""}}});
}

}  // namespace datamigrate::gateway
