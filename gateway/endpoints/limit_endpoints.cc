#include "gateway/endpoints/limit_endpoints.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "gateway/endpoints/identity_route.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/endpoints/text_fields.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kTag = "policies";

struct Row {
  const char* name;
  std::optional<uint32_t> LimitNumbers::*number;
  uint32_t RateLimits::*limit;
};
constexpr auto kRows = std::to_array<Row>({
    {"per_minute", &LimitNumbers::per_minute, &RateLimits::per_minute},
    {"writes_per_minute", &LimitNumbers::writes_per_minute, &RateLimits::writes_per_minute},
    {"organization_per_minute", &LimitNumbers::organization_per_minute,
     &RateLimits::organization_per_minute},
    {"per_day", &LimitNumbers::per_day, &RateLimits::organization_per_day},
    {"concurrent", &LimitNumbers::concurrent, &RateLimits::organization_concurrent},
});

// The least values leave an administrator room to take a change back.
constexpr NamedSchema kNewLimits = {.name = "NewLimits", .text = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "per_minute": {"type": "integer", "minimum": 10, "maximum": 1000000000,
      "description": "requests of a user or an API key"},
    "writes_per_minute": {"type": "integer", "minimum": 5, "maximum": 1000000000,
      "description": "those of them that change something"},
    "organization_per_minute": {"type": "integer", "minimum": 10, "maximum": 1000000000,
      "description": "requests of the organization"},
    "per_day": {"type": "integer", "minimum": 100, "maximum": 1000000000,
      "description": "requests of the organization in a day, UTC"},
    "concurrent": {"type": "integer", "minimum": 2, "maximum": 1000000000,
      "description": "requests of the organization at a time, at one gateway"},
    "if_version": {"type": "integer", "minimum": 0, "maximum": 2147483646,
      "description": "refused with 409 unless this is the present version"}
  }
})"};
constexpr NamedSchema kLimits = {.name = "Limits", .text = R"({
  "type": "object", "required": ["version", "chosen", "ceilings", "effective"],
  "properties": {
    "version": {"type": "integer"},
    "chosen": {"type": "object", "description": "what the organization has chosen"},
    "ceilings": {"type": "object", "description": "what the operator permits; 0: no limit"},
    "effective": {"type": "object", "description": "what holds; 0: no limit"},
    "changed_by": {"type": "string"}, "changed_at": {"type": "string"}
  }
})"};

Json NumbersJson(const LimitNumbers& numbers) {
  Json json = Json::object();
  for (const Row& row : kRows) {
    if ((numbers.*row.number).has_value()) json[row.name] = *(numbers.*row.number);
  }
  return json;
}

Json LimitsJson(const RateLimits& limits) {
  Json json;
  for (const Row& row : kRows) json[row.name] = limits.*row.limit;
  return json;
}

Response Answer(const LimitParts& parts, const StoredLimits& stored) {
  Json body = {{"version", stored.version},
               {"chosen", NumbersJson(stored.limits.chosen)},
               {"ceilings", LimitsJson(Ceilings(parts.gateway, stored.limits))},
               {"effective", LimitsJson(EffectiveLimits(parts.gateway, stored.limits))}};
  if (stored.version > 0) {
    body["changed_by"] = stored.changed_by;
    body["changed_at"] = IsoTime(stored.changed_at);
  }
  return JsonResponse(200, body.dump());
}

Response Show(const LimitParts& parts, const Request& request) {
  const auto stored = parts.store->Find(request.principal->organization_id);
  if (!stored.ok()) return ProblemOf(request, stored.status());
  return Answer(parts, *stored);
}

absl::StatusOr<LimitNumbers> ReadNumbers(const nlohmann::json& body, const RateLimits& ceilings) {
  LimitNumbers numbers;
  for (const Row& row : kRows) {
    const auto found = body.find(row.name);
    if (found == body.end()) continue;
    const uint32_t asked = found->get<uint32_t>();
    const uint32_t ceiling = ceilings.*row.limit;
    if (ceiling != 0 && asked > ceiling) {
      return absl::InvalidArgumentError(
          fmt::format("/{} must be at most {}, which is what the operator permits; ask them for "
                      "more",
                      row.name, ceiling));
    }
    numbers.*row.number = asked;
  }
  return numbers;
}

Response Put(const LimitParts& parts, const Request& request) {
  if (parts.gateway.per_minute == 0) {
    return ProblemOf(request, absl::FailedPreconditionError(
                                  "this gateway counts no requests: its operator has set "
                                  "--rate-limit 0"));
  }
  const auto body = ReadObject(request);
  if (!body.ok()) return ProblemOf(request, body.status());
  const std::string& organization = request.principal->organization_id;
  const auto before = parts.store->Find(organization);
  if (!before.ok()) return ProblemOf(request, before.status());
  const auto chosen = ReadNumbers(*body, Ceilings(parts.gateway, before->limits));
  if (!chosen.ok()) return ProblemOf(request, chosen.status());
  const int version = body->value("if_version", before->version);
  auto stored = parts.store->Choose(organization, *chosen, version, request.principal->user_id);
  if (!stored.ok()) return ProblemOf(request, stored.status());
  parts.book->Set(organization, stored->limits);
  Response response = Answer(parts, *stored);
  response.audit.object = fmt::format("version {}", stored->version);
  return response;
}

}  // namespace

void AddLimitRoutes(const LimitParts& parts, std::vector<Route>& routes) {
  routes.push_back({.method = "GET",
                    .pattern = "/api/v1/limits",
                    .permission = Permission::kPoliciesRead,
                    .endpoint = [=](const Request& request) { return Show(parts, request); },
                    .description = {.operation_id = "showLimits",
                                    .tag = kTag,
                                    .summary = "How many requests the organization may send.",
                                    .answers = {{200, "The limits.", &kLimits}}}});
  routes.push_back(
      {.method = "PUT",
       .pattern = "/api/v1/limits",
       .permission = Permission::kPoliciesWrite,
       .max_body_bytes = kMaxTextBodyBytes,
       .endpoint = ForJson([=](const Request& request) { return Put(parts, request); }),
       .description = {.operation_id = "putLimits",
                       .tag = kTag,
                       .summary = "Chooses lower limits than the operator's, which hold at once.",
                       .body = &kNewLimits,
                       .answers = {{200, "The limits.", &kLimits}}}});
}

}  // namespace datamigrate::gateway
