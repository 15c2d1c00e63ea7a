#include "agent_engine/verify/report_json.h"

#include <nlohmann/json.hpp>

namespace datamigrate::verify {
namespace {

using Json = nlohmann::ordered_json;

template <typename Items, typename Convert>
Json List(const Items& items, Convert convert) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(convert(item));
  return list;
}

Json OfCount(const KindCount& count) {
  return {{"kind", count.kind},
          {"found", count.found},
          {"converted", count.converted},
          {"refused", count.refused}};
}

Json OfCheck(const Check& check) {
  return {{"name", check.name},
          {"passed", check.passed},
          {"total", check.total},
          {"weight", check.weight},
          {"findings", check.findings}};
}

Json OfStep(const dbt::DbtStepResult& step) {
  return {{"command", step.command},     {"exit_code", step.exit_code}, {"seconds", step.seconds},
          {"succeeded", step.succeeded}, {"failed", step.failed},       {"skipped", step.skipped},
          {"failures", step.failures}};
}

Json OfTable(const TableRows& table) {
  return {{"table", table.table},
          {"source_rows", table.source_rows},
          {"target_rows", table.target_rows},
          {"is_equal", table.is_equal}};
}

Json OfResult(const ResultRows& result) {
  return {{"object", result.object},
          {"source_rows", result.source_rows},
          {"target_rows", result.target_rows},
          {"difference", result.difference}};
}

Json OfRewrite(const RewriteLine& line) {
  return {{"object", line.object},   {"model", line.model},
          {"verdict", line.verdict}, {"reason", line.reason},
          {"is_used", line.is_used}, {"cost_microdollars", line.cost_microdollars}};
}

Json OfFinding(const ReportFinding& finding) {
  return {{"code", finding.code},   {"severity", finding.severity}, {"object", finding.object},
          {"place", finding.place}, {"message", finding.message},   {"hint", finding.hint}};
}

Json OfNode(const LineageNode& node) {
  return {{"name", node.name},
          {"layer", node.layer},
          {"is_refused", node.is_refused},
          {"depends_on", node.depends_on}};
}

}  // namespace

std::string RenderReportJson(const ReportContent& content) {
  const Json report = {{"title", content.title},
                       {"source", content.source},
                       {"target", content.target},
                       {"finished_at", content.finished_at},
                       {"score", content.validation.score},
                       {"is_approved", content.validation.is_approved},
                       {"objects", List(content.counts, OfCount)},
                       {"checks", List(content.validation.checks, OfCheck)},
                       {"dbt", List(content.steps, OfStep)},
                       {"tables", List(content.tables, OfTable)},
                       {"results", List(content.results, OfResult)},
                       {"rewrites", List(content.rewrites, OfRewrite)},
                       {"findings", List(content.findings, OfFinding)},
                       {"lineage", List(content.lineage, OfNode)}};
  return report.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace datamigrate::verify
