#include "gateway/filters/guardian/guardian_filter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json/value.hpp>
#include <string>
#include <utility>

#include "gateway/filters/guardian/field_kinds.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

using guardian::Action;
using guardian::FieldKind;
using guardian::Scanner;
using guardian::Verdict;

struct Blocked {
  std::string field;
  Verdict verdict;
};

// A text and the names of its objects, from the outside in.
class BodyScan {
 public:
  explicit BodyScan(Scanner& scanner) : scanner_(scanner) {}

  std::optional<Blocked> Scan(const boost::json::value& value, std::string_view field,
                              FieldKind kind) {
    if (const auto* text = value.if_string())
      return ScanText({text->data(), text->size()}, field, kind);
    if (const auto* list = value.if_array()) {
      for (const boost::json::value& item : *list) {
        if (auto blocked = Scan(item, field, kind); blocked.has_value()) return blocked;
      }
    } else if (const auto* object = value.if_object()) {
      for (const auto& [key, item] : *object) {
        const std::string_view name(key.data(), key.size());
        // A name is text of the client's, too.
        if (auto blocked = ScanText(name, field, FieldKind::kIdentifier); blocked.has_value()) {
          return blocked;
        }
        if (auto blocked = Scan(item, name, KindOfField(name)); blocked.has_value()) return blocked;
      }
    }
    return std::nullopt;
  }

  std::optional<Blocked> ScanText(std::string_view text, std::string_view field, FieldKind kind) {
    Verdict verdict = scanner_.Scan(text, kind);
    if (verdict.action != Action::kBlock) return std::nullopt;
    return Blocked{std::string(field), std::move(verdict)};
  }

 private:
  Scanner& scanner_;
};

std::optional<Blocked> ScanRequest(Scanner& scanner, const Request& request) {
  BodyScan scan(scanner);
  for (const auto* fields : {&request.parameters, &request.query}) {
    for (const auto& [name, text] : *fields) {
      auto blocked = scan.ScanText(text, name, KindOfField(name));
      if (blocked.has_value()) return blocked;
    }
  }
  if (request.json == nullptr) return std::nullopt;
  return scan.Scan(*request.json, "", FieldKind::kIdentifier);
}

std::vector<std::string_view> RulesOf(const Verdict& verdict) {
  std::vector<std::string_view> rules;
  for (const guardian::Match& match : verdict.matches) {
    if (guardian::IsAttack(match.category) && std::ranges::find(rules, match.rule) == rules.end()) {
      rules.push_back(match.rule);
    }
  }
  return rules;
}

}  // namespace

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

GuardianFilter::GuardianFilter(const guardian::RuleBook* rules, telemetry::Metrics& metrics)
    : rules_(rules),
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
  Borrowed scanner(*this);
  const std::optional<Blocked> blocked = ScanRequest(*scanner, request);
  if (!blocked.has_value()) return std::nullopt;
  blocked_.Increment();
  const std::string rules = fmt::format("{}", fmt::join(RulesOf(blocked->verdict), ", "));
  spdlog::warn("request {} was blocked by {}", request.request_id, rules);
  return Problem(request, 403,
                 fmt::format("The text of \"{}\" looks like an attack ({}) and was not passed on. "
                             "Say it in other words, or ask an administrator.",
                             blocked->field.substr(0, 64), rules));
}

}  // namespace datamigrate::gateway
