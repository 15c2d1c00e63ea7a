// What a person is asked about a node that has failed by every strategy.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_FAILURE_QUESTION_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_FAILURE_QUESTION_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/workflow/effects.h"
#include "agent_engine/workflow/node.h"
#include "common/errors/error_context.h"

namespace datamigrate::workflow {

// The name of a node's own function among its strategies.
inline constexpr std::string_view kFirstStrategy = "first";

enum class FailureOption { kRetry, kSkip, kRollBack, kGiveUp };

// Whether a question may have this default: one of the options' words, "skip" only where that is
// allowed, or "" for the usual one.
bool IsFailureOption(std::string_view word, bool may_skip);

// The question as JSON: {"text", "recommended", "options": [{"id", "text", "risk"}], "error":
// {...}}. `to_undo`: the nodes that a rollback would undo, in that order; empty: there is none to
// choose.
Interrupt AskAbout(const errors::ErrorContext& failure, const FailureQuestion& question,
                   bool is_transient, const std::vector<std::string>& to_undo);

// What was chosen: {"option": "retry", ...}. nullopt for an answer that the question does not
// offer.
std::optional<FailureOption> ChosenOf(std::string_view answer, const FailureQuestion& question,
                                      bool can_roll_back);

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_FAILURE_QUESTION_H_
