#include "gateway/endpoints/operation_endpoints.h"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/time/clock.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/version.h"
#include "gateway/web/landing_page.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::ordered_json;

constexpr absl::Duration kFreshFor = absl::Seconds(1);
constexpr absl::Duration kPatience = absl::Seconds(2);

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
  Response response = TextResponse(200, "text/html; charset=utf-8", std::string(kLandingPage));
  response.headers.Set("Content-Security-Policy", kLandingPagePolicy);
  return response;
}

std::string ListRoutes(const std::vector<Route>& routes) {
  Json list = Json::array();
  for (const Route& route : routes) {
    list.push_back({{"method", route.method},
                    {"path", route.pattern},
                    {"needs_sign_in", route.needs_principal}});
  }
  return Json{{"service", "datamigrate-gateway"}, {"version", kVersion}, {"routes", list}}.dump();
}

Route OpenRoute(std::string_view pattern, RunsOn runs_on, RateClass rate_class, Endpoint endpoint) {
  return {.method = "GET",
          .pattern = pattern,
          .runs_on = runs_on,
          .needs_principal = false,
          .rate_class = rate_class,
          .max_body_bytes = 0,
          .endpoint = std::move(endpoint)};
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

void AddOperationRoutes(Readiness* readiness, const telemetry::Metrics* metrics,
                        std::vector<Route>& routes) {
  routes.push_back(OpenRoute("/health", RunsOn::kIoThread, RateClass::kNone,
                             [](const Request&) { return ShowHealth(); }));
  routes.push_back(OpenRoute("/ready", RunsOn::kWorkers, RateClass::kNone,
                             [=](const Request&) { return ShowReadiness(readiness); }));
  routes.push_back(OpenRoute("/metrics", RunsOn::kIoThread, RateClass::kNone, [=](const Request&) {
    return TextResponse(200, "text/plain; version=0.0.4; charset=utf-8", metrics->Print());
  }));
  routes.push_back(OpenRoute("/", RunsOn::kIoThread, RateClass::kOrdinary,
                             [](const Request&) { return ShowLandingPage(); }));
  routes.push_back(
      OpenRoute("/api", RunsOn::kIoThread, RateClass::kOrdinary,
                [list = ListRoutes(routes)](const Request&) { return JsonResponse(200, list); }));
}

}  // namespace datamigrate::gateway
