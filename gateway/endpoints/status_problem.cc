#include "gateway/endpoints/status_problem.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/problem.h"
#include "gateway/http/retry_after.h"

namespace datamigrate::gateway {
namespace {

struct Row {
  absl::StatusCode code;
  int http_status;
  std::string_view detail;  // "": the operation's own message
};

constexpr std::array<Row, 16> kRows = {{
    {absl::StatusCode::kInvalidArgument, 400, ""},
    {absl::StatusCode::kOutOfRange, 400, ""},
    {absl::StatusCode::kPermissionDenied, 403, ""},
    {absl::StatusCode::kNotFound, 404, ""},
    {absl::StatusCode::kAlreadyExists, 409, ""},
    {absl::StatusCode::kFailedPrecondition, 409, ""},
    {absl::StatusCode::kAborted, 409, ""},
    {absl::StatusCode::kUnimplemented, 501, ""},
    {absl::StatusCode::kUnauthenticated, 401, ""},
    {absl::StatusCode::kResourceExhausted, 503, "The service has too much to do; try again."},
    {absl::StatusCode::kUnavailable, 503, "A service behind the gateway is away; try again."},
    {absl::StatusCode::kCancelled, 503, "The operation was interrupted; try again."},
    {absl::StatusCode::kDeadlineExceeded, 504,
     "A service behind the gateway did not answer in time."},
    {absl::StatusCode::kUnknown, 502, "A service behind the gateway failed."},
    {absl::StatusCode::kInternal, 502, "A service behind the gateway failed."},
    {absl::StatusCode::kDataLoss, 502, "A service behind the gateway failed."},
}};

const Row& RowOf(absl::StatusCode code) {
  const auto found = std::ranges::find(kRows, code, &Row::code);
  return found != kRows.end() ? *found
                              : *std::ranges::find(kRows, absl::StatusCode::kUnknown, &Row::code);
}

}  // namespace

int HttpStatusOf(absl::StatusCode code) {
  return RowOf(code).http_status;
}

Response ProblemOf(const Request& request, const absl::Status& status) {
  if (const std::optional<absl::Duration> wait = WaitOf(status); wait.has_value()) {
    const int64_t seconds = absl::ToInt64Seconds(*wait);
    Response response = Problem(
        request, 429, fmt::format("{}; try again in {} s", std::string(status.message()), seconds));
    response.headers.Set("Retry-After", std::to_string(seconds));
    return response;
  }
  const Row& row = RowOf(status.code());
  const std::string message(status.message());
  if (!row.detail.empty()) {
    spdlog::warn("request {} failed: {}: {}", request.request_id,
                 absl::StatusCodeToString(status.code()), message);
  }
  Response response =
      Problem(request, row.http_status, row.detail.empty() ? message : std::string(row.detail));
  if (row.http_status == 503) response.headers.Set("Retry-After", "1");
  if (row.http_status == 401)
    response.headers.Set("WWW-Authenticate", "Bearer realm=\"datamigrate\"");
  return response;
}

}  // namespace datamigrate::gateway
