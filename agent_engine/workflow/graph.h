// A graph of named nodes over one state, in the manner of LangGraph.
//
//   GraphBuilder builder;
//   builder.AddNode("assess", Assess).AddNode("test", Test).AddNode("repair", Repair)
//       .SetEntry("assess")
//       .AddEdge("assess", "test")
//       .AddConditionalEdge("test", ChooseAfterTest, {"repair", std::string(kEnd)})
//       .AddEdge("repair", "test");
//   absl::StatusOr<Graph> graph = builder.Build();
//
// States are opaque bytes here; typed_graph.h wraps them in a type of yours.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_GRAPH_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_GRAPH_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent_engine/workflow/effects.h"
#include "agent_engine/workflow/node_context.h"

namespace datamigrate::workflow {

// The target that ends a run. Not a node.
inline constexpr std::string_view kEnd = "__end__";

struct NodeResult {
  std::string state;
  Effects effects;
};

// Runs on the runner's thread. Has to look at context.token() often enough, as nothing else stops
// it. Anything it does outside its result has to go through context.Once.
using NodeFunction =
    std::function<absl::StatusOr<NodeResult>(std::string_view state, NodeContext& context)>;

// Names the next node (or kEnd) from the state. Must be a pure function.
using RouteFunction = std::function<absl::StatusOr<std::string>(std::string_view state)>;

struct RetryPolicy {
  int max_attempts = 3;
  absl::Duration first_pause = absl::Seconds(1);
  double multiplier = 2.0;
  absl::Duration longest_pause = absl::Minutes(1);
  double jitter = 0.5;  // share of a pause that chance may take away, 0 to 1
  std::function<bool(const absl::Status&)> is_retryable = nullptr;  // empty: IsTransient
};

// kUnavailable, kResourceExhausted, kDeadlineExceeded and kAborted.
bool IsTransient(const absl::Status& status);

struct NodeOptions {
  RetryPolicy retry = {};
  // Per attempt; then the token says kDeadlineExceeded.
  absl::Duration timeout = absl::InfiniteDuration();
  // The node may begin before the checkpoint before it is stored, as it does nothing outside of its
  // result but through context.Once and context.Emit, which wait for that or come after it. A crash
  // may then repeat nodes before it whose checkpoints were still on their way: what they did
  // outside has its receipt, and nothing else of them was ever seen.
  bool may_run_ahead = false;
};

// Built once, then constant: may be shared by threads.
class Graph {
 public:
  struct Node {
    NodeFunction run;
    NodeOptions options;
    RouteFunction route;               // chooses one of `targets`
    std::vector<std::string> targets;  // in the order given
    bool is_conditional = false;
  };

  const std::string& entry() const { return entry_; }
  std::vector<std::string> node_names() const;  // in the order they were added

  // nullptr for an unknown name.
  const Node* Find(std::string_view name) const;

  // Where `from` leads with this state. kInternal when the route names something it did not
  // declare.
  absl::StatusOr<std::string> Next(std::string_view from, std::string_view state) const;

  // A Mermaid flowchart; `current`, when given, is drawn as the node under way.
  std::string ToMermaid(std::optional<std::string_view> current = std::nullopt) const;

 private:
  friend class GraphBuilder;
  std::string entry_;
  std::vector<std::string> order_;
  std::map<std::string, Node, std::less<>> nodes_;
};

class GraphBuilder {
 public:
  // Names are [a-z0-9_]+.
  GraphBuilder& AddNode(std::string name, NodeFunction run, NodeOptions options = {});
  GraphBuilder& AddEdge(std::string from, std::string to);
  // `targets` is everything `route` may return.
  GraphBuilder& AddConditionalEdge(std::string from, RouteFunction route,
                                   std::vector<std::string> targets);
  GraphBuilder& SetEntry(std::string name);

  // Errors: kInvalidArgument listing every fault: unknown, repeated or badly named nodes, a node
  // with no way out or with two, one that is never reached, one from which the end is not reached.
  absl::StatusOr<Graph> Build() const;

 private:
  struct Edge {
    std::string from;
    RouteFunction route;  // empty for a plain edge
    std::vector<std::string> targets;
  };
  struct NamedNode {
    std::string name;
    NodeFunction run;
    NodeOptions options;
  };

  std::vector<NamedNode> nodes_;
  std::vector<Edge> edges_;
  std::vector<std::string> entries_;
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_GRAPH_H_
