#include <string>

#include "agent_engine/agents/agent_context.h"
#include "agent_engine/agents/assessment.h"
#include "agent_engine/agents/migration_agents.h"
#include "agent_engine/catalog/catalog_proto.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace datamigrate::agents {
namespace {

v1::PlannedObject Planned(const AssessedObject& object) {
  v1::PlannedObject planned;
  planned.mutable_name()->set_schema(object.name.schema);
  planned.mutable_name()->set_name(object.name.name);
  planned.set_kind(object.kind);
  planned.set_complexity(std::string(ComplexityName(object.complexity.complexity)));
  planned.set_translator("rules");
  planned.set_order(object.order);
  return planned;
}

std::string ApprovalQuestion(const v1::MigrationState& state) {
  const nlohmann::json question = {
      {"text", fmt::format("Carry out the plan for {} objects?", state.plan_size())},
      {"recommended", "approve"},
      {"options",
       {{{"id", "approve"}, {"text", "Translate and load everything as planned."}, {"risk", ""}},
        {{"id", "reject"}, {"text", "Stop here."}, {"risk", "Nothing is migrated."}}}},
  };
  return question.dump();
}

}  // namespace

AgentResult Plan(const Environment& environment, v1::MigrationState& state,
                 workflow::NodeContext& context) {
  const auto catalog = catalog::FromProto(state.metadata());
  if (!catalog.ok()) return catalog.status();
  state.clear_plan();
  for (const AssessedObject& object : AssessObjects(*catalog)) {
    *state.add_plan() = Planned(object);
  }
  const std::string summary = fmt::format("{} objects planned", state.plan_size());
  workflow::Effects effects;
  if (state.require_plan_approval() && !context.answer().has_value()) {
    effects.interrupt = workflow::Interrupt{ApprovalQuestion(state)};
    return effects;
  }
  if (ChosenOption(context) == "reject") {
    return absl::CancelledError("the plan was rejected");
  }
  Log(environment, context, summary);
  Report(context, 1, 1, summary);
  return effects;
}

}  // namespace datamigrate::agents
