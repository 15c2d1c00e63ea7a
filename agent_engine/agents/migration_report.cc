#include "agent_engine/agents/migration_report.h"

#include <fstream>
#include <map>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "agent_engine/verify/report_html.h"
#include "agent_engine/verify/report_json.h"
#include "fmt/format.h"

namespace datamigrate::agents {
namespace {

verify::Validation ToValidation(const v1::ValidationResult& result) {
  verify::Validation validation;
  validation.score = result.score();
  validation.is_approved = result.approved();
  for (const v1::Check& check : result.checks()) {
    validation.checks.push_back({check.name(),
                                 check.passed(),
                                 check.total(),
                                 check.weight(),
                                 {check.findings().begin(), check.findings().end()}});
  }
  return validation;
}

dbt::DbtStepResult ToStep(const v1::DbtStep& step) {
  dbt::DbtStepResult result;
  result.command = step.command();
  result.exit_code = step.exit_code();
  result.seconds = step.seconds();
  result.succeeded = step.succeeded();
  result.failed = step.failed();
  result.skipped = step.skipped();
  result.failures.assign(step.failures().begin(), step.failures().end());
  return result;
}

verify::ReportFinding ToFinding(const v1::Diagnostic& diagnostic) {
  const std::string place =
      diagnostic.file().empty()
          ? ""
          : fmt::format("{}:{}:{}", diagnostic.file(), diagnostic.line(), diagnostic.column());
  return {diagnostic.code(),    diagnostic.severity(), diagnostic.object(), place,
          diagnostic.message(), diagnostic.hint()};
}

std::string VerdictText(v1::RewriteVerdict verdict) {
  switch (verdict) {
    case v1::REWRITE_VERDICT_REFUSED:
      return "refused";
    case v1::REWRITE_VERDICT_DOES_NOT_RUN:
      return "does not run";
    case v1::REWRITE_VERDICT_DIFFERS:
      return "differs";
    case v1::REWRITE_VERDICT_UNPROVEN:
      return "unproven";
    case v1::REWRITE_VERDICT_PROVEN:
      return "proven";
    default:
      return "not asked";
  }
}

std::vector<verify::RewriteLine> RewritesOf(const v1::MigrationState& state) {
  std::vector<verify::RewriteLine> lines;
  for (const auto& [object, rewrite] :
       std::map<std::string, v1::Rewrite>(state.rewrites().begin(), state.rewrites().end())) {
    for (int i = 0; i < rewrite.attempts_size(); ++i) {
      const v1::RewriteAttempt& attempt = rewrite.attempts(i);
      lines.push_back({object, attempt.model(), VerdictText(attempt.verdict()), attempt.reason(),
                       attempt.cost_microdollars(), rewrite.accepted() == i});
    }
  }
  return lines;
}

verify::ReportContent ContentOf(const dbt::Project& project, const v1::MigrationState& state,
                                const std::vector<data::TableComparison>& comparisons) {
  verify::ReportContent content;
  content.title = project.database.empty() ? project.name : project.database;
  content.source = state.source_connection();
  content.target = state.target_warehouse();
  content.finished_at = absl::FormatTime("%Y-%m-%d %H:%M UTC", absl::Now(), absl::UTCTimeZone());
  for (const v1::ObjectCount& count : state.object_counts()) {
    content.counts.push_back({count.kind(), count.found(), count.converted(), count.refused()});
  }
  content.validation = ToValidation(state.validation_result());
  for (const v1::DbtStep& step : state.deployment_result().steps()) {
    content.steps.push_back(ToStep(step));
  }
  for (const data::TableComparison& comparison : comparisons) {
    content.tables.push_back(
        {comparison.table, comparison.source_rows, comparison.target_rows, comparison.is_equal()});
  }
  for (const v1::ResultComparison& result : state.result_comparisons()) {
    content.results.push_back(
        {result.object(), result.captured_rows(), result.model_rows(), result.difference()});
  }
  content.rewrites = RewritesOf(state);
  for (const v1::Diagnostic& diagnostic : state.diagnostics()) {
    content.findings.push_back(ToFinding(diagnostic));
  }
  content.lineage = verify::LineageOf(project);
  return content;
}

absl::Status WriteWhole(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path partial = path.string() + ".partial";
  std::ofstream file(partial, std::ios::binary);
  file << text;
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(partial, path, error);
  if (file && !error) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("cannot write {}; is the disk full?", path.string()));
}

}  // namespace

std::filesystem::path ReportJsonPath(const std::filesystem::path& path) {
  return std::filesystem::path(path).replace_extension(".json");
}

absl::Status WriteReport(const dbt::Project& project, const v1::MigrationState& state,
                         const std::vector<data::TableComparison>& comparisons,
                         const std::filesystem::path& path) {
  const verify::ReportContent content = ContentOf(project, state, comparisons);
  const absl::Status written = WriteWhole(ReportJsonPath(path), verify::RenderReportJson(content));
  if (!written.ok()) return written;
  return WriteWhole(path, verify::RenderReport(content));
}

}  // namespace datamigrate::agents
