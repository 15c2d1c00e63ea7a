#include "agent_engine/workflow/graph.h"

#include <algorithm>

#include <fmt/format.h>

namespace datamigrate::workflow {

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

std::optional<std::string> Graph::Resolve(std::string_view from, std::string_view name) const {
  std::string_view around = from;
  while (true) {
    const std::size_t slash = around.rfind('/');
    around = slash == around.npos ? "" : around.substr(0, slash);
    std::string full = fmt::format("{}{}{}", around, around.empty() ? "" : "/", name);
    if (Find(full) != nullptr) return full;
    if (around.empty()) return std::nullopt;
  }
}

}  // namespace datamigrate::workflow
