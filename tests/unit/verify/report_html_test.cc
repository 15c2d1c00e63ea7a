#include "agent_engine/verify/report_html.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>

#include "agent_engine/verify/lineage_svg.h"
#include "agent_engine/verify/report_json.h"
#include "tests/unit/dbt/shop.h"

namespace datamigrate::verify {
namespace {

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

ReportContent ShopReport() {
  const dbt::Project project = testing::ShopProject();
  const auto run = RunProject(project, {});
  REQUIRE(run.ok());
  ReportContent content;
  content.title = "Shop <script>alert(1)</script>";
  content.source = "scripts/\"shop\"";
  content.target = "duckdb";
  content.finished_at = "2026-01-02 03:04 UTC";
  content.duration = "1 min 5 s";
  content.counts = {{"table", 3, 3, 0}, {"view", 4, 2, 2}, {"trigger", 1, 0, 1}};
  content.validation = Validate(testing::ShopCatalog(), project, *run);
  dbt::DbtStepResult step;
  step.command = "test";
  step.exit_code = 1;
  step.seconds = 2.5;
  step.succeeded = 1234;
  step.failed = 1;
  step.failures = {"not_null_x: Got 1 result <b>"};
  content.steps = {step};
  content.tables = {{"Sales.Customer", 1'234'567, 1'234'567, true},
                    {"Sales.Order Lines", 10, 9, false}};
  for (const auto& diagnostic : dbt::AllDiagnostics(project)) {
    content.findings.push_back(ToFinding(diagnostic));
  }
  content.lineage = LineageOf(project);
  return content;
}

TEST_CASE("The report is one page that shows every part", "[verify]") {
  const std::string html = RenderReport(ShopReport());
  for (const char* part : {"<h2>Score</h2>", "<h2>Objects</h2>", "<h2>dbt</h2>", "<h2>Rows</h2>",
                           "<h2>Lineage</h2>", "<h2>Findings</h2>", "1 of 2 tables have", "TP0101",
                           "views.sql:5:8", "stg_sales__customer"}) {
    INFO(part);
    CHECK(CountOf(html, part) > 0);
  }
  if (const char* path = std::getenv("DATAMIGRATE_REPORT_SAMPLE")) std::ofstream(path) << html;
}

TEST_CASE("Nothing in the report is run or loaded", "[verify]") {
  const std::string html = RenderReport(ShopReport());
  for (const char* part :
       {"<script", "http:", "https:", "src=", "url(", "@import", "onerror", "<b>\""}) {
    INFO(part);
    CHECK(CountOf(html, part) == 0);
  }
  CHECK(CountOf(html, "&lt;script&gt;") == 2);
}

TEST_CASE("The report's JSON says what the page does, and takes any text", "[verify]") {
  ReportContent content = ShopReport();
  content.findings.push_back({"X1", "error", "dbo.\xff", "", "\"quoted\"", ""});
  const auto report = nlohmann::json::parse(RenderReportJson(content));
  CHECK(report["title"] == "Shop <script>alert(1)</script>");
  CHECK(report["checks"].size() == 5);
  CHECK(report["checks"][0]["name"] == "schema");
  CHECK(report["objects"][1] ==
        nlohmann::json::parse(R"({"kind":"view","found":4,"converted":2,"refused":2})"));
  CHECK(report["dbt"][0]["failures"][0] == "not_null_x: Got 1 result <b>");
  CHECK(report["tables"][1]["is_equal"] == false);
  CHECK(report["tables"][0]["source_rows"] == 1'234'567);
  CHECK(report["findings"].back()["object"] == "dbo.\xef\xbf\xbd");
  CHECK(report["lineage"].size() == content.lineage.size());
}

TEST_CASE("Every element that is opened is closed", "[verify]") {
  const std::string html = RenderReport(ShopReport());
  for (const std::string tag : {"section", "table", "tr", "td", "th", "div", "svg", "g", "details",
                                "ul", "li", "main", "body", "html", "h2", "p", "span", "code"}) {
    INFO(tag);
    CHECK(CountOf(html, "<" + tag + ">") + CountOf(html, "<" + tag + " ") ==
          CountOf(html, "</" + tag + ">"));
  }
}

TEST_CASE("The lineage has a box per model and a line per reading", "[verify]") {
  const std::vector<LineageNode> nodes = {{"a", "staging", false, {}},
                                          {"b", "staging", false, {}},
                                          {"c", "marts", false, {"a", "b", "gone"}}};
  const std::string svg = RenderLineage(nodes);
  CHECK(CountOf(svg, "<rect") == 3);
  CHECK(CountOf(svg, "<path") == 2);
  CHECK(RenderLineage({}).empty());
}

TEST_CASE("A large lineage is drawn as numbers per layer", "[verify]") {
  std::vector<LineageNode> nodes(kMaxLineageNodes + 1, {"n", "staging", false, {}});
  const std::string svg = RenderLineage(nodes);
  CHECK(CountOf(svg, "<rect") == 3);
  CHECK(CountOf(svg, "staging: 61 models") > 0);
}

TEST_CASE("Models that read each other do not hold the picture up", "[verify]") {
  const std::vector<LineageNode> nodes = {
      {"a", "marts", true, {"b"}}, {"b", "marts", true, {"a"}}, {"c", "marts", true, {"c"}}};
  CHECK(CountOf(RenderLineage(nodes), "<rect") == 3);
}

TEST_CASE("An empty report is still a page", "[verify]") {
  const std::string html = RenderReport({});
  CHECK(html.starts_with("<!doctype html>"));
  CHECK(html.ends_with("</html>\n"));
}

}  // namespace
}  // namespace datamigrate::verify
