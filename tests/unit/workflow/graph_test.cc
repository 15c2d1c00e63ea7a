#include "agent_engine/workflow/graph.h"

#include <catch2/catch.hpp>

#include "agent_engine/workflow/graph_drawing.h"

namespace datamigrate::workflow {
namespace {

NodeFunction Nothing() {
  return [](std::string_view state, NodeContext&) -> absl::StatusOr<NodeResult> {
    return NodeResult{std::string(state), {}};
  };
}

std::string FaultsOf(const GraphBuilder& builder) {
  return std::string(builder.Build().status().message());
}

const std::string kEndName(kEnd);

TEST_CASE("A graph leads from node to node by its edges and routes", "[workflow]") {
  GraphBuilder builder;
  builder.AddNode("test", Nothing()).AddNode("repair", Nothing()).SetEntry("test");
  builder.AddEdge("repair", "test");
  builder.AddConditionalEdge(
      "test",
      [](std::string_view state) -> absl::StatusOr<std::string> {
        return state == "good" ? kEndName : state == "bad" ? "repair" : "elsewhere";
      },
      {"repair", kEndName});
  absl::StatusOr<Graph> graph = builder.Build();
  REQUIRE(graph.ok());
  CHECK(graph->entry() == "test");
  CHECK(graph->Next("repair", "").value() == "test");
  CHECK(graph->Next("test", "good").value() == kEnd);
  CHECK(graph->Next("test", "bad").value() == "repair");
  CHECK(graph->Next("test", "?").status().code() == absl::StatusCode::kInternal);
}

TEST_CASE("Building a graph names every fault", "[workflow]") {
  GraphBuilder builder;
  builder.AddNode("a", Nothing()).AddNode("a", Nothing()).AddNode("Bad name", Nothing());
  builder.AddNode("stuck", Nothing()).AddEdge("a", "nowhere").AddEdge("ghost", "a");
  builder.AddEdge("a", kEndName);
  std::string faults = FaultsOf(builder);
  CHECK(faults.find("node a is added twice") != std::string::npos);
  CHECK(faults.find("\"Bad name\" is not a name") != std::string::npos);
  CHECK(faults.find("from a to the unknown node nowhere") != std::string::npos);
  CHECK(faults.find("begins at the unknown node ghost") != std::string::npos);
  CHECK(faults.find("node a has two ways out") != std::string::npos);
  CHECK(faults.find("node stuck has no way out") != std::string::npos);
  CHECK(faults.find("needs one entry") != std::string::npos);
}

TEST_CASE("A node that is never reached, or from which the end is not, is a fault", "[workflow]") {
  GraphBuilder builder;
  builder.AddNode("a", Nothing()).AddNode("b", Nothing()).AddNode("alone", Nothing());
  builder.SetEntry("a").AddEdge("a", "b").AddEdge("b", "a").AddEdge("alone", kEndName);
  std::string faults = FaultsOf(builder);
  CHECK(faults.find("node alone is never reached") != std::string::npos);
  CHECK(faults.find("the end is not reached from node a") != std::string::npos);
  CHECK(faults.find("the end is not reached from node b") != std::string::npos);
}

TEST_CASE("A graph draws itself in Mermaid with the node under way", "[workflow]") {
  GraphBuilder builder;
  builder.AddNode("plan", Nothing()).AddNode("test", Nothing()).SetEntry("plan");
  builder.AddEdge("plan", "test");
  builder.AddConditionalEdge("test", [](std::string_view) { return std::string("plan"); },
                             {"plan", kEndName});
  CHECK(ToMermaid(*builder.Build(), {.current = "test"}) ==
        "flowchart TD\n"
        "  start_([start])\n"
        "  n_plan[plan]\n"
        "  n_test[test]\n"
        "  end_([end])\n"
        "  start_ --> n_plan\n"
        "  n_plan --> n_test\n"
        "  n_test -.-> n_plan\n"
        "  n_test -.-> end_\n"
        "  classDef current fill:#ffd54f,stroke:#e65100,stroke-width:3px\n"
        "  class n_test current\n");
}

SubGraphStates SameState() {
  return {[](std::string_view outer) -> absl::StatusOr<std::string> { return std::string(outer); },
          [](std::string_view, std::string_view inner) -> absl::StatusOr<std::string> {
            return std::string(inner);
          }};
}

Graph OneStep(const std::string& name) {
  GraphBuilder builder;
  return *builder.AddNode(name, Nothing()).SetEntry(name).AddEdge(name, kEndName).Build();
}

TEST_CASE("A sub-graph's nodes are the graph's, with names of their own", "[workflow]") {
  GraphBuilder inner;
  inner.AddNode("try", Nothing()).AddSubGraph("deep", OneStep("try"), SameState()).SetEntry("try");
  inner.AddConditionalEdge("try", [](std::string_view) { return std::string("deep"); },
                           {"deep", kEndName});
  inner.AddEdge("deep", kEndName);
  GraphBuilder builder;
  builder.AddNode("plan", Nothing()).AddSubGraph("repair", *inner.Build(), SameState());
  builder.SetEntry("plan").AddEdge("plan", "repair").AddEdge("repair", kEndName);
  absl::StatusOr<Graph> graph = builder.Build();
  REQUIRE(graph.ok());
  CHECK(graph->node_names() == std::vector<std::string>{"plan", "repair", "repair/try",
                                                        "repair/deep", "repair/deep/try",
                                                        "repair/deep/__end__", "repair/__end__"});
  CHECK(graph->Next("plan", "").value() == "repair");
  CHECK(graph->Next("repair", "").value() == "repair/try");
  CHECK(graph->Next("repair/try", "").value() == "repair/deep");
  CHECK(graph->Next("repair/deep/try", "").value() == "repair/deep/__end__");
  CHECK(graph->Next("repair/deep/__end__", "").value() == "repair/__end__");
  CHECK(graph->Next("repair/__end__", "").value() == kEnd);
  CHECK(graph->Resolve("repair/deep/try", "try") == "repair/deep/try");
  CHECK(graph->Resolve("repair/deep/try", "deep") == "repair/deep");
  CHECK(graph->Resolve("repair/deep/try", "plan") == "plan");
  CHECK(graph->Resolve("plan", "try") == std::nullopt);
}

TEST_CASE("Building says what is wrong with fan-outs, sub-graphs, strategies and undos",
          "[workflow]") {
  GraphBuilder builder;
  builder.AddFanOut("spread", {}).AddSubGraph("inner", OneStep("x"), {}).SetEntry("spread");
  builder.AddNode("step", Nothing(), {.ask = FailureQuestion{.default_option = "skip"}});
  builder.AddStrategy("step", {.name = "again", .run = Nothing()})
      .AddStrategy("step", {.name = "again", .run = Nothing()});
  builder.AddStrategy("inner", {.name = "other", .run = Nothing()}).SetUndo("nowhere", nullptr);
  builder.AddStrategy("step", {.name = "first", .run = Nothing()});
  const std::string faults = FaultsOf(builder);
  CHECK(faults.find("node spread has no function") != std::string::npos);
  CHECK(faults.find("sub-graph inner does not say how to enter") != std::string::npos);
  CHECK(faults.find("node step has no option \"skip\"") != std::string::npos);
  CHECK(faults.find("function for its strategy \"again\"") != std::string::npos);
  CHECK(faults.find("function for its strategy \"first\"") != std::string::npos);
  CHECK(faults.find("a strategy is of inner, which is no node") != std::string::npos);
  CHECK(faults.find("an undo is of nowhere, which is no node") != std::string::npos);
}

}  // namespace
}  // namespace datamigrate::workflow
