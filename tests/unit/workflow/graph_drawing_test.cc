#include "agent_engine/workflow/graph_drawing.h"

#include <catch2/catch.hpp>

namespace datamigrate::workflow {
namespace {

bool Holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Graph RepairLoop() {
  auto run = [](std::string_view, NodeContext&) -> absl::StatusOr<NodeResult> {
    return NodeResult{};
  };
  auto route = [](std::string_view) -> absl::StatusOr<std::string> { return "repair"; };
  GraphBuilder builder;
  builder.AddNode("assess", run).AddNode("test", run).AddNode("repair", run);
  builder.SetEntry("assess").AddEdge("assess", "test").AddEdge("repair", "test");
  builder.AddConditionalEdge("test", route, {"repair", std::string(kEnd)});
  return *builder.Build();
}

TEST_CASE("A graph is drawn with what a run has done of it", "[workflow]") {
  Graph graph = RepairLoop();
  std::string mermaid = ToMermaid(graph, {.current = "test", .visited = {"assess", "test"}});
  CHECK(Holds(mermaid, "class n_test current"));
  CHECK(Holds(mermaid, "class n_assess visited"));
  CHECK(ToMermaid(graph) == graph.ToMermaid());
  std::string svg = ToSvg(graph, {.current = "test", .visited = {"assess", "gone"}});
  CHECK(Holds(svg, "<g class=\"node current\">"));
  CHECK(Holds(svg, ">assess</text>"));
  CHECK(Holds(svg, "prefers-color-scheme:dark"));
  CHECK_FALSE(Holds(svg, "gone"));
  CHECK(svg.ends_with("</svg>\n"));
}

TEST_CASE("Boxes are below what leads to them, and ways back have a lane", "[workflow]") {
  std::string svg = ToSvg(RepairLoop());
  // start, assess, test, then repair and the end side by side.
  CHECK(Holds(svg, "y=\"24\" width=\"60\""));
  CHECK(Holds(svg, "y=\"108\" width=\"96\""));
  CHECK(Holds(svg, "y=\"192\" width=\"96\""));
  CHECK(Holds(svg, "y=\"276\" width=\"96\""));
  CHECK(Holds(svg, "y=\"276\" width=\"60\""));
  // From repair to test, left of all boxes.
  CHECK(Holds(svg, "M46 294 C32 294 24 294 24 280 L24 224"));
}

}  // namespace
}  // namespace datamigrate::workflow
