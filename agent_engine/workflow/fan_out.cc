#include "agent_engine/workflow/fan_out.h"

#include <atomic>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent_engine/workflow/parallel_for.h"
#include "common/errors/error_context.h"

namespace datamigrate::workflow {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestKey = 500;

// The first byte of an item's receipt.
constexpr char kResult = '+';   // its result follows
constexpr char kFailure = '-';  // errors::ToJson follows

std::string Json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::Status InPhase(std::string_view phase, const absl::Status& status) {
  return errors::WithContext(status, {.phase = std::string(phase)});
}

absl::Status CheckKeys(const std::vector<FanOutItem>& items) {
  std::set<std::string_view> keys;
  for (const FanOutItem& item : items) {
    if (item.key.empty() || item.key.size() > kLongestKey) {
      return absl::InvalidArgumentError(fmt::format("an item's key has {} bytes; it needs 1 to {}",
                                                    item.key.size(), kLongestKey));
    }
    if (!keys.insert(item.key).second) {
      return absl::InvalidArgumentError(fmt::format("two items have the key \"{}\"", item.key));
    }
  }
  return absl::OkStatus();
}

// An item's end as it was journalled.
absl::StatusOr<std::string> FromReceipt(std::string_view receipt) {
  if (!receipt.empty() && receipt.front() == kResult) return std::string(receipt.substr(1));
  return errors::StatusOf(errors::FromJson(receipt.empty() ? "" : receipt.substr(1)));
}

bool IsOfStore(const absl::Status& status) {
  return errors::ContextOf(status).phase == kStoringPhase;
}

// One visit of the node, shared by its threads.
class Visit {
 public:
  Visit(const FanOut& fan_out, const std::vector<FanOutItem>& items, NodeContext& context)
      : fan_out_(fan_out), items_(items), context_(context), ends_(items.size()) {}

  absl::Status Run() {
    return ParallelForIndex(items_.size(), fan_out_.max_parallel, context_.token(),
                            [this](std::size_t index) { return RunItem(index); });
  }

  std::vector<ItemResult> TakeResults() {
    std::vector<ItemResult> results;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      results.push_back({items_[i].key, *std::move(ends_[i])});
    }
    return results;
  }

 private:
  // The key under which the end of an item is journalled: of the item, not of an effect in it.
  static constexpr char kEndKey[] = "";

  absl::Status RunItem(std::size_t index) {
    const FanOutItem& item = items_[index];
    std::string receipt;
    const absl::Status ended = TryItem(item, receipt);
    if (ended.ok()) {
      ends_[index] = FromReceipt(receipt);
      Tell(item, kItemCompleted, 1, Progress(item));
      return ended;
    }
    if (context_.token().IsCancelled() || IsOfStore(ended)) return ended;
    return Failed(index, errors::WithContext(ended, {.phase = "item", .object = item.key}));
  }

  void Tell(const FanOutItem& item, std::string_view kind, int attempt, const json& payload) {
    context_.ForItem(item.key, attempt, context_.token()).Emit(std::string(kind), Json(payload));
  }

  json Progress(const FanOutItem& item) {
    const std::size_t done = ++done_;
    const double fraction = static_cast<double>(done) / static_cast<double>(items_.size());
    return {{"message", fmt::format("{} of {}: {}", done, items_.size(), item.key)},
            {"fraction", fraction}};
  }

  absl::Status TryItem(const FanOutItem& item, std::string& receipt) {
    auto run = [&](int attempt, const CancellationToken& token) -> absl::Status {
      NodeContext context = context_.ForItem(item.key, attempt, token);
      absl::StatusOr<std::string> done =
          context.Once(kEndKey, [&](bool) -> absl::StatusOr<std::string> {
            absl::StatusOr<std::string> result = fan_out_.run(item, context);
            if (!result.ok()) return result;
            return kResult + *std::move(result);
          });
      if (done.ok()) receipt = *std::move(done);
      return done.status();
    };
    auto tell = [&](int attempt, const absl::Status& error, absl::Duration pause) {
      Tell(item, kItemRetrying, attempt,
           {{"error", std::string(error.message())},
            {"pause_ms", absl::ToInt64Milliseconds(pause)}});
    };
    return RunAttempts(fan_out_.retry, fan_out_.timeout, context_.pacing(), context_.token(), run,
                       tell);
  }

  absl::Status Failed(std::size_t index, const absl::Status& error) {
    const FanOutItem& item = items_[index];
    const errors::ErrorContext known = errors::ContextOf(error);
    const std::string failure = errors::ToJson(known);
    Tell(item, kItemFailed, known.attempt,
         {{"error", known.message}, {"context", json::parse(failure)}});
    if (fan_out_.when_item_fails == WhenItemFails::kStop) {
      return errors::At(fmt::format("item {}", item.key), error);
    }
    NodeContext context = context_.ForItem(item.key, known.attempt, context_.token());
    absl::StatusOr<std::string> receipt = context.Once(
        kEndKey, [&](bool) -> absl::StatusOr<std::string> { return kFailure + failure; });
    if (!receipt.ok()) return receipt.status();
    ends_[index] = FromReceipt(*receipt);
    return absl::OkStatus();
  }

  const FanOut& fan_out_;
  const std::vector<FanOutItem>& items_;
  NodeContext& context_;
  std::vector<std::optional<absl::StatusOr<std::string>>> ends_;  // each by its own thread
  std::atomic<std::size_t> done_ = 0;
};

}  // namespace

NodeFunction MakeFanOut(FanOut fan_out) {
  return [fan_out = std::move(fan_out)](std::string_view state,
                                        NodeContext& context) -> absl::StatusOr<NodeResult> {
    absl::StatusOr<std::vector<FanOutItem>> items = fan_out.split(state);
    if (!items.ok()) return InPhase("split", items.status());
    if (absl::Status keys = CheckKeys(*items); !keys.ok()) return InPhase("split", keys);
    Visit visit(fan_out, *items, context);
    if (absl::Status ran = visit.Run(); !ran.ok()) return ran;
    absl::StatusOr<NodeResult> joined = fan_out.join(state, visit.TakeResults(), context);
    if (!joined.ok()) return InPhase("join", joined.status());
    return joined;
  };
}

}  // namespace datamigrate::workflow
