#include "gateway/filters/audit/audit_filter.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <string>
#include <string_view>

#include "common/crypto/digest.h"
#include "gateway/http/problem.h"
#include "gateway/http/router.h"

namespace datamigrate::gateway {
namespace {

bool Changes(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

std::string FirstOf(const std::string& known_better, const std::string& otherwise) {
  return known_better.empty() ? otherwise : known_better;
}

std::string ObjectOf(const Request& request, const Response& response) {
  const auto id = request.parameters.find("id");
  return FirstOf(response.audit.object, id == request.parameters.end() ? "" : id->second);
}

AuditEntry EntryOf(const Request& request, const Response& response) {
  const Principal principal = request.principal.value_or(Principal());
  AuditEntry entry;
  entry.organization_id = FirstOf(response.audit.organization_id, principal.organization_id);
  entry.user_id = FirstOf(response.audit.user_id, principal.user_id);
  entry.action = fmt::format("{} {}", request.method, request.route->pattern);
  entry.object = ObjectOf(request, response);
  entry.status = response.status;
  entry.request_id = request.request_id;
  entry.remote_address = request.remote_address;
  // Bodies of sign-in routes hold passwords, and a hash of a short text can be guessed.
  const bool is_secret = request.route->rate_class == RateClass::kCredentials;
  if (!is_secret && !request.body.empty()) entry.body_sha256 = crypto::Sha256Hex(request.body);
  return entry;
}

}  // namespace

AuditFilter::AuditFilter(AuditLog* log, telemetry::Metrics& metrics)
    : log_(log),
      failures_(metrics.AddCounter("datamigrate_gateway_audit_failures_total",
                                   "Requests whose audit row could not be written.")) {}

void AuditFilter::AfterEndpoint(const Request& request, Response& response) {
  if (request.route == nullptr || !Changes(request.method)) return;
  const absl::Status written = log_->Append(EntryOf(request, response));
  if (written.ok()) return;
  failures_.Increment();
  spdlog::error("audit row of request {} was not written: {}", request.request_id,
                std::string(written.message()));
  response = Problem(request, 503,
                     "The request may have been carried out but could not be recorded. Try again, "
                     "with the same Idempotency-Key where there was one.");
  response.headers.Set("Retry-After", "1");
}

}  // namespace datamigrate::gateway
