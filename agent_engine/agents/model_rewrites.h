// The Rebuilder's work with models: which objects they are asked about, what becomes of their
// answers, and what a person is asked.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "agent_engine/agents/environment.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/dbt/project_builder.h"
#include "agent_engine/workflow/effects.h"
#include "agent_engine/workflow/node_context.h"
#include "datamigrate/v1/state.pb.h"

namespace datamigrate::agents {

// What stands in the project in place of refused definitions.
std::map<std::string, dbt::Rewrite> AcceptedRewrites(const v1::MigrationState& state);

// Whether a refused model's object is refused for itself, not for what it reads.
bool HasOwnReason(const dbt::Model& model);

// What asking a model of the tier to rewrite a refused object would cost. Nothing where none can be
// asked, or not about this one. Asks nobody.
std::optional<v1::PlanEstimate> EstimateRewrite(const Environment& environment,
                                                const v1::MigrationState& state,
                                                const catalog::CatalogIndex& index,
                                                const dbt::Model& model, routing::Complexity tier);

// Notes in state.to_rewrite the views and routines of `project` that are refused for reasons of
// their own, read nothing that is refused, and that a model of the next tier can be asked about:
// from the tier that the plan names, or else that of its complexity, upwards, one tier a round.
// None without models.
void ChooseRewrites(const Environment& environment, const catalog::Catalog& catalog,
                    const dbt::Project& project, v1::MigrationState& state);

// Asks about each of state.to_rewrite, reviews the answers, tries them on the loaded rows, and
// notes what was seen. What is proven is accepted; what runs without a proof waits, unless the
// migration says what to do with it. Calls are journalled: done again, the node bills nothing
// twice. Errors: the token's reason; those of reading state and files.
absl::Status RewriteObjects(const Environment& environment, v1::MigrationState& state,
                            workflow::NodeContext& context);

// Every answer so far, as it is graded now, when the checkpoint is committed.
workflow::Write RecordGrades(const v1::MigrationState& state);

// The question about what waits, for a person; nothing where nothing waits.
std::optional<workflow::Interrupt> QuestionAboutUnproven(const v1::MigrationState& state);

// Settles what waits: accepted, or given up.
void DecideUnproven(bool accepts, v1::MigrationState& state);

}  // namespace datamigrate::agents
