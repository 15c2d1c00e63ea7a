// What the audit log says of a model's answer.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_ANSWER_RECORD_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_ANSWER_RECORD_H_

#include <string_view>

#include "gateway/http/message.h"
#include "gateway/policy/answer_filter.h"
#include "gateway/store/audit_log.h"

namespace datamigrate::gateway {

// For one request to a model.
class AnswerRecord {
 public:
  // `log` must outlive the record; null where none is kept. `request` has a principal.
  AnswerRecord(AuditLog* log, const Request& request);

  // False where no log is kept: then Write may not be called.
  bool is_kept() const { return log_ != nullptr; }

  // Adds a row "readModelAnswer" about `model` with `status`, and what the Guardian found.
  // `done` and the result are as AuditLog::Append's.
  [[nodiscard]] bool Write(const AnswerVerdict& verdict, std::string_view model, int status,
                           AuditLog::Done done) const;

 private:
  AuditLog* const log_;
  audit::Row row_;
  const absl::Time received_at_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_ANSWER_RECORD_H_
