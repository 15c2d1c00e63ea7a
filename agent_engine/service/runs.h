// What RunService's calls do, without gRPC.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent_engine/service/caller.h"
#include "agent_engine/store/migration_store.h"
#include "agent_engine/store/run_history.h"
#include "agent_engine/workflow/graph_drawing.h"
#include "datamigrate/v1/runs.pb.h"

namespace datamigrate::service {

// Thread-safe.
class Runs {
 public:
  // All must outlive this.
  Runs(store::RunHistory* history, store::MigrationStore* migrations, const workflow::Graph* graph)
      : history_(history), migrations_(migrations), graph_(graph) {}

  absl::StatusOr<v1::ListRunsResponse> List(const Caller& caller,
                                            const v1::ListRunsRequest& request);
  absl::StatusOr<v1::RunHistory> History(const Caller& caller,
                                         const v1::GetHistoryRequest& request);
  absl::StatusOr<v1::RunState> State(const Caller& caller, const v1::GetStateRequest& request);
  absl::StatusOr<v1::StateDiff> Diff(const Caller& caller, const v1::DiffStatesRequest& request);
  absl::StatusOr<v1::Run> Fork(const Caller& caller, const v1::ForkRunRequest& request);
  absl::StatusOr<v1::GraphDrawing> Draw(const Caller& caller, const v1::DrawGraphRequest& request);
  absl::StatusOr<v1::ListMessagesResponse> Messages(const Caller& caller,
                                                    const v1::ListMessagesRequest& request);
  absl::StatusOr<v1::ListDecisionsResponse> Decisions(const Caller& caller,
                                                      const v1::ListDecisionsRequest& request);
  absl::StatusOr<v1::ListMemoryResponse> Memory(const Caller& caller,
                                                const v1::ListMemoryRequest& request);

 private:
  absl::StatusOr<store::StateRecord> ForkPoint(const Caller& caller,
                                               const v1::ForkRunRequest& request);

  store::RunHistory* const history_;
  store::MigrationStore* const migrations_;
  const workflow::Graph* const graph_;
};

}  // namespace datamigrate::service
