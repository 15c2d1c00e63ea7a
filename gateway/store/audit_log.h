// The append-only record of what was done through the gateway.
#ifndef DATAMIGRATE_GATEWAY_STORE_AUDIT_LOG_H_
#define DATAMIGRATE_GATEWAY_STORE_AUDIT_LOG_H_

#include <functional>

#include "absl/status/status.h"
#include "common/audit/audit_row.h"

namespace datamigrate::gateway {

class AuditLog {
 public:
  // Called once, from any thread, possibly before Append returns: OK when the row is stored for
  // good, else why it is not.
  using Done = std::function<void(absl::Status)>;

  virtual ~AuditLog() = default;

  // Takes `row` to be written, and does not wait. Without `done` nobody waits for it: it is
  // written with the next ones, and tried again until it is. False when too much waits already;
  // then it was not taken and `done` is not called. Thread safe.
  [[nodiscard]] virtual bool Append(audit::Row row, Done done) = 0;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_AUDIT_LOG_H_
