#include "gateway/filters/access_log/access_log_filter.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kLongestPath = 256;

// Printable ASCII as it is, everything else as %XX, so that a path cannot forge a line.
std::string Loggable(std::string_view path) {
  std::string text;
  for (const char c : path.substr(0, kLongestPath)) {
    if (c > 0x20 && c < 0x7f && c != '"') {
      text += c;
    } else {
      text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return text;
}

// A method outside the known ones is the client's text: it must not become a label.
std::string_view KnownMethod(std::string_view method) {
  for (const std::string_view known :
       {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    if (method == known) return known;
  }
  return "other";
}

}  // namespace

AccessLogFilter::AccessLogFilter(telemetry::Metrics& metrics, WriteLine write)
    : requests_(metrics.AddCounter("datamigrate_gateway_requests_total", "Requests answered.",
                                   {"method", "route", "status"})),
      seconds_(metrics.AddHistogram(
          "datamigrate_gateway_request_seconds", "Time from a request's arrival to its answer.",
          {"route"}, {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})),
      write_(std::move(write)) {}

void AccessLogFilter::OnResponse(const Request& request, Response& response) {
  const absl::Duration taken = absl::Now() - request.received_at;
  const std::string_view route = request.route != nullptr ? request.route->pattern : "none";
  const std::string_view method = KnownMethod(request.method);
  const std::string status = std::to_string(response.status);
  const std::array<std::string_view, 3> labels = {method, route, status};
  requests_.Increment(telemetry::LabelViews(labels));
  seconds_.Observe(absl::ToDoubleSeconds(taken), telemetry::LabelViews(&route, 1));
  const bool is_probe = request.route != nullptr && request.route->rate_class == RateClass::kNone;
  if (!write_ || (is_probe && response.status < 400)) return;
  write_(fmt::format(
      "{} {} {} {} {:.2f}ms id={} user={} from={}", method, Loggable(request.path), response.status,
      response.stream != nullptr ? "stream" : std::to_string(response.body.size()),
      absl::ToDoubleMilliseconds(taken), request.request_id,
      request.principal.has_value() ? request.principal->user_id : "-", request.remote_address));
}

}  // namespace datamigrate::gateway
