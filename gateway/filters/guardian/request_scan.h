// Scans the texts of one request and does with them what a policy wants.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_REQUEST_SCAN_H_
#define DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_REQUEST_SCAN_H_

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/guardian/scanner.h"
#include "gateway/filters/guardian/harmless_names.h"
#include "gateway/http/message.h"
#include "gateway/policy/judged_text.h"
#include "gateway/policy/policy.h"

namespace datamigrate::gateway {

// For one request on one thread. Everything it is given must outlive it.
class RequestScan {
 public:
  // `names` are those in which `scanner` found nothing; more are added.
  RequestScan(guardian::Scanner& scanner, HarmlessNames& names, const Policy& policy,
              const RuleScores& scores, absl::Time now)
      : scanner_(scanner), names_(names), policy_(policy), scores_(scores), now_(now) {}

  // Scans path, query and body until a text is to be blocked; cuts out of the request what is to
  // be sanitised, and notes what was found in request.scan. Names of a body's fields are scanned,
  // too, but cannot be sanitised: a name that should be is blocked.
  void Scan(Request& request);

  bool is_blocked() const { return reaction_ == Reaction::kBlock; }
  // Of the text that was blocked: its field, and the rules against it.
  const std::string& blocked_field() const { return blocked_field_; }
  const std::vector<std::string>& blocked_rules() const { return blocked_rules_; }

 private:
  // What becomes of a text: `cut` is what is left of it where it is sanitised.
  struct Outcome {
    bool is_clean = false;  // nothing was found at all
    Reaction reaction = Reaction::kAllow;
    std::string cut = "";
  };
  Outcome Judge(std::string_view text, std::string_view field, guardian::FieldKind kind);
  void Note(const JudgedText::Part& part, std::string_view field);
  void ScanFields(std::map<std::string, std::string>& fields);
  void ScanName(std::string_view name, std::string_view field);
  // Scans the value without changing it; true when a text below it is to be sanitised.
  bool NeedsCut(const boost::json::value& value, std::string_view field, guardian::FieldKind kind);
  void Cut(boost::json::value& value, std::string_view field, guardian::FieldKind kind);
  void ScanBody(Request& request);

  guardian::Scanner& scanner_;
  HarmlessNames& names_;
  const Policy& policy_;
  const RuleScores& scores_;
  const absl::Time now_;
  Reaction reaction_ = Reaction::kAllow;
  bool is_noting_ = true;
  std::vector<Finding> findings_;
  std::vector<std::string> rules_;  // of all findings that the policy does not allow
  std::string blocked_field_;
  std::vector<std::string> blocked_rules_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_REQUEST_SCAN_H_
