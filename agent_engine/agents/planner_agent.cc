#include <string>

#include "agent_engine/agents/agent_context.h"
#include "agent_engine/agents/migration_agents.h"
#include "agent_engine/agents/plan.h"
#include "agent_engine/catalog/catalog_proto.h"
#include "fmt/format.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"

namespace datamigrate::agents {
namespace {

using Edits = google::protobuf::RepeatedPtrField<v1::PlanEdit>;

std::string Dollars(int64_t microdollars) {
  return fmt::format("${:.2f}", static_cast<double>(microdollars) / 1e6);
}

std::string Describe(const v1::Plan& plan) {
  std::string text = fmt::format("{} objects by rules", plan.by_rules());
  if (plan.by_models() > 0) {
    text += fmt::format(", {} by models for about {}", plan.by_models(),
                        Dollars(plan.cost_microdollars()));
  }
  if (plan.by_people() > 0) {
    text += fmt::format(", {} left to a person for about {:.1f} days", plan.by_people(),
                        plan.person_days());
  }
  if (plan.beside() > 0) text += fmt::format(", {} kept beside the project", plan.beside());
  return text;
}

std::string ApprovalQuestion(const v1::Plan& plan) {
  const nlohmann::json question = {
      {"text", fmt::format("Carry out the plan: {}?", Describe(plan))},
      {"recommended", "approve"},
      {"options",
       {{{"id", "approve"}, {"text", "Translate and load everything as planned."}, {"risk", ""}},
        {{"id", "revise"},
         {"text", "Change the plan as the answer says, and ask again."},
         {"risk", "Nothing is done until it is approved."}},
        {{"id", "reject"}, {"text", "Stop here."}, {"risk", "Nothing is migrated."}}}},
  };
  return question.dump();
}

// What the answer changes; the service has checked it against the plan that was asked about.
absl::StatusOr<Edits> EditsOf(const workflow::NodeContext& context) {
  const auto answer = nlohmann::json::parse(context.answer().value_or("{}"), nullptr, false);
  Edits edits;
  if (!answer.is_object() || !answer.contains("plan_edits")) return edits;
  for (const nlohmann::json& edit : answer["plan_edits"]) {
    const auto read = google::protobuf::util::JsonStringToMessage(edit.dump(), edits.Add());
    if (!read.ok()) return absl::DataLossError("the answer's changes of the plan cannot be read");
  }
  return edits;
}

absl::StatusOr<TierChoice> TiersOf(const Environment& environment, const std::string& tenant) {
  if (!environment.grades) return TierChoice();
  const auto sums = environment.grades(tenant);
  if (!sums.ok()) return sums.status();
  return TierChoice(*sums);
}

// The plan by the state's edits.
absl::Status PlanAnew(const Environment& environment, v1::MigrationState& state) {
  const auto catalog = catalog::FromProto(state.metadata());
  if (!catalog.ok()) return catalog.status();
  const absl::StatusOr<dbt::Project> project = ProjectOf(environment, state);
  if (!project.ok()) return project.status();
  const absl::StatusOr<TierChoice> tiers = TiersOf(environment, state.tenant());
  if (!tiers.ok()) return tiers.status();
  WritePlan(environment, *tiers, *catalog, *project, state);
  return absl::OkStatus();
}

}  // namespace

AgentResult Plan(const Environment& environment, v1::MigrationState& state,
                 workflow::NodeContext& context) {
  const std::string chosen = ChosenOption(context);
  if (chosen == "reject") return absl::CancelledError("the plan was rejected");
  const auto edits = EditsOf(context);
  if (!edits.ok()) return edits.status();
  if (absl::Status checked = CheckPlanEdits(state, *edits); !checked.ok()) return checked;
  AddPlanEdits(*edits, state);
  if (absl::Status written = PlanAnew(environment, state); !written.ok()) return written;

  const v1::Plan plan = PlanOf(state);
  workflow::Effects effects;
  if (state.require_plan_approval() && chosen != "approve") {
    effects.interrupt = workflow::Interrupt{ApprovalQuestion(plan)};
    return effects;
  }
  const std::string summary = Describe(plan);
  Log(environment, context, summary);
  Report(context, 1, 1, summary);
  return effects;
}

}  // namespace datamigrate::agents
