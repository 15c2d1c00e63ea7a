// Statements on behalf of one organization, behind PostgreSQL's row-level security.
#ifndef DATAMIGRATE_GATEWAY_STORE_TENANT_H_
#define DATAMIGRATE_GATEWAY_STORE_TENANT_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/pg/pool.h"
#include "common/pg/transaction.h"

namespace datamigrate::gateway {

// As pg::InTransaction, as the role datamigrate_tenant for `organization_id`: whatever `work` asks,
// it sees and changes rows of that organization alone (0004_organizations.sql).
absl::Status InTenant(pg::Pool& pool, const std::string& organization_id,
                      const pg::RetryPolicy& policy,
                      absl::FunctionRef<absl::Status(pg::Transaction&)> work);

// One statement of that kind.
absl::StatusOr<pg::Result> ExecuteInTenant(pg::Pool& pool, const std::string& organization_id,
                                           const pg::RetryPolicy& policy,
                                           const pg::Statement& statement,
                                           const std::vector<pg::Parameter>& parameters = {});

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_TENANT_H_
