#include "gateway/filters/audit/audit_filter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "common/crypto/digest.h"
#include "gateway/http/problem.h"
#include "gateway/http/router.h"
#include "gateway/http/spooled_body.h"

namespace datamigrate::gateway {
namespace {

// Operations that only read, but carry away what is worth knowing about.
constexpr auto kAuditedReads = std::to_array<std::string_view>(
    {"downloadProject", "exportAuditLogs", "listApiKeys", "listAuditLogs"});

bool Changes(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

bool IsAuditedRead(const Request& request) {
  return std::ranges::find(kAuditedReads, request.route->description.operation_id) !=
         kAuditedReads.end();
}

bool IsRefusal(int status) {
  return status == 401 || status == 403 || status == 429;
}

const std::string& FirstOf(const std::string& known_better, const std::string& otherwise) {
  return known_better.empty() ? otherwise : known_better;
}

std::string ActionOf(const Request& request) {
  const std::string_view operation = request.route->description.operation_id;
  return operation.empty() ? fmt::format("{} {}", request.method, request.route->pattern)
                           : std::string(operation);
}

}  // namespace

audit::Row AuditRowOf(const Request& request, const Response& response) {
  static const Principal kNobody;
  const Principal& principal = request.principal.has_value() ? *request.principal : kNobody;
  audit::Row row;
  row.organization_id = FirstOf(response.audit.organization_id, principal.organization_id);
  row.user_id = FirstOf(response.audit.user_id, principal.user_id);
  row.key_id = principal.key_id;
  row.session_id = principal.session_id;
  row.remote_address = request.remote_address;
  row.action = ActionOf(request);
  const auto id = request.parameters.find("id");
  row.object = response.audit.object;
  if (row.object.empty() && id != request.parameters.end()) row.object = id->second;
  row.status = response.status;
  row.request_id = request.request_id;
  // A hash of a short text, as a password is, can be guessed.
  const bool is_secret =
      request.route->has_secret_body || request.route->rate_class == RateClass::kCredentials;
  if (!is_secret && !request.body.empty()) row.text_sha256 = crypto::Sha256Hex(request.body);
  if (request.file != nullptr) row.text_sha256 = request.file->Sha256Hex();
  row.verdict = request.scan.verdict;
  row.rules = fmt::format("{}", fmt::join(request.scan.rules, " "));
  row.findings = fmt::format("{}", fmt::join(request.scan.findings, " "));
  row.latency_micros = absl::ToInt64Microseconds(absl::Now() - request.received_at);
  return row;
}

AuditFilter::AuditFilter(AuditLog* log, RefusalTally* refusals, telemetry::Metrics& metrics)
    : log_(log),
      refusals_(refusals),
      unrecorded_(metrics.AddCounter("datamigrate_gateway_audit_unrecorded_total",
                                     "Answers that became 503 as they could not be recorded.")) {}

Response AuditFilter::Unrecorded(const Request& request) const {
  unrecorded_.Increment();
  Response response = Problem(
      request, 503,
      "The request may have been carried out but could not be recorded. Try again, with the "
      "same Idempotency-Key where there was one.");
  response.headers.Set("Retry-After", "1");
  response.audit.is_recorded = true;
  return response;
}

bool AuditFilter::Holds(const Request& request, const Response&) const {
  return request.route != nullptr && (Changes(request.method) || request.scan.verdict == "block");
}

void AuditFilter::Hold(const Request& request, Response& response, std::function<void()> go_on) {
  response.audit.is_recorded = true;
  auto done = [this, &request, &response, go_on](const absl::Status& written) {
    if (!written.ok()) response = Unrecorded(request);
    go_on();
  };
  if (log_->Append(AuditRowOf(request, response), std::move(done))) return;
  response = Unrecorded(request);
  go_on();
}

void AuditFilter::OnResponse(const Request& request, Response& response) {
  if (request.route == nullptr || response.audit.is_recorded) return;
  if (IsRefusal(response.status)) {
    refusals_->Add(AuditRowOf(request, response));
  } else if (IsAuditedRead(request) && !log_->Append(AuditRowOf(request, response), nullptr)) {
    response = Unrecorded(request);
  }
}

}  // namespace datamigrate::gateway
