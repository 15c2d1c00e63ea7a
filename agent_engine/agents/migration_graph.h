// The graph of a migration: which agent follows which, and what each adds to the progress.
//
//   assessment → planner → executor → data → tester → rebuilder → tester
//                                               └───→ optimizer → evaluation → end
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent_engine/agents/environment.h"
#include "agent_engine/workflow/graph.h"
#include "datamigrate/v1/migration.pb.h"
#include "datamigrate/v1/state.pb.h"

namespace datamigrate::agents {

// The node that asks for approval of the plan.
inline constexpr std::string_view kPlannerNode = "planner";

// `environment` is copied into the graph.
absl::StatusOr<workflow::Graph> BuildMigrationGraph(const Environment& environment);

// The state before the first node. The request must have passed CheckRequest.
std::string InitialState(std::string_view migration_id, std::string_view tenant,
                         const v1::CreateMigrationRequest& request);

// kInvalidArgument, with what to write instead, for a request that cannot become a migration.
absl::Status CheckRequest(const v1::CreateMigrationRequest& request);

// The share of a migration's whole, 0 to 1, at which a node begins and ends; 0 and 0 for an unknown
// name.
struct ProgressRange {
  double begin = 0;
  double end = 0;
};
ProgressRange ProgressOf(std::string_view node);

// What lists and pages show of a state: counts, scores, steps of dbt, paths.
v1::Migration SummaryOf(const v1::MigrationState& state);

}  // namespace datamigrate::agents
