#include "agent_engine/workflow/node_context.h"

#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/errors/error_context.h"

namespace datamigrate::workflow {
namespace {

absl::Status NotStored(const absl::Status& status) {
  return errors::WithContext(status, {.phase = kStoringPhase});
}

absl::Status NobodyKeeps(std::string_view what) {
  return absl::FailedPreconditionError(std::string(what) +
                                       " need a runner with agent records, which this one has not");
}

// ["item","key"]: no key of the node or of another item is the same. ["item"]: the item itself.
std::string KeyOf(const NodeContext::Place& place, std::string_view key) {
  if (place.item.empty()) return std::string(key);
  nlohmann::json parts = nlohmann::json::array({place.item});
  if (!key.empty()) parts.push_back(key);
  return parts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

struct NodeContext::Taken {
  absl::Mutex mutex;
  std::set<int64_t> numbers ABSL_GUARDED_BY(mutex);
};

NodeContext::NodeContext(Place place, CancellationToken token, std::optional<std::string> answer,
                         NodePorts ports)
    : place_(std::move(place)),
      token_(std::move(token)),
      answer_(std::move(answer)),
      ports_(std::move(ports)),
      taken_(std::make_shared<Taken>()) {}

NodeContext NodeContext::ForItem(std::string item, int attempt, CancellationToken token) const {
  Place place = place_;
  place.item = std::move(item);
  place.attempt = attempt;
  NodeContext context(std::move(place), std::move(token), answer_, ports_);
  context.taken_ = taken_;
  return context;
}

void NodeContext::Emit(std::string kind, std::string json_payload) {
  if (ports_.events == nullptr) return;
  ports_.events->Emit(place_.run_id, Event{.kind = std::move(kind),
                                           .node = place_.node,
                                           .item = place_.item,
                                           .step = place_.step,
                                           .attempt = place_.attempt,
                                           .payload = std::move(json_payload),
                                           .at = ports_.pacing.clock->Now()});
}

absl::StatusOr<std::string> NodeContext::Once(
    std::string_view key, absl::FunctionRef<absl::StatusOr<std::string>(bool was_begun)> perform) {
  return OnceFor(key, "", perform);
}

absl::StatusOr<std::string> NodeContext::OnceFor(
    std::string_view key, std::string_view input,
    absl::FunctionRef<absl::StatusOr<std::string>(bool was_begun)> perform) {
  if (ports_.settle) {
    if (absl::Status settled = ports_.settle(); !settled.ok()) return NotStored(settled);
  }
  const int64_t step = place_.effects_step > 0 ? place_.effects_step : place_.step;
  const std::string full_key = KeyOf(place_, key);
  Journal& journal = *ports_.journal;
  absl::StatusOr<Journal::Entry> entry =
      input.empty() ? journal.Begin(place_.run_id, step, full_key)
                    : journal.BeginWithInput(place_.run_id, step, full_key, input);
  if (!entry.ok()) return NotStored(entry.status());
  if (entry->receipt.has_value()) return *std::move(entry->receipt);
  absl::StatusOr<std::string> receipt = perform(entry->was_begun);
  if (!receipt.ok()) return receipt;
  absl::Status completed = journal.Complete(place_.run_id, step, full_key, *receipt);
  if (!completed.ok()) return NotStored(completed);
  return receipt;
}

absl::StatusOr<std::vector<ReceivedMessage>> NodeContext::Messages() {
  if (ports_.records == nullptr) return NobodyKeeps("messages");
  auto messages = ports_.records->MessagesTo(place_.run_id, place_.node);
  if (!messages.ok()) return NotStored(messages.status());
  absl::MutexLock lock(&taken_->mutex);
  for (const ReceivedMessage& message : *messages) taken_->numbers.insert(message.number);
  return messages;
}

absl::StatusOr<std::optional<std::string>> NodeContext::Recall(std::string_view key) const {
  if (ports_.records == nullptr) return NobodyKeeps("memories");
  auto value = ports_.records->Recall(place_.node, key);
  if (!value.ok()) return NotStored(value.status());
  return value;
}

std::vector<int64_t> NodeContext::TakenMessages() const {
  absl::MutexLock lock(&taken_->mutex);
  return {taken_->numbers.begin(), taken_->numbers.end()};
}

}  // namespace datamigrate::workflow
