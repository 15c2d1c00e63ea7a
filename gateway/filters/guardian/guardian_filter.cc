#include "gateway/filters/guardian/guardian_filter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "gateway/filters/guardian/request_scan.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {

using guardian::Scanner;

// Gives the scanner back, whatever happens.
class GuardianFilter::Borrowed {
 public:
  explicit Borrowed(GuardianFilter& filter) : filter_(filter), scanner_(filter.Take()) {}
  ~Borrowed() { filter_.GiveBack(std::move(scanner_)); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Scanner& operator*() { return *scanner_; }

 private:
  GuardianFilter& filter_;
  std::unique_ptr<Scanner> scanner_;
};

GuardianFilter::GuardianFilter(const guardian::RuleBook* rules, const PolicyBook* policies,
                               telemetry::Metrics& metrics)
    : rules_(rules),
      scores_(ScoresOf(*rules)),
      policies_(policies),
      blocked_(metrics.AddCounter("datamigrate_gateway_guardian_blocked_total",
                                  "Requests refused because a text in them is an attack.")) {}

GuardianFilter::~GuardianFilter() = default;

std::unique_ptr<Scanner> GuardianFilter::Take() {
  {
    absl::MutexLock lock(&mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Scanner> scanner = std::move(idle_.back());
      idle_.pop_back();
      return scanner;
    }
  }
  return std::make_unique<Scanner>(*rules_, guardian::LinearModel::BuiltIn());
}

void GuardianFilter::GiveBack(std::unique_ptr<Scanner> scanner) {
  absl::MutexLock lock(&mutex_);
  idle_.push_back(std::move(scanner));
}

std::optional<Response> GuardianFilter::BeforeEndpoint(Request& request) {
  if (request.json == nullptr && request.query.empty() && request.parameters.empty()) {
    return std::nullopt;
  }
  static const std::string kNone;
  const std::string& organization =
      request.principal.has_value() ? request.principal->organization_id : kNone;
  const std::shared_ptr<const Policy> policy = policies_->Find(organization);
  Borrowed scanner(*this);
  RequestScan scan(*scanner, *policy, scores_, request.received_at);
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
