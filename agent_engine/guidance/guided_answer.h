// A person's question about a migration, answered by a language model from what was measured.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "agent_engine/rewriting/guarded_model.h"
#include "agent_engine/routing/model_caller.h"
#include "datamigrate/v1/guidance.pb.h"

namespace datamigrate::guidance {

inline constexpr size_t kMostQuestionBytes = 4000;

// What a question is put to. All must outlive the call.
struct GuidedModel {
  routing::ModelCaller* models = nullptr;
  const rewriting::Guard* guard = nullptr;
  const rewriting::GuardedEventSink* on_guarded = nullptr;
};

// Asks the tier of simple tasks; the explanation's text is all that it is told. Errors:
// kInvalidArgument for a question that is too long; kPermissionDenied where the Guardian does not
// let the question, the facts or the answer pass; kFailedPrecondition where no model may be asked;
// those of ModelCaller.
absl::StatusOr<v1::Explanation::ModelAnswer> AnswerQuestion(const GuidedModel& model,
                                                            const v1::Explanation& facts,
                                                            std::string_view question,
                                                            std::string_view tenant,
                                                            std::string_view migration);

}  // namespace datamigrate::guidance
