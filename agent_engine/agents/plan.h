// The plan of a migration: what becomes of each object, by whom, in which order and for how much;
// and what a person wants otherwise.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/agents/environment.h"
#include "agent_engine/agents/tier_choice.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/dbt/project_builder.h"
#include "datamigrate/v1/migration.pb.h"
#include "datamigrate/v1/state.pb.h"

namespace datamigrate::agents {

// PlannedObject.translator, where it is no tier of models.
inline constexpr std::string_view kByRules = "rules";
inline constexpr std::string_view kByPerson = "person";
inline constexpr std::string_view kByNobody = "nobody";

// Writes state.plan: every object of the catalog, those that others read first, with the place that
// `project` gives it.
void WritePlan(const Environment& environment, const TierChoice& tiers,
               const catalog::Catalog& catalog, const dbt::Project& project,
               v1::MigrationState& state);

// The plan with its sums; question_id is left empty.
v1::Plan PlanOf(const v1::MigrationState& state);

// Whether the plan can be changed so. kInvalidArgument names the edit, what is wrong with it and
// what can be.
absl::Status CheckPlanEdits(const v1::MigrationState& state,
                            const google::protobuf::RepeatedPtrField<v1::PlanEdit>& edits);

// Adds checked edits to those that are there; the plan is to be written anew.
void AddPlanEdits(const google::protobuf::RepeatedPtrField<v1::PlanEdit>& edits,
                  v1::MigrationState& state);

// What the edits say of the project.
std::map<std::string, dbt::Placement> PlacementsOf(const v1::MigrationState& state);

}  // namespace datamigrate::agents
