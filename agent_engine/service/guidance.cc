#include "agent_engine/service/guidance.h"

#include "agent_engine/guidance/explanation.h"
#include "agent_engine/service/messages.h"

namespace datamigrate::service {

absl::StatusOr<v1::Explanation> Guidance::Explain(const Caller& caller,
                                                  const v1::ExplainMigrationRequest& request) {
  v1::GetMigrationRequest get;
  get.set_id(request.id());
  const auto migration = migrations_->Get(caller, get);
  if (!migration.ok()) return migration.status();
  v1::MigrationState state;
  const auto newest = history_->State(caller.tenant, request.id(), store::kNewestStep);
  if (newest.ok()) {
    auto read = StateOf(newest->state);
    if (!read.ok()) return read.status();
    state = *std::move(read);
  } else if (!absl::IsNotFound(newest.status())) {
    return newest.status();
  }
  v1::Explanation explanation = guidance::Explain(*migration, state);
  if (request.question().empty()) return explanation;
  auto answer = guidance::AnswerQuestion(model_, explanation, request.question(), caller.tenant,
                                         request.id());
  if (!answer.ok()) return answer.status();
  *explanation.mutable_answer() = *std::move(answer);
  return explanation;
}

}  // namespace datamigrate::service
