#include "gateway/endpoints/answer_record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>
#include <vector>

#include "absl/time/clock.h"

namespace datamigrate::gateway {

AnswerRecord::AnswerRecord(AuditLog* log, const Request& request)
    : log_(log), received_at_(request.received_at) {
  row_.organization_id = request.principal->organization_id;
  row_.user_id = request.principal->user_id;
  row_.key_id = request.principal->key_id;
  row_.session_id = request.principal->session_id;
  row_.remote_address = request.remote_address;
  row_.request_id = request.request_id;
  row_.action = "readModelAnswer";
}

bool AnswerRecord::Write(const AnswerVerdict& verdict, std::string_view model, int status,
                         AuditLog::Done done) const {
  audit::Row row = row_;
  row.object = model;
  row.status = status;
  row.verdict = NameOf(verdict.reaction);
  row.rules = fmt::format("{}", fmt::join(verdict.rules, " "));
  std::vector<std::string> findings;
  for (const Finding& finding : verdict.findings) findings.push_back(FindingText(finding));
  row.findings = fmt::format("{}", fmt::join(findings, " "));
  row.latency_micros = absl::ToInt64Microseconds(absl::Now() - received_at_);
  return log_->Append(std::move(row), std::move(done));
}

}  // namespace datamigrate::gateway
