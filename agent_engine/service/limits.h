// What MigrationService's calls about limits do, without gRPC.
#pragma once

#include "absl/status/statusor.h"
#include "agent_engine/service/caller.h"
#include "agent_engine/store/migration_limits.h"
#include "datamigrate/v1/migration.pb.h"

namespace datamigrate::service {

// Thread-safe.
class Limits {
 public:
  // `limits` must outlive this. `ceiling`: how many migrations of an organization the operator lets
  // run at a time; 0: any number.
  Limits(store::MigrationLimits* limits, int ceiling) : limits_(limits), ceiling_(ceiling) {}

  absl::StatusOr<v1::MigrationLimit> Get(const Caller& caller,
                                         const v1::GetMigrationLimitRequest& request);
  absl::StatusOr<v1::MigrationLimit> Set(const Caller& caller,
                                         const v1::SetMigrationLimitRequest& request);

 private:
  store::MigrationLimits* const limits_;
  const int ceiling_;
};

}  // namespace datamigrate::service
