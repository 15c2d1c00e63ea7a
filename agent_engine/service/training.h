// What TrainingService's calls do, without gRPC.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "agent_engine/service/caller.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/run_history.h"
#include "datamigrate/v1/training.pb.h"

namespace datamigrate::service {

// Thread-safe.
class Training {
 public:
  // Both must outlive this.
  Training(store::MigrationStore* migrations, store::RunHistory* history)
      : migrations_(migrations), history_(history) {}

  // Of one migration a page, and of a large one only a part.
  absl::StatusOr<v1::ListExamplesResponse> List(const Caller& caller,
                                                const v1::ListExamplesRequest& request);

 private:
  store::MigrationStore* const migrations_;
  store::RunHistory* const history_;
};

}  // namespace datamigrate::service
