// Puts a graph together and finds everything that is wrong with it.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent_engine/workflow/failure_question.h"
#include "agent_engine/workflow/graph.h"

namespace datamigrate::workflow {
namespace {

bool IsName(std::string_view name) {
  return !name.empty() && name != kEnd && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string Inside(std::string_view outer, std::string_view inner) {
  return fmt::format("{}/{}", outer, inner);
}

using Neighbours = std::map<std::string, std::set<std::string>, std::less<>>;

// Every name that `start` leads to, itself included.
std::set<std::string> Reachable(const Neighbours& neighbours, const std::string& start) {
  std::set<std::string> seen;
  std::vector<std::string> open = {start};
  while (!open.empty()) {
    std::string name = std::move(open.back());
    open.pop_back();
    if (!seen.insert(name).second) continue;
    auto next = neighbours.find(name);
    if (next == neighbours.end()) continue;
    open.insert(open.end(), next->second.begin(), next->second.end());
  }
  return seen;
}

// What is wrong with how the nodes hang together, once every name is known.
void CheckPaths(const Graph& graph, std::vector<std::string>& faults) {
  Neighbours forward;
  Neighbours backward;
  for (const std::string& name : graph.node_names()) {
    for (const std::string& target : graph.Find(name)->targets) {
      forward[name].insert(target);
      backward[target].insert(name);
    }
  }
  std::set<std::string> reached = Reachable(forward, graph.entry());
  std::set<std::string> ending = Reachable(backward, std::string(kEnd));
  for (const std::string& name : graph.node_names()) {
    if (!reached.contains(name)) faults.push_back(fmt::format("node {} is never reached", name));
    if (!ending.contains(name)) {
      faults.push_back(fmt::format("the end is not reached from node {}", name));
    }
  }
}

// The inner graph's names become those of the outer one.
Graph::Node Renamed(Graph::Node node, const std::string& outer) {
  for (std::string& target : node.targets) target = Inside(outer, target);
  if (node.is_conditional) {
    node.route = [route = std::move(node.route),
                  outer](std::string_view state) -> absl::StatusOr<std::string> {
      absl::StatusOr<std::string> chosen = route(state);
      if (!chosen.ok()) return chosen;
      return Inside(outer, *chosen);
    };
  }
  return node;
}

}  // namespace

GraphBuilder& GraphBuilder::AddNode(std::string name, NodeFunction run, NodeOptions options) {
  nodes_.push_back({std::move(name), {.run = std::move(run), .options = std::move(options)}});
  return *this;
}

GraphBuilder& GraphBuilder::AddFanOut(std::string name, FanOut fan_out, NodeOptions options) {
  const bool is_whole = fan_out.split && fan_out.run && fan_out.join && fan_out.max_parallel > 0;
  nodes_.push_back({std::move(name),
                    {.kind = NodeKind::kFanOut,
                     .run = is_whole ? MakeFanOut(std::move(fan_out)) : nullptr,
                     .options = std::move(options)}});
  return *this;
}

GraphBuilder& GraphBuilder::AddSubGraph(std::string name, Graph graph, SubGraphStates states) {
  nodes_.push_back(
      {std::move(name),
       {.kind = NodeKind::kEnter, .states = std::move(states), .options = {.may_run_ahead = true}},
       std::move(graph)});
  return *this;
}

GraphBuilder& GraphBuilder::AddStrategy(std::string node, Strategy strategy) {
  strategies_.push_back({std::move(node), std::move(strategy)});
  return *this;
}

GraphBuilder& GraphBuilder::SetUndo(std::string node, UndoFunction undo) {
  undos_.push_back({std::move(node), std::move(undo)});
  return *this;
}

GraphBuilder& GraphBuilder::SetWhenFailed(FailurePolicy policy) {
  when_failed_ = std::move(policy);
  return *this;
}

GraphBuilder& GraphBuilder::AddEdge(std::string from, std::string to) {
  edges_.push_back({std::move(from), nullptr, {std::move(to)}});
  return *this;
}

GraphBuilder& GraphBuilder::AddConditionalEdge(std::string from, RouteFunction route,
                                               std::vector<std::string> targets) {
  // Never empty, so that Build can tell it from a plain edge.
  if (!route) {
    route = [](std::string_view) { return absl::InternalError("a conditional edge has no route"); };
  }
  edges_.push_back({std::move(from), std::move(route), std::move(targets)});
  return *this;
}

GraphBuilder& GraphBuilder::SetEntry(std::string name) {
  entries_.push_back(std::move(name));
  return *this;
}

void GraphBuilder::PlaceOne(const std::string& name, Graph::Node node, Graph& graph,
                            Faults& faults) {
  if (graph.nodes_.emplace(name, std::move(node)).second) {
    graph.order_.push_back(name);
  } else {
    faults.push_back(fmt::format("node {} is added twice", name));
  }
}

// "outer" enters, "outer/name" are the inner nodes, and where the inner end was, "outer/__end__"
// leaves.
void GraphBuilder::PlaceInner(const NamedNode& outer, Graph& graph, Faults& faults) {
  const SubGraphStates& states = outer.node.states;
  if (!states.enter || !states.leave) {
    faults.push_back(
        fmt::format("sub-graph {} does not say how to enter and leave it", outer.name));
  }
  Graph::Node enter = outer.node;
  enter.targets = {Inside(outer.name, outer.inner->entry())};
  PlaceOne(outer.name, std::move(enter), graph, faults);
  for (const std::string& name : outer.inner->node_names()) {
    PlaceOne(Inside(outer.name, name), Renamed(*outer.inner->Find(name), outer.name), graph,
             faults);
  }
  Graph::Node leave = outer.node;
  leave.kind = NodeKind::kLeave;
  PlaceOne(Inside(outer.name, kEnd), std::move(leave), graph, faults);
}

void GraphBuilder::PlaceNodes(Graph& graph, Faults& faults) const {
  for (const NamedNode& named : nodes_) {
    if (!IsName(named.name)) {
      faults.push_back(fmt::format("\"{}\" is not a name of a-z, 0-9 and _", named.name));
    } else if (!named.node.run && !named.inner.has_value()) {
      faults.push_back(fmt::format("node {} has no function", named.name));
    }
    const std::optional<FailureQuestion>& ask = named.node.options.ask;
    if (ask.has_value() && !IsFailureOption(ask->default_option, ask->may_skip)) {
      faults.push_back(fmt::format("node {} has no option \"{}\" to answer with by default",
                                   named.name, ask->default_option));
    }
    if (named.inner.has_value()) {
      PlaceInner(named, graph, faults);
    } else {
      PlaceOne(named.name, named.node, graph, faults);
    }
  }
}

void GraphBuilder::PlaceExtras(Graph& graph, Faults& faults) const {
  auto function_node = [&](const std::string& name, std::string_view what) -> Graph::Node* {
    auto found = graph.nodes_.find(name);
    if (found != graph.nodes_.end() && found->second.run) return &found->second;
    faults.push_back(fmt::format("{} is of {}, which is no node with a function", what, name));
    return nullptr;
  };
  for (const auto& [name, strategy] : strategies_) {
    Graph::Node* node = function_node(name, "a strategy");
    if (node == nullptr) continue;
    const bool is_new = std::ranges::find(node->strategies, strategy.name, &Strategy::name) ==
                        node->strategies.end();
    if (!is_new || !IsName(strategy.name) || strategy.name == kFirstStrategy || !strategy.run) {
      faults.push_back(fmt::format(
          "node {} needs another name or a function for its strategy \"{}\"", name, strategy.name));
    }
    node->strategies.push_back(strategy);
  }
  for (const auto& [name, undo] : undos_) {
    if (Graph::Node* node = function_node(name, "an undo"); node != nullptr) node->undo = undo;
  }
}

void GraphBuilder::PlaceEdges(Graph& graph, Faults& faults) const {
  for (const Edge& edge : edges_) {
    auto from = graph.nodes_.find(edge.from);
    if (from != graph.nodes_.end() && from->second.kind == NodeKind::kEnter) {
      from = graph.nodes_.find(Inside(edge.from, kEnd));
    }
    if (from == graph.nodes_.end()) {
      faults.push_back(fmt::format("an edge begins at the unknown node {}", edge.from));
      continue;
    }
    if (!from->second.targets.empty()) {
      faults.push_back(fmt::format("node {} has two ways out", edge.from));
      continue;
    }
    for (const std::string& target : edge.targets) {
      if (target == kEnd || graph.Find(target) != nullptr) continue;
      faults.push_back(
          fmt::format("an edge leads from {} to the unknown node {}", edge.from, target));
    }
    from->second.route = edge.route;
    from->second.is_conditional = static_cast<bool>(edge.route);
    from->second.targets = edge.targets;
  }
}

absl::StatusOr<Graph> GraphBuilder::Build() const {
  Graph graph;
  graph.when_failed_ = when_failed_;
  Faults faults;
  PlaceNodes(graph, faults);
  PlaceExtras(graph, faults);
  PlaceEdges(graph, faults);
  for (const std::string& name : graph.order_) {
    if (graph.Find(name)->targets.empty()) {
      faults.push_back(fmt::format("node {} has no way out", name));
    }
  }
  if (entries_.size() != 1 || graph.Find(entries_.front()) == nullptr) {
    faults.push_back("the graph needs one entry, which is one of its nodes");
  } else {
    graph.entry_ = entries_.front();
  }
  if (faults.empty()) CheckPaths(graph, faults);
  if (faults.empty()) return graph;
  return absl::InvalidArgumentError(
      fmt::format("the graph is not valid: {}", fmt::join(faults, "; ")));
}

}  // namespace datamigrate::workflow
