#include "gateway/endpoints/operation_endpoints.h"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/time/clock.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/http/problem.h"
#include "gateway/openapi/document.h"
#include "gateway/version.h"
#include "gateway/web/landing_page.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::ordered_json;

constexpr absl::Duration kFreshFor = absl::Seconds(1);
constexpr absl::Duration kPatience = absl::Seconds(2);
constexpr std::string_view kPageType = "text/html; charset=utf-8";
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

Response ShowHealth() {
  return JsonResponse(200, Json{{"status", "ok"}, {"version", kVersion}}.dump());
}

// Reasons stay in the log: the route is open to everybody.
Response ShowReadiness(Readiness* readiness) {
  Json checks = Json::object();
  bool is_ready = true;
  for (const Readiness::Finding& finding : readiness->Ask()) {
    checks[finding.name] = finding.status.ok() ? "ok" : "unreachable";
    is_ready = is_ready && finding.status.ok();
  }
  const Json body = {{"status", is_ready ? "ready" : "not ready"}, {"checks", checks}};
  Response response = JsonResponse(is_ready ? 200 : 503, body.dump());
  if (!is_ready) response.headers.Set("Retry-After", "2");
  return response;
}

Response ShowLandingPage() {
  Response response = TextResponse(200, kPageType, std::string(kLandingPage));
  response.headers.Set("Content-Security-Policy", kLandingPagePolicy);
  return response;
}

// "": none is asked for; "own": any user, no API key; "identified": any credential.
std::string_view PermissionText(const Route& route) {
  if (!route.needs_principal) return "";
  if (route.permission == Permission::kOwn) return "own";
  if (route.permission == Permission::kIdentified) return "identified";
  return NameOf(route.permission);
}

std::string ListRoutes(const std::vector<Route>& routes) {
  Json list = Json::array();
  for (const Route& route : routes) {
    list.push_back({{"method", route.method},
                    {"path", route.pattern},
                    {"needs_sign_in", route.needs_principal},
                    {"permission", PermissionText(route)}});
  }
  return Json{{"service", "datamigrate-gateway"}, {"version", kVersion}, {"routes", list}}.dump();
}

bool IsLoopback(std::string_view address) {
  return address == "::1" || address.starts_with("127.") || address.starts_with("::ffff:127.");
}

constexpr std::string_view kTag = "operation";

constexpr NamedSchema kHealth = {.name = "Health", .text = R"({
  "type": "object",
  "required": ["status", "version"],
  "properties": {"status": {"type": "string", "enum": ["ok"]}, "version": {"type": "string"}}
})"};

constexpr NamedSchema kReadiness = {.name = "Readiness", .text = R"({
  "type": "object",
  "required": ["status", "checks"],
  "properties": {
    "status": {"type": "string", "enum": ["ready", "not ready"]},
    "checks": {"type": "object", "additionalProperties": {"type": "string",
                                                          "enum": ["ok", "unreachable"]}}
  }
})"};

constexpr NamedSchema kRouteList = {.name = "RouteList", .text = R"({
  "type": "object",
  "required": ["service", "version", "routes"],
  "properties": {
    "service": {"type": "string"},
    "version": {"type": "string"},
    "routes": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["method", "path", "needs_sign_in", "permission"],
        "properties": {"method": {"type": "string"}, "path": {"type": "string"},
                       "needs_sign_in": {"type": "boolean"},
                       "permission": {"type": "string"}}
      }
    }
  }
})"};

constexpr NamedSchema kApiDocument = {.name = "ApiDocument", .text = R"({
  "type": "object",
  "required": ["openapi", "info", "paths", "components"],
  "properties": {"openapi": {"type": "string"}, "info": {"type": "object"},
                 "paths": {"type": "object"}, "components": {"type": "object"}}
})"};

Description Described(std::string_view operation_id, std::string_view summary,
                      std::vector<Answer> answers) {
  return {
      .operation_id = operation_id, .tag = kTag, .summary = summary, .answers = std::move(answers)};
}

Route OpenRoute(std::string_view pattern, RunsOn runs_on, RateClass rate_class, Endpoint endpoint,
                Description description) {
  return {.method = "GET",
          .pattern = pattern,
          .runs_on = runs_on,
          .needs_principal = false,
          .rate_class = rate_class,
          .max_body_bytes = 0,
          .endpoint = std::move(endpoint),
          .description = std::move(description)};
}

}  // namespace

std::vector<Readiness::Finding> Readiness::Ask() {
  {
    absl::MutexLock lock(&mutex_);
    const bool is_fresh = absl::Now() - asked_at_ < kFreshFor;
    if (is_fresh || (is_asking_ && !findings_.empty())) return findings_;
    is_asking_ = true;
  }
  std::vector<Finding> findings = AskAll();
  absl::MutexLock lock(&mutex_);
  findings_ = findings;
  asked_at_ = absl::Now();
  is_asking_ = false;
  return findings;
}

std::vector<Readiness::Finding> Readiness::AskAll() const {
  std::vector<Finding> findings;
  for (const Check& check : checks_) {
    findings.push_back({check.name, check.ask(absl::Now() + kPatience)});
    const absl::Status& status = findings.back().status;
    if (!status.ok()) {
      spdlog::warn("{} is not ready: {}", check.name, std::string(status.message()));
    }
  }
  return findings;
}

void AddMetricsRoute(const telemetry::Metrics* metrics, MetricsAudience audience,
                     std::vector<Route>& routes) {
  routes.push_back(OpenRoute(
      "/metrics", RunsOn::kIoThread, RateClass::kNone,
      [=](const Request& request) {
        if (audience == MetricsAudience::kThisMachine && !IsLoopback(request.remote_address)) {
          return Problem(
              request, 403,
              "The figures are for this machine; --metrics-listen serves them elsewhere.");
        }
        return TextResponse(200, kMetricsType, metrics->Print());
      },
      Described("showMetrics", "Counters and gauges, as Prometheus reads them.",
                {{200, "The metrics.", nullptr, kMetricsType}})));
}

void AddOperationRoutes(Readiness* readiness, std::vector<Route>& routes) {
  routes.push_back(OpenRoute(
      "/health", RunsOn::kIoThread, RateClass::kNone, [](const Request&) { return ShowHealth(); },
      Described("showHealth", "Whether the process runs.", {{200, "It does.", &kHealth}})));
  routes.push_back(OpenRoute(
      "/ready", RunsOn::kWorkers, RateClass::kNone,
      [=](const Request&) { return ShowReadiness(readiness); },
      Described("showReadiness", "Whether PostgreSQL and the engine answer.",
                {{200, "They do.", &kReadiness}, {503, "One does not.", &kReadiness}})));
  routes.push_back(OpenRoute(
      "/", RunsOn::kIoThread, RateClass::kOrdinary,
      [](const Request&) { return ShowLandingPage(); },
      Described("showLandingPage", "A page that says what this is.",
                {{200, "The page.", nullptr, kPageType}})));
  routes.push_back(OpenRoute(
      "/api", RunsOn::kIoThread, RateClass::kOrdinary,
      [list = ListRoutes(routes)](const Request&) { return JsonResponse(200, list); },
      Described("listRoutes", "The routes in short.", {{200, "The list.", &kRouteList}})));
  routes.push_back(OpenRoute(
      "/api/v1/openapi.json", RunsOn::kWorkers, RateClass::kOrdinary, nullptr,
      Described("showApiDocument", "This document.", {{200, "OpenAPI 3.1.", &kApiDocument}})));
  routes.back().endpoint = [document = ApiDocument(routes, kVersion)](const Request&) {
    return JsonResponse(200, document);
  };
}

}  // namespace datamigrate::gateway
