#include "agent_engine/guidance/guided_answer.h"

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "agent_engine/guidance/explanation.h"
#include "agent_engine/knowledge/prompt.h"
#include "fmt/format.h"

namespace datamigrate::guidance {
namespace {

constexpr int kMostOutputTokens = 600;
constexpr absl::Duration kTimeout = absl::Minutes(1);
constexpr routing::Complexity kTier = routing::Complexity::kSimple;

absl::Status CheckQuestion(const GuidedModel& model, std::string_view question) {
  if (question.size() > kMostQuestionBytes) {
    return absl::InvalidArgumentError(fmt::format("the question has {} bytes; ask in {} at most",
                                                  question.size(), kMostQuestionBytes));
  }
  const rewriting::Scanned scanned = model.guard->Scan(question, guardian::FieldKind::kChat);
  if (!scanned.may_pass()) {
    return absl::PermissionDeniedError(
        fmt::format("the question may not be sent to a model: the "
                    "Guardian found {}",
                    absl::StrJoin(scanned.rules, ", ")));
  }
  if (model.models->IsConfigured(kTier)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "no language model can be asked: set a provider's key for the engine, or register a model "
      "with `datamigrate models register`; the explanation itself needs none");
}

}  // namespace

absl::StatusOr<v1::Explanation::ModelAnswer> AnswerQuestion(const GuidedModel& model,
                                                            const v1::Explanation& facts,
                                                            std::string_view question,
                                                            std::string_view tenant,
                                                            std::string_view migration) {
  if (absl::Status checked = CheckQuestion(model, question); !checked.ok()) return checked;
  const std::string text = PlainText(facts);
  knowledge::PromptCase filled(knowledge::AnswerQuestionPrompt());
  filled.SetFromSource("facts", text);
  filled.SetFromSource("question", question);
  const auto prompt = filled.Fill();
  if (!prompt.ok()) return prompt.status();
  routing::ModelRequest request;
  request.system = prompt->system;
  request.messages = {routing::UserMessage(prompt->user)};
  request.max_output_tokens = kMostOutputTokens;
  routing::CallContext context;
  context.tenant = std::string(tenant);
  context.migration = std::string(migration);
  context.agent = "guidance";
  context.task = kTier;
  context.timeout = kTimeout;
  const auto answered = rewriting::AskGuarded(*model.guard, *model.models, *model.on_guarded,
                                              *prompt, {text}, request, context, "");
  if (!answered.ok()) return answered.status();
  if (!answered->refusal.empty()) return absl::PermissionDeniedError(answered->refusal);
  v1::Explanation::ModelAnswer answer;
  answer.set_text(answered->answer.text);
  answer.set_model(answered->answer.model);
  answer.set_cost_microdollars(answered->answer.cost_microdollars);
  return answer;
}

}  // namespace datamigrate::guidance
