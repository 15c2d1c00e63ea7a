#include "gateway/store/tenant.h"

#include <utility>

namespace datamigrate::gateway {
namespace {

// Both settings end with the transaction, so a connection goes back to the pool as it came.
constexpr pg::Statement kEnterTenant = {"enter_tenant",
                                        "SELECT set_config('datamigrate.organization', $1, true),"
                                        " set_config('role', 'datamigrate_tenant', true)"};

}  // namespace

absl::Status InTenant(pg::Pool& pool, const std::string& organization_id,
                      const pg::RetryPolicy& policy,
                      absl::FunctionRef<absl::Status(pg::Transaction&)> work) {
  return pg::InTransaction(pool, policy, [&](pg::Transaction& transaction) {
    const auto entered = transaction.Execute(kEnterTenant, {organization_id});
    return entered.ok() ? work(transaction) : entered.status();
  });
}

absl::StatusOr<pg::Result> ExecuteInTenant(pg::Pool& pool, const std::string& organization_id,
                                           const pg::RetryPolicy& policy,
                                           const pg::Statement& statement,
                                           const std::vector<pg::Parameter>& parameters) {
  absl::StatusOr<pg::Result> rows = absl::UnknownError("not run");
  const absl::Status done =
      InTenant(pool, organization_id, policy, [&](pg::Transaction& transaction) {
        rows = transaction.Execute(statement, parameters);
        return rows.status();
      });
  if (!done.ok()) return done;
  return rows;
}

}  // namespace datamigrate::gateway
