// Graphs as Mermaid flowcharts (Mermaid documentation, "Flowcharts": -.-> is a dotted link, [[ ]] a
// subroutine, class gives nodes a style).
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "agent_engine/workflow/graph_drawing.h"

namespace datamigrate::workflow {
namespace {

// Names have no capitals, so no two have the same id.
std::string IdOf(std::string_view name) {
  if (name == kEnd) return "end_";
  std::string id = "n_";
  for (const char c : name) id += c == '/' ? std::string("_IN_") : std::string(1, c);
  return id;
}

std::string_view LastPart(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == name.npos ? name : name.substr(slash + 1);
}

// A sub-graph's nodes are drawn between where it is entered and where it is left.
std::string NodeLines(const std::string& name, NodeKind kind, std::string& indent) {
  const std::string id = IdOf(name);
  switch (kind) {
    case NodeKind::kStep:
      return fmt::format("{}{}[{}]\n", indent, id, LastPart(name));
    case NodeKind::kFanOut:
      return fmt::format("{}{}[[\"{}, each item\"]]\n", indent, id, LastPart(name));
    case NodeKind::kEnter: {
      std::string lines = fmt::format("{}subgraph s_{} [{}]\n", indent, id, LastPart(name));
      indent += "  ";
      return lines + fmt::format("{}{}([begin])\n", indent, id);
    }
    case NodeKind::kLeave:
      break;
  }
  std::string lines = fmt::format("{}{}([end])\n", indent, id);
  indent.resize(indent.size() - 2);
  return lines + fmt::format("{}end\n", indent);
}

std::string ClassLines(const Graph& graph, const Marks& marks) {
  std::string text;
  if (graph.Find(marks.current) != nullptr || marks.current == kEnd) {
    text += "  classDef current fill:#ffd54f,stroke:#e65100,stroke-width:3px\n";
    text += fmt::format("  class {} current\n", IdOf(marks.current));
  }
  std::string visited;
  for (const std::string& name : graph.node_names()) {
    if (!marks.visited.contains(name) || name == marks.current) continue;
    visited += fmt::format("{}{}", visited.empty() ? "" : ",", IdOf(name));
  }
  if (visited.empty()) return text;
  text += "  classDef visited fill:#d9f2e3,stroke:#1b7f4b\n";
  return text + fmt::format("  class {} visited\n", visited);
}

}  // namespace

std::string ToMermaid(const Graph& graph, const Marks& marks) {
  std::string text = "flowchart TD\n  start_([start])\n";
  std::string indent = "  ";
  for (const std::string& name : graph.node_names()) {
    text += NodeLines(name, graph.Find(name)->kind, indent);
  }
  text += fmt::format("  end_([end])\n  start_ --> {}\n", IdOf(graph.entry()));
  for (const std::string& name : graph.node_names()) {
    const Graph::Node& node = *graph.Find(name);
    for (const std::string& target : node.targets) {
      text += fmt::format("  {} {} {}\n", IdOf(name), node.is_conditional ? "-.->" : "-->",
                          IdOf(target));
    }
  }
  return text + ClassLines(graph, marks);
}

}  // namespace datamigrate::workflow
