#include "agent_engine/agents/agent_context.h"
#include "agent_engine/agents/migration_agents.h"
#include "agent_engine/agents/model_rewrites.h"
#include "fmt/format.h"

namespace datamigrate::agents {
namespace {

// Models that do not run leave the project, each with its reason.
int TakeOutFailing(const Environment& environment, v1::MigrationState& state,
                   const workflow::NodeContext& context) {
  for (const auto& [object, reason] : state.failing_models()) {
    (*state.mutable_quarantined())[object] = reason;
    Log(environment, context, fmt::format("{} is taken out: {}", object, reason));
  }
  const int taken_out = static_cast<int>(state.failing_models().size());
  state.clear_failing_models();
  return taken_out;
}

// What the migration's options say of rewrites without a proof; a question where they leave it to a
// person.
std::optional<workflow::Interrupt> SettleUnproven(v1::MigrationState& state) {
  if (state.unproven_rewrites() == v1::UNPROVEN_REWRITES_ASK) return QuestionAboutUnproven(state);
  DecideUnproven(state.unproven_rewrites() == v1::UNPROVEN_REWRITES_ACCEPT, state);
  return std::nullopt;
}

void CountRound(bool has_changed, v1::MigrationState& state) {
  if (!has_changed) state.set_fruitless_rounds(state.fruitless_rounds() + 1);
}

AgentResult Finish(const Environment& environment, v1::MigrationState& state,
                   workflow::NodeContext& context, int taken_out) {
  const size_t rewritten = AcceptedRewrites(state).size();
  AgentResult effects = Execute(environment, state, context);
  if (effects.ok()) {
    effects->writes.push_back(RecordGrades(state));
    Report(context, 1, 1,
           fmt::format("{} models taken out, {} objects rewritten", taken_out, rewritten));
  }
  return effects;
}

}  // namespace

AgentResult Rebuild(const Environment& environment, v1::MigrationState& state,
                    workflow::NodeContext& context) {
  if (context.answer().has_value()) {
    const bool accepts = ChosenOption(context) == "accept";
    DecideUnproven(accepts, state);
    CountRound(accepts, state);
    return Finish(environment, state, context, 0);
  }
  state.set_rebuild_round(state.rebuild_round() + 1);
  const int taken_out = TakeOutFailing(environment, state, context);
  const size_t accepted = AcceptedRewrites(state).size();
  const absl::Status rewritten = RewriteObjects(environment, state, context);
  if (!rewritten.ok()) return rewritten;
  if (auto question = SettleUnproven(state)) {
    workflow::Effects effects;
    effects.interrupt = *std::move(question);
    effects.writes.push_back(RecordGrades(state));
    return effects;
  }
  CountRound(taken_out > 0 || AcceptedRewrites(state).size() > accepted, state);
  return Finish(environment, state, context, taken_out);
}

}  // namespace datamigrate::agents
