#include "tests/unit/rewriting/scripted_model.h"

#include <nlohmann/json.hpp>

namespace datamigrate::testing {

absl::StatusOr<routing::ModelAnswer> ScriptedModel::Complete(const routing::ModelRequest& request,
                                                             const routing::CallContext& context) {
  const Call call{request, context};
  {
    absl::MutexLock lock(&mutex_);
    calls_.push_back(call);
  }
  const auto text = answer_(call);
  if (!text.ok()) return text.status();
  routing::ModelAnswer answer;
  answer.text = *text;
  answer.model = "scripted";
  answer.cost_microdollars = 1000;
  answer.usage.input = 100;
  answer.usage.output = 10;
  return answer;
}

absl::StatusOr<routing::ModelAnswer> ScriptedModel::Stream(const routing::ModelRequest& request,
                                                           const routing::CallContext& context,
                                                           const PieceSink& sink) {
  auto answer = Complete(request, context);
  if (answer.ok()) sink({routing::StreamPiece::Kind::kText, answer->text, ""});
  return answer;
}

bool ScriptedModel::IsConfigured(const routing::Task&) const {
  return true;
}

std::optional<routing::CallEstimate> ScriptedModel::Estimate(const routing::ModelRequest& request,
                                                             const routing::Task&,
                                                             int64_t output_tokens) const {
  const auto input_tokens = static_cast<int64_t>(TextOf(request).size());
  return routing::CallEstimate{"scripted", input_tokens, input_tokens + output_tokens};
}

std::vector<ScriptedModel::Call> ScriptedModel::calls() const {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

std::string TextOf(const routing::ModelRequest& request) {
  std::string text = request.system;
  for (const routing::Message& message : request.messages) {
    for (const routing::Part& part : message.parts) {
      if (const auto* words = std::get_if<routing::TextPart>(&part)) text += words->text;
    }
  }
  return text;
}

std::string AnswerWith(const std::string& definition) {
  return nlohmann::json{{"definition", definition}, {"explanation", "The same rows."}}.dump();
}

}  // namespace datamigrate::testing
