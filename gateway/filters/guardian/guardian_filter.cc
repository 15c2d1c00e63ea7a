#include "gateway/filters/guardian/guardian_filter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "gateway/filters/guardian/request_scan.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {

// Gives the tools back, whatever happens.
class GuardianFilter::Borrowed {
 public:
  explicit Borrowed(GuardianFilter& filter) : filter_(filter), tools_(filter.Take()) {}
  ~Borrowed() { filter_.GiveBack(std::move(tools_)); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Tools* operator->() { return tools_.get(); }

 private:
  GuardianFilter& filter_;
  std::unique_ptr<Tools> tools_;
};

GuardianFilter::GuardianFilter(const guardian::RuleBook* rules, const PolicyBook* policies,
                               telemetry::Metrics& metrics)
    : rules_(rules),
      scores_(ScoresOf(*rules)),
      policies_(policies),
      blocked_(metrics.AddCounter("datamigrate_gateway_guardian_blocked_total",
                                  "Requests refused because a text in them is an attack.")) {}

GuardianFilter::~GuardianFilter() = default;

std::unique_ptr<GuardianFilter::Tools> GuardianFilter::Take() {
  {
    absl::MutexLock lock(&mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Tools> tools = std::move(idle_.back());
      idle_.pop_back();
      return tools;
    }
  }
  return std::unique_ptr<Tools>(
      new Tools{{*rules_, guardian::LinearModel::BuiltIn()}, HarmlessNames()});
}

void GuardianFilter::GiveBack(std::unique_ptr<Tools> tools) {
  absl::MutexLock lock(&mutex_);
  idle_.push_back(std::move(tools));
}

std::optional<Response> GuardianFilter::BeforeEndpoint(Request& request) {
  if (request.json == nullptr && request.query.empty() && request.parameters.empty()) {
    return std::nullopt;
  }
  static const std::string kNone;
  const std::string& organization =
      request.principal.has_value() ? request.principal->organization_id : kNone;
  const std::shared_ptr<const Policy> policy = policies_->Find(organization);
  Borrowed tools(*this);
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
