#include "gateway/filters/rate_limit/rate_limit_filter.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include "common/crypto/encoding.h"
#include "gateway/http/problem.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kNetworkBytes = 8;  // of an IPv6 address: the /64

RateClass ClassOf(const Request& request) {
  return request.route == nullptr ? RateClass::kOrdinary : request.route->rate_class;
}

}  // namespace

std::string SubscriberOf(const std::string& address) {
  in6_addr parsed{};
  if (inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return address;
  const std::string_view bytes(reinterpret_cast<const char*>(&parsed), sizeof(parsed));
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) return address;
  return crypto::HexEncode(bytes.substr(0, kNetworkBytes));
}

RateLimitFilter::RateLimitFilter(RateLimits limits, telemetry::Metrics& metrics)
    : limits_(limits),
      window_(limits.max_keys),
      refused_(metrics.AddCounter("datamigrate_gateway_rate_limited_total",
                                  "Requests refused by the rate limit.")) {}

std::optional<Response> RateLimitFilter::OnRequest(Request& request) {
  const RateClass rate_class = ClassOf(request);
  if (rate_class == RateClass::kNone || limits_.per_minute == 0) return std::nullopt;
  const bool is_credential = rate_class == RateClass::kCredentials;
  const bool is_user = request.principal.has_value() && !is_credential;
  const uint32_t limit = is_credential ? limits_.credentials_per_minute : limits_.per_minute;
  const std::string key = is_user
                              ? "u" + request.principal->user_id
                              : (is_credential ? "c" : "a") + SubscriberOf(request.remote_address);
  const SlidingWindow::Verdict verdict = window_.Charge(key, limit, request.received_at);
  request.rate_limit = {limit, verdict.remaining, verdict.reset_seconds};
  if (verdict.is_allowed) return std::nullopt;
  refused_.Increment();
  Response response = Problem(request, 429,
                              fmt::format("More than {} requests in a minute; try again in {} s.",
                                          limit, verdict.reset_seconds));
  response.headers.Set("Retry-After", std::to_string(verdict.reset_seconds));
  return response;
}

void RateLimitFilter::OnResponse(const Request& request, Response& response) {
  if (!request.rate_limit.has_value()) return;
  const Request::RateLimit& found = *request.rate_limit;
  response.headers.Set("RateLimit-Limit", std::to_string(found.limit));
  response.headers.Set("RateLimit-Remaining", std::to_string(found.remaining));
  response.headers.Set("RateLimit-Reset", std::to_string(found.reset_seconds));
  response.headers.Set("RateLimit-Policy",
                       fmt::format("{};w={}", found.limit, SlidingWindow::kSeconds));
}

}  // namespace datamigrate::gateway
