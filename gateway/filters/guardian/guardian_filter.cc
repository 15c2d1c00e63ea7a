#include "gateway/filters/guardian/guardian_filter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

#include "gateway/filters/guardian/request_scan.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {

GuardianFilter::GuardianFilter(const guardian::RuleBook* rules, const PolicyBook* policies,
                               telemetry::Metrics& metrics)
    : scores_(ScoresOf(*rules)),
      policies_(policies),
      blocked_(metrics.AddCounter("datamigrate_gateway_guardian_blocked_total",
                                  "Requests refused because a text in them is an attack.")),
      tools_([rules] {
        return std::unique_ptr<Tools>(
            new Tools{{*rules, guardian::LinearModel::BuiltIn()}, HarmlessNames()});
      }) {}

std::optional<Response> GuardianFilter::BeforeEndpoint(Request& request) {
  if (request.json == nullptr && request.query.empty() && request.parameters.empty()) {
    return std::nullopt;
  }
  static const std::string kNone;
  const std::string& organization =
      request.principal.has_value() ? request.principal->organization_id : kNone;
  const std::shared_ptr<const Policy> policy = policies_->Find(organization);
  auto tools = tools_.Borrow();
  RequestScan scan(tools->scanner, tools->names, *policy, scores_, request.received_at);
  scan.Scan(request);
  if (!scan.is_blocked()) return std::nullopt;
  blocked_.Increment();
  const std::string rules = fmt::format("{}", fmt::join(scan.blocked_rules(), ", "));
  spdlog::warn("request {} was blocked by {}", request.request_id, rules);
  return Problem(request, 403,
                 fmt::format("The text of \"{}\" is refused ({}) and was not passed on. "
                             "Say it in other words, or ask an administrator.",
                             scan.blocked_field().substr(0, 64), rules));
}

}  // namespace datamigrate::gateway
