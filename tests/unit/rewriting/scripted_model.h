// A language model that answers by a table, and remembers what it was asked.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "agent_engine/routing/model_caller.h"

namespace datamigrate::testing {

class ScriptedModel : public routing::ModelCaller {
 public:
  struct Call {
    routing::ModelRequest request;
    routing::CallContext context;
  };
  using Answer = std::function<absl::StatusOr<std::string>(const Call& call)>;

  // `answer` gives the text of an answer; it may be called from several threads at once.
  explicit ScriptedModel(Answer answer) : answer_(std::move(answer)) {}

  absl::StatusOr<routing::ModelAnswer> Complete(const routing::ModelRequest& request,
                                                const routing::CallContext& context) override;
  absl::StatusOr<routing::ModelAnswer> Stream(const routing::ModelRequest& request,
                                              const routing::CallContext& context,
                                              const PieceSink& sink) override;
  bool IsConfigured(const routing::Task& task) const override;
  // A micro-dollar for each token, and a token for each byte.
  std::optional<routing::CallEstimate> Estimate(const routing::ModelRequest& request,
                                                const routing::Task& task,
                                                int64_t output_tokens) const override;

  std::vector<Call> calls() const;

 private:
  const Answer answer_;
  mutable absl::Mutex mutex_;
  std::vector<Call> calls_;
};

// The whole text of a request: its system part and all messages.
std::string TextOf(const routing::ModelRequest& request);

// {"definition": …, "explanation": "…"}.
std::string AnswerWith(const std::string& definition);

}  // namespace datamigrate::testing
