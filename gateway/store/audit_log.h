// The append-only record of what was done through the gateway.
#ifndef DATAMIGRATE_GATEWAY_STORE_AUDIT_LOG_H_
#define DATAMIGRATE_GATEWAY_STORE_AUDIT_LOG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/pg/pool.h"

namespace datamigrate::gateway {

struct AuditEntry {
  std::string organization_id;  // "": not known, as for a failed sign-in
  std::string user_id;          // "": not known
  std::string action;           // "POST /api/v1/migrations/{id}/cancel"
  std::string object;           // what was acted on; may be ""
  int status = 0;               // of the answer
  std::string request_id;
  std::string remote_address;
  std::string body_sha256;  // hex; "" when there was no body or it was secret
};

class AuditLog {
 public:
  virtual ~AuditLog() = default;
  // Thread safe; blocks.
  virtual absl::Status Append(const AuditEntry& entry) = 0;
};

// Rows in audit_logs, one hash chain per organization: each row's hash covers its fields and the
// hash before it, so a changed, missing or inserted row breaks the chain.
class PgAuditLog : public AuditLog {
 public:
  // `pool` must outlive the log.
  explicit PgAuditLog(pg::Pool* pool) : pool_(pool) {}

  absl::Status Append(const AuditEntry& entry) override;

  // Recomputes the chain of `organization_id` ("" for rows without one).
  // Returns the number of rows. Errors: kDataLoss names the first sequence that does not fit.
  absl::StatusOr<int64_t> Verify(const std::string& organization_id);

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_AUDIT_LOG_H_
