// A graph of named nodes over one state, in the manner of LangGraph.
//
//   GraphBuilder builder;
//   builder.AddNode("assess", Assess).AddNode("test", Test).AddSubGraph("repair", repair, states)
//       .AddFanOut("translate", {.split = Objects, .run = Translate, .join = Collect})
//       .AddStrategy("test", {.name = "sampled", .run = TestSamples})
//       .SetEntry("assess")
//       .AddEdge("assess", "translate")
//       .AddEdge("translate", "test")
//       .AddConditionalEdge("test", ChooseAfterTest, {"repair", std::string(kEnd)})
//       .AddEdge("repair", "test");
//   absl::StatusOr<Graph> graph = builder.Build();
//
// States are opaque bytes here; typed_graph.h wraps them in a type of yours.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_GRAPH_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_GRAPH_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/workflow/fan_out.h"
#include "agent_engine/workflow/node.h"

namespace datamigrate::workflow {

// The target that ends a run. Not a node.
inline constexpr std::string_view kEnd = "__end__";

// A sub-graph "repair" becomes kEnter "repair", its nodes as "repair/name", and kLeave
// "repair/__end__".
enum class NodeKind { kStep, kFanOut, kEnter, kLeave };

// Built once, then constant: may be shared by threads.
class Graph {
 public:
  struct Node {
    NodeKind kind = NodeKind::kStep;
    NodeFunction run = nullptr;             // not of kEnter and kLeave
    std::vector<Strategy> strategies = {};  // after `run` has failed, in this order
    UndoFunction undo = nullptr;            // empty: it cannot be undone
    SubGraphStates states = {};             // of kEnter and kLeave
    NodeOptions options = {};
    RouteFunction route = nullptr;          // chooses one of `targets`
    std::vector<std::string> targets = {};  // in the order given
    bool is_conditional = false;
  };

  const std::string& entry() const { return entry_; }
  // In the order they were added; those of a sub-graph between its kEnter and its kLeave.
  std::vector<std::string> node_names() const;

  // nullptr for an unknown name.
  const Node* Find(std::string_view name) const;

  // Where `from` leads with this state. kInternal when the route names something it did not
  // declare.
  absl::StatusOr<std::string> Next(std::string_view from, std::string_view state) const;

  // The node that a node means by a name: of its own sub-graph, else of the nearest one around it.
  // nullopt when there is none.
  std::optional<std::string> Resolve(std::string_view from, std::string_view name) const;

  // With the state of the outermost graph, where sub-graphs have their own.
  WhenFailed when_failed(std::string_view state) const {
    return when_failed_ ? when_failed_(state) : WhenFailed::kAsk;
  }

 private:
  friend class GraphBuilder;
  std::string entry_;
  std::vector<std::string> order_;
  std::map<std::string, Node, std::less<>> nodes_;
  FailurePolicy when_failed_;
};

class GraphBuilder {
 public:
  // Names are [a-z0-9_]+.
  GraphBuilder& AddNode(std::string name, NodeFunction run, NodeOptions options = {});

  // The same work for each item of a list. `options` are the node's, beside those of its items.
  GraphBuilder& AddFanOut(std::string name, FanOut fan_out, NodeOptions options = {});

  // A graph as a node: it runs from its entry to its end with a state of its own, a checkpoint per
  // node. Edges lead to it and from it by its name.
  GraphBuilder& AddSubGraph(std::string name, Graph graph, SubGraphStates states);

  // Another way to do what `node` does, after those before it have failed for good. Which one is
  // under way is a checkpoint: a run that goes on does not begin again with one that has failed.
  // All strategies of a visit share its receipts.
  GraphBuilder& AddStrategy(std::string node, Strategy strategy);

  // What takes back what `node` did, when the run fails for good later on.
  GraphBuilder& SetUndo(std::string node, UndoFunction undo);

  // For the graph and its sub-graphs, whatever those say themselves. Without it: WhenFailed::kAsk.
  GraphBuilder& SetWhenFailed(FailurePolicy policy);

  GraphBuilder& AddEdge(std::string from, std::string to);
  // `targets` is everything `route` may return.
  GraphBuilder& AddConditionalEdge(std::string from, RouteFunction route,
                                   std::vector<std::string> targets);
  GraphBuilder& SetEntry(std::string name);

  // Errors: kInvalidArgument listing every fault: unknown, repeated or badly named nodes, one
  // without a function, one with no way out or with two, one that is never reached, one from which
  // the end is not reached, a strategy or an undo of what is no node with a function.
  absl::StatusOr<Graph> Build() const;

 private:
  struct Edge {
    std::string from;
    RouteFunction route;  // empty for a plain edge
    std::vector<std::string> targets;
  };
  struct NamedNode {
    std::string name;
    Graph::Node node;
    std::optional<Graph> inner = {};  // of a sub-graph
  };
  struct NamedStrategy {
    std::string node;
    Strategy strategy;
  };
  struct NamedUndo {
    std::string node;
    UndoFunction undo;
  };
  using Faults = std::vector<std::string>;

  void PlaceNodes(Graph& graph, Faults& faults) const;
  void PlaceExtras(Graph& graph, Faults& faults) const;
  void PlaceEdges(Graph& graph, Faults& faults) const;
  static void PlaceOne(const std::string& name, Graph::Node node, Graph& graph, Faults& faults);
  static void PlaceInner(const NamedNode& outer, Graph& graph, Faults& faults);

  std::vector<NamedNode> nodes_;
  std::vector<NamedStrategy> strategies_;
  std::vector<NamedUndo> undos_;
  std::vector<Edge> edges_;
  std::vector<std::string> entries_;
  FailurePolicy when_failed_;
};

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_GRAPH_H_
