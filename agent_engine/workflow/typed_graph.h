// Graphs over a state of your own type.
//
//   TypedGraphBuilder<State> builder({Encode, Decode});
//   builder.AddNode("assess", [](State& state, NodeContext& context) -> absl::StatusOr<Effects> {
//     state.score = 95;
//     return Effects{};
//   });
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_TYPED_GRAPH_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_TYPED_GRAPH_H_

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/workflow/graph.h"

namespace datamigrate::workflow {

template <typename S>
struct Codec {
  std::function<std::string(const S&)> encode;
  std::function<absl::StatusOr<S>(std::string_view)> decode;
};

template <typename S>
class TypedGraphBuilder {
 public:
  // Changes the state in place. When it returns an error, its changes are dropped.
  using Function = std::function<absl::StatusOr<Effects>(S& state, NodeContext& context)>;
  using Route = std::function<std::string(const S& state)>;

  explicit TypedGraphBuilder(Codec<S> codec) : codec_(std::move(codec)) {}

  TypedGraphBuilder& AddNode(std::string name, Function run, NodeOptions options = {}) {
    builder_.AddNode(std::move(name), Untyped(std::move(run)), std::move(options));
    return *this;
  }

  // As Strategy, with a typed state.
  struct TypedStrategy {
    std::string name = {};
    Function run = nullptr;
    std::function<bool(const absl::Status&)> helps = nullptr;
  };

  TypedGraphBuilder& AddStrategy(std::string node, TypedStrategy strategy) {
    builder_.AddStrategy(std::move(node), {.name = std::move(strategy.name),
                                           .run = Untyped(std::move(strategy.run)),
                                           .helps = std::move(strategy.helps)});
    return *this;
  }

  // Of a state that cannot be read nothing is asked and nothing undone.
  TypedGraphBuilder& SetWhenFailed(std::function<WhenFailed(const S& state)> policy) {
    builder_.SetWhenFailed([codec = codec_, policy = std::move(policy)](std::string_view bytes) {
      absl::StatusOr<S> state = codec.decode(bytes);
      return state.ok() ? policy(*state) : WhenFailed::kStop;
    });
    return *this;
  }

  // Sees the state that the node left.
  using Undo = std::function<absl::StatusOr<Effects>(const S& left, NodeContext& context)>;

  TypedGraphBuilder& SetUndo(std::string node, Undo undo) {
    auto untyped = [codec = codec_, undo = std::move(undo)](
                       std::string_view bytes, NodeContext& context) -> absl::StatusOr<Effects> {
      absl::StatusOr<S> state = codec.decode(bytes);
      if (!state.ok()) return state.status();
      return undo(*state, context);
    };
    builder_.SetUndo(std::move(node), std::move(untyped));
    return *this;
  }

  // As FanOut, with a typed state; items and their results stay bytes.
  struct TypedFanOut {
    std::function<absl::StatusOr<std::vector<FanOutItem>>(const S& state)> split = nullptr;
    std::function<absl::StatusOr<std::string>(const FanOutItem& item, NodeContext& context)> run =
        nullptr;
    // Changes the state in place by the results, which are in the order of the items.
    std::function<absl::StatusOr<Effects>(S& state, const std::vector<ItemResult>& results,
                                          NodeContext& context)>
        join = nullptr;
    std::size_t max_parallel = 4;
    WhenItemFails when_item_fails = WhenItemFails::kStop;
    RetryPolicy retry = {};
    absl::Duration timeout = absl::InfiniteDuration();
  };

  TypedGraphBuilder& AddFanOut(std::string name, TypedFanOut fan_out, NodeOptions options = {}) {
    FanOut untyped{.run = std::move(fan_out.run),
                   .max_parallel = fan_out.max_parallel,
                   .when_item_fails = fan_out.when_item_fails,
                   .retry = std::move(fan_out.retry),
                   .timeout = fan_out.timeout};
    // What is missing Build says.
    if (fan_out.split) untyped.split = UntypedSplit(std::move(fan_out.split));
    if (fan_out.join) untyped.join = UntypedJoin(std::move(fan_out.join));
    builder_.AddFanOut(std::move(name), std::move(untyped), std::move(options));
    return *this;
  }

  // A graph over a state I of its own. `enter` makes it from the outer one; `leave` changes the
  // outer one by what became of it.
  template <typename I>
  TypedGraphBuilder& AddSubGraph(std::string name, Graph graph, Codec<I> inner_codec,
                                 std::function<I(const S& outer)> enter,
                                 std::function<void(S& outer, const I& inner)> leave) {
    SubGraphStates states;
    states.enter = [codec = codec_, inner_codec, enter = std::move(enter)](
                       std::string_view bytes) -> absl::StatusOr<std::string> {
      absl::StatusOr<S> outer = codec.decode(bytes);
      if (!outer.ok()) return outer.status();
      return inner_codec.encode(enter(*outer));
    };
    states.leave = [codec = codec_, inner_codec, leave = std::move(leave)](
                       std::string_view outer_bytes,
                       std::string_view inner_bytes) -> absl::StatusOr<std::string> {
      absl::StatusOr<S> outer = codec.decode(outer_bytes);
      if (!outer.ok()) return outer.status();
      absl::StatusOr<I> inner = inner_codec.decode(inner_bytes);
      if (!inner.ok()) return inner.status();
      leave(*outer, *inner);
      return codec.encode(*outer);
    };
    builder_.AddSubGraph(std::move(name), std::move(graph), std::move(states));
    return *this;
  }

  TypedGraphBuilder& AddEdge(std::string from, std::string to) {
    builder_.AddEdge(std::move(from), std::move(to));
    return *this;
  }

  TypedGraphBuilder& AddConditionalEdge(std::string from, Route route,
                                        std::vector<std::string> targets) {
    auto typed = [codec = codec_,
                  route = std::move(route)](std::string_view bytes) -> absl::StatusOr<std::string> {
      absl::StatusOr<S> state = codec.decode(bytes);
      if (!state.ok()) return state.status();
      return route(*state);
    };
    builder_.AddConditionalEdge(std::move(from), std::move(typed), std::move(targets));
    return *this;
  }

  TypedGraphBuilder& SetEntry(std::string name) {
    builder_.SetEntry(std::move(name));
    return *this;
  }

  absl::StatusOr<Graph> Build() const { return builder_.Build(); }

  const Codec<S>& codec() const { return codec_; }

 private:
  NodeFunction Untyped(Function run) const {
    if (!run) return nullptr;  // Build says so.
    return [codec = codec_, run = std::move(run)](
               std::string_view bytes, NodeContext& context) -> absl::StatusOr<NodeResult> {
      absl::StatusOr<S> state = codec.decode(bytes);
      if (!state.ok()) return state.status();
      absl::StatusOr<Effects> effects = run(*state, context);
      if (!effects.ok()) return effects.status();
      return NodeResult{codec.encode(*state), *std::move(effects)};
    };
  }

  auto UntypedSplit(decltype(TypedFanOut::split) split) const {
    return [codec = codec_, split = std::move(split)](
               std::string_view bytes) -> absl::StatusOr<std::vector<FanOutItem>> {
      absl::StatusOr<S> state = codec.decode(bytes);
      if (!state.ok()) return state.status();
      return split(*state);
    };
  }

  auto UntypedJoin(decltype(TypedFanOut::join) join) const {
    return [codec = codec_, join = std::move(join)](
               std::string_view bytes, const std::vector<ItemResult>& results,
               NodeContext& context) -> absl::StatusOr<NodeResult> {
      absl::StatusOr<S> state = codec.decode(bytes);
      if (!state.ok()) return state.status();
      absl::StatusOr<Effects> effects = join(*state, results, context);
      if (!effects.ok()) return effects.status();
      return NodeResult{codec.encode(*state), *std::move(effects)};
    };
  }

  Codec<S> codec_;
  GraphBuilder builder_;
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_TYPED_GRAPH_H_
