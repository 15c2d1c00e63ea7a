#include "agent_engine/workflow/graph.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace datamigrate::workflow {
namespace {

bool IsName(std::string_view name) {
  return !name.empty() && name != kEnd && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
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

}  // namespace

bool IsTransient(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
      return true;
    default:
      return false;
  }
}

std::vector<std::string> Graph::node_names() const {
  return order_;
}

const Graph::Node* Graph::Find(std::string_view name) const {
  auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second;
}

absl::StatusOr<std::string> Graph::Next(std::string_view from, std::string_view state) const {
  const Node* node = Find(from);
  if (node == nullptr) return absl::InternalError(fmt::format("the graph has no node {}", from));
  if (!node->is_conditional) return node->targets.front();
  absl::StatusOr<std::string> chosen = node->route(state);
  if (!chosen.ok()) return chosen;
  if (std::find(node->targets.begin(), node->targets.end(), *chosen) == node->targets.end()) {
    return absl::InternalError(fmt::format(
        "the route from node {} chose \"{}\", which it did not declare", from, *chosen));
  }
  return chosen;
}

// Mermaid documentation, "Flowcharts": -.-> is a dotted link, class gives a node a style.
std::string Graph::ToMermaid(std::optional<std::string_view> current) const {
  std::string text = "flowchart TD\n  start_([start])\n";
  auto id = [](std::string_view name) {
    return name == kEnd ? std::string("end_") : fmt::format("n_{}", name);
  };
  for (const std::string& name : order_) text += fmt::format("  {}[{}]\n", id(name), name);
  text += "  end_([end])\n";
  text += fmt::format("  start_ --> {}\n", id(entry_));
  for (const std::string& name : order_) {
    const Node& node = *Find(name);
    for (const std::string& target : node.targets) {
      text +=
          fmt::format("  {} {} {}\n", id(name), node.is_conditional ? "-.->" : "-->", id(target));
    }
  }
  if (current.has_value() && (Find(*current) != nullptr || *current == kEnd)) {
    text += "  classDef current fill:#ffd54f,stroke:#e65100,stroke-width:3px\n";
    text += fmt::format("  class {} current\n", id(*current));
  }
  return text;
}

GraphBuilder& GraphBuilder::AddNode(std::string name, NodeFunction run, NodeOptions options) {
  nodes_.push_back({std::move(name), std::move(run), std::move(options)});
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

absl::StatusOr<Graph> GraphBuilder::Build() const {
  Graph graph;
  std::vector<std::string> faults;
  for (const NamedNode& node : nodes_) {
    if (!IsName(node.name)) {
      faults.push_back(fmt::format("\"{}\" is not a name of a-z, 0-9 and _", node.name));
    } else if (!node.run) {
      faults.push_back(fmt::format("node {} has no function", node.name));
    }
    Graph::Node built{node.run, node.options, nullptr, {}, false};
    if (graph.nodes_.emplace(node.name, std::move(built)).second) {
      graph.order_.push_back(node.name);
    } else {
      faults.push_back(fmt::format("node {} is added twice", node.name));
    }
  }
  for (const Edge& edge : edges_) {
    auto from = graph.nodes_.find(edge.from);
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
