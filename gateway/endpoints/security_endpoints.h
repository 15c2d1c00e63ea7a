// What auditors ask: the audit log, and figures made of it.
//
//   GET    /api/v1/security/audit-logs             newest first, filtered, in pages
//   GET    /api/v1/security/audit-logs/export      oldest first, as JSON lines or CEF, streamed
//   GET    /api/v1/security/dashboard              events by hour and kind, rules, addresses
//   DELETE /api/v1/security/audit-logs/users/{id}  erases a person who is no member any more
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_SECURITY_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_SECURITY_ENDPOINTS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/audit/upkeep.h"
#include "gateway/http/router.h"
#include "gateway/store/audit_reader.h"
#include "gateway/store/organization_store.h"
#include "gateway/worker_pool.h"

namespace datamigrate::gateway {

// All must outlive the routes and the answers that stream.
struct SecurityParts {
  AuditReader* reader;
  WorkerPool* exporters;  // reads pages of exports
  OrganizationStore* organizations;
  // Erases a user from an organization's chain.
  std::function<absl::StatusOr<audit::Erasure>(const std::string& organization_id,
                                               const std::string& user_id, const audit::Row& by)>
      erase;
};

void AddSecurityRoutes(const SecurityParts& parts, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_SECURITY_ENDPOINTS_H_
