#include "gateway/filters/rate_limit/rate_limit_filter.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/http/problem.h"
#include "gateway/http/router.h"
#include "gateway/http/subscriber.h"

namespace datamigrate::gateway {
namespace {

RateClass ClassOf(const Request& request) {
  return request.route == nullptr ? RateClass::kOrdinary : request.route->rate_class;
}

bool Changes(const Request& request) {
  return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

std::string_view NameOf(LimitWindow window) {
  return window == LimitWindow::kMinute ? "minute" : "day";
}

constexpr uint32_t kMinuteSeconds = 60;
constexpr uint32_t kDaySeconds = 24 * 60 * 60;

}  // namespace

RateLimitFilter::RateLimitFilter(RateLimits limits, std::unique_ptr<Limiter> limiter,
                                 const LimitBook* book, telemetry::Metrics& metrics)
    : limits_(limits),
      limiter_(std::move(limiter)),
      book_(book),
      refused_(metrics.AddCounter("datamigrate_gateway_rate_limited_total",
                                  "Requests refused by the rate limit.")) {}

bool RateLimitFilter::IsCounted(const Request& request) const {
  return limits_.per_minute != 0 && ClassOf(request) != RateClass::kNone;
}

bool RateLimitFilter::Blocks(const Request& request) const {
  return IsCounted(request) && limiter_->Blocks();
}

std::vector<Limit> RateLimitFilter::LimitsOf(const Request& request) const {
  if (ClassOf(request) == RateClass::kCredentials) {
    return {{"c" + SubscriberOf(request.remote_address), limits_.credentials_per_minute}};
  }
  if (!request.principal.has_value()) {
    return {{"a" + SubscriberOf(request.remote_address), limits_.per_minute}};
  }
  const Principal& principal = *request.principal;
  const RateLimits own = EffectiveLimits(limits_, book_->Find(principal.organization_id));
  const std::string who =
      principal.key_id.empty() ? "u" + principal.user_id : "k" + principal.key_id;
  std::vector<Limit> limits = {{who, own.per_minute}};
  const auto add = [&](std::string key, uint32_t limit, LimitWindow window) {
    if (limit != 0) limits.push_back({std::move(key), limit, window});
  };
  if (Changes(request)) {
    add("w" + who, own.writes_per_minute, LimitWindow::kMinute);
  }
  add("o" + principal.organization_id, own.organization_per_minute, LimitWindow::kMinute);
  add("d" + principal.organization_id, own.organization_per_day, LimitWindow::kDay);
  return limits;
}

bool RateLimitFilter::TakePlace(const Request& request) {
  if (!request.principal.has_value()) return true;
  const std::string& id = request.principal->organization_id;
  const uint32_t limit = EffectiveLimits(limits_, book_->Find(id)).organization_concurrent;
  absl::MutexLock lock(&mutex_);
  uint32_t& running = running_[id];
  if (limit != 0 && running >= limit) return false;
  ++running;
  return true;
}

std::optional<Response> RateLimitFilter::OnRequest(Request& request) {
  if (!IsCounted(request)) return std::nullopt;
  const LimitVerdict verdict = limiter_->Charge(LimitsOf(request), request.received_at);
  const uint32_t window = verdict.window == LimitWindow::kMinute ? kMinuteSeconds : kDaySeconds;
  request.rate_limit = {verdict.limit, verdict.remaining, verdict.reset_seconds, window, false};
  if (!verdict.is_allowed) {
    refused_.Increment();
    Response response =
        Problem(request, 429,
                fmt::format("More than {} requests in a {}; try again in {} s.", verdict.limit,
                            NameOf(verdict.window), verdict.reset_seconds));
    response.headers.Set("Retry-After", std::to_string(verdict.reset_seconds));
    return response;
  }
  request.rate_limit->has_place = TakePlace(request);
  if (request.rate_limit->has_place) return std::nullopt;
  refused_.Increment();
  Response response =
      Problem(request, 429, "The organization has too many requests under way; try again in 1 s.");
  response.headers.Set("Retry-After", "1");
  return response;
}

void RateLimitFilter::OnResponse(const Request& request, Response& response) {
  if (!request.rate_limit.has_value()) return;
  const Request::RateLimit& found = *request.rate_limit;
  if (found.has_place && request.principal.has_value()) {
    absl::MutexLock lock(&mutex_);
    const auto running = running_.find(request.principal->organization_id);
    if (running != running_.end() && --running->second == 0) running_.erase(running);
  }
  response.headers.Set("RateLimit-Limit", std::to_string(found.limit));
  response.headers.Set("RateLimit-Remaining", std::to_string(found.remaining));
  response.headers.Set("RateLimit-Reset", std::to_string(found.reset_seconds));
  response.headers.Set("RateLimit-Policy",
                       fmt::format("{};w={}", found.limit, found.window_seconds));
}

}  // namespace datamigrate::gateway
