#include "agent_engine/workflow/node_context.h"

#include <utility>

namespace datamigrate::workflow {

NodeContext::NodeContext(Place place, CancellationToken token, std::optional<std::string> answer,
                         Journal* journal, EventSink* events, Clock* clock,
                         std::function<absl::Status()> settle)
    : place_(std::move(place)),
      token_(std::move(token)),
      answer_(std::move(answer)),
      journal_(journal),
      events_(events),
      clock_(clock),
      settle_(std::move(settle)) {}

void NodeContext::Emit(std::string kind, std::string json_payload) {
  if (events_ == nullptr) return;
  events_->Emit(place_.run_id, Event{.kind = std::move(kind),
                                     .node = place_.node,
                                     .step = place_.step,
                                     .attempt = place_.attempt,
                                     .payload = std::move(json_payload),
                                     .at = clock_->Now()});
}

absl::StatusOr<std::string> NodeContext::Once(
    std::string_view key, absl::FunctionRef<absl::StatusOr<std::string>(bool was_begun)> perform) {
  return OnceFor(key, "", perform);
}

absl::StatusOr<std::string> NodeContext::OnceFor(
    std::string_view key, std::string_view input,
    absl::FunctionRef<absl::StatusOr<std::string>(bool was_begun)> perform) {
  if (settle_) {
    if (absl::Status settled = settle_(); !settled.ok()) return settled;
  }
  const int64_t step = place_.effects_step > 0 ? place_.effects_step : place_.step;
  absl::StatusOr<Journal::Entry> entry =
      input.empty() ? journal_->Begin(place_.run_id, step, key)
                    : journal_->BeginWithInput(place_.run_id, step, key, input);
  if (!entry.ok()) return entry.status();
  if (entry->receipt.has_value()) return *std::move(entry->receipt);
  absl::StatusOr<std::string> receipt = perform(entry->was_begun);
  if (!receipt.ok()) return receipt;
  absl::Status completed = journal_->Complete(place_.run_id, step, key, *receipt);
  if (!completed.ok()) return completed;
  return receipt;
}

}  // namespace datamigrate::workflow
