// What GuidanceService's calls do, without gRPC.
#pragma once

#include "absl/status/statusor.h"
#include "agent_engine/guidance/guided_answer.h"
#include "agent_engine/service/caller.h"
#include "agent_engine/service/migration_service.h"
#include "agent_engine/store/run_history.h"
#include "datamigrate/v1/guidance.pb.h"

namespace datamigrate::service {

// Thread-safe.
class Guidance {
 public:
  // All must outlive this.
  Guidance(Migrations* migrations, store::RunHistory* history, const guidance::GuidedModel& model)
      : migrations_(migrations), history_(history), model_(model) {}

  // Blocks while a model is asked.
  absl::StatusOr<v1::Explanation> Explain(const Caller& caller,
                                          const v1::ExplainMigrationRequest& request);

 private:
  Migrations* const migrations_;
  store::RunHistory* const history_;
  const guidance::GuidedModel model_;
};

}  // namespace datamigrate::service
