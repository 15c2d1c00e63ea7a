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
    auto typed = [codec = codec_, run = std::move(run)](
                     std::string_view bytes, NodeContext& context) -> absl::StatusOr<NodeResult> {
      absl::StatusOr<S> state = codec.decode(bytes);
      if (!state.ok()) return state.status();
      absl::StatusOr<Effects> effects = run(*state, context);
      if (!effects.ok()) return effects.status();
      return NodeResult{codec.encode(*state), *std::move(effects)};
    };
    builder_.AddNode(std::move(name), std::move(typed), std::move(options));
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

 private:
  Codec<S> codec_;
  GraphBuilder builder_;
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_TYPED_GRAPH_H_
