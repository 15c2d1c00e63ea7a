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
  CHECK_FALSE(Holds(ToMermaid(graph), "class "));
  CHECK_FALSE(Holds(ToMermaid(graph, {.current = "gone"}), "class "));
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

TEST_CASE("Sub-graphs are boxes around their nodes, and fan-outs are stacks", "[workflow]") {
  auto run = [](std::string_view, NodeContext&) -> absl::StatusOr<NodeResult> {
    return NodeResult{};
  };
  auto same = [](std::string_view bytes) -> absl::StatusOr<std::string> {
    return std::string(bytes);
  };
  FanOut fan_out{
      .split = [](std::string_view) -> absl::StatusOr<std::vector<FanOutItem>> {
        return std::vector<FanOutItem>();
      },
      .run = [](const FanOutItem&, NodeContext&) -> absl::StatusOr<std::string> { return ""; },
      .join = [](std::string_view, const std::vector<ItemResult>&,
                 NodeContext&) -> absl::StatusOr<NodeResult> { return NodeResult{}; }};
  GraphBuilder inner;
  inner.AddFanOut("each", fan_out).SetEntry("each").AddEdge("each", std::string(kEnd));
  GraphBuilder builder;
  builder.AddNode("plan", run);
  builder.AddSubGraph(
      "work", *inner.Build(),
      {same, [&same](std::string_view, std::string_view bytes) { return same(bytes); }});
  builder.SetEntry("plan").AddEdge("plan", "work").AddEdge("work", std::string(kEnd));
  const Graph graph = *builder.Build();
  CHECK(ToMermaid(graph, {.current = "work/each", .visited = {"plan", "work"}}) ==
        "flowchart TD\n"
        "  start_([start])\n"
        "  n_plan[plan]\n"
        "  subgraph s_n_work [work]\n"
        "    n_work([begin])\n"
        "    n_work_IN_each[[\"each, each item\"]]\n"
        "    n_work_IN___end__([end])\n"
        "  end\n"
        "  end_([end])\n"
        "  start_ --> n_plan\n"
        "  n_plan --> n_work\n"
        "  n_work --> n_work_IN_each\n"
        "  n_work_IN_each --> n_work_IN___end__\n"
        "  n_work_IN___end__ --> end_\n"
        "  classDef current fill:#ffd54f,stroke:#e65100,stroke-width:3px\n"
        "  class n_work_IN_each current\n"
        "  classDef visited fill:#d9f2e3,stroke:#1b7f4b\n"
        "  class n_plan,n_work visited\n");
  const std::string svg = ToSvg(graph, {.current = "work/each"});
  CHECK(Holds(svg, "<g class=\"node current\"><rect x="));
  CHECK(Holds(svg, ">work/each</text>"));
  CHECK(Holds(svg, ">work: end</text>"));
  // A second box behind the fan-out's.
  const std::size_t stack = svg.find("<g class=\"node current\">");
  const std::string element = svg.substr(stack, svg.find("</g>", stack) - stack);
  CHECK(element.find("<rect", element.find("<rect") + 1) != std::string::npos);
}

}  // namespace
}  // namespace datamigrate::workflow
