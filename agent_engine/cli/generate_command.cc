#include "agent_engine/cli/generate_command.h"

#include <unistd.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent_engine/agents/generation.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/json_line.h"
#include "agent_engine/cli/source_findings.h"
#include "agent_engine/cli/source_options.h"
#include "agent_engine/cli/terminal.h"
#include "agent_engine/dbt/project_files.h"
#include "agent_engine/dbt/project_writer.h"
#include "fmt/format.h"

namespace datamigrate::cli {
namespace {

struct Options {
  SourceOptions source;
  std::string target = "duckdb";
  std::string out;
  bool json = false;
};

struct Outcome {
  std::vector<v1::ObjectCount> counts;
  int models = 0;
  int tests = 0;
  std::vector<diagnostics::Diagnostic> findings;
  double seconds = 0;
};

std::map<std::string, int> CountByCode(const std::vector<diagnostics::Diagnostic>& findings) {
  std::map<std::string, int> counts;
  for (const auto& finding : findings) ++counts[std::string(diagnostics::KindOf(finding.id).code)];
  return counts;
}

nlohmann::ordered_json OutcomeJson(const Outcome& outcome, const Options& options) {
  nlohmann::ordered_json objects = nlohmann::ordered_json::object();
  int converted = 0;
  int refused = 0;
  for (const v1::ObjectCount& count : outcome.counts) {
    objects[count.kind()] = {
        {"found", count.found()}, {"converted", count.converted()}, {"refused", count.refused()}};
    converted += count.converted();
    refused += count.refused();
  }
  nlohmann::ordered_json found = nlohmann::ordered_json::array();
  for (const auto& finding : outcome.findings) found.push_back(ToJson(finding, nullptr));
  return {{"project", options.out}, {"target", options.target},
          {"objects", objects},     {"converted", converted},
          {"refused", refused},     {"models", outcome.models},
          {"tests", outcome.tests}, {"diagnostics_by_code", CountByCode(outcome.findings)},
          {"diagnostics", found},   {"seconds", outcome.seconds}};
}

void PrintOutcome(const Outcome& outcome, const Options& options) {
  Terminal terminal(STDOUT_FILENO);
  TextTable table({"objects", "found", "converted", "refused"});
  for (const v1::ObjectCount& count : outcome.counts) {
    table.Add({count.kind(), std::to_string(count.found()), std::to_string(count.converted()),
               std::to_string(count.refused())});
  }
  terminal.Line(table.Render(terminal));
  TextTable codes({"diagnostic", "times"});
  for (const auto& [code, times] : CountByCode(outcome.findings)) {
    codes.Add({code, std::to_string(times)});
  }
  if (!codes.empty()) terminal.Line(codes.Render(terminal));
  terminal.Line(fmt::format("{} models with {} tests in {}, {:.2f} s", outcome.models,
                            outcome.tests, terminal.Paint(Style::kBold, options.out),
                            outcome.seconds));
}

Outcome Summarize(const catalog::Catalog& catalog, const dbt::Project& project) {
  Outcome outcome;
  outcome.counts = agents::CountConverted(catalog, project);
  outcome.findings = dbt::AllDiagnostics(project);
  for (const dbt::Model& model : project.models) {
    if (model.status != dbt::ModelStatus::kConverted) continue;
    ++outcome.models;
    outcome.tests += static_cast<int>(model.tests.size());
  }
  return outcome;
}

int Generate(const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  auto source = OpenSource(options.source, false);
  if (!source.ok()) return ReportFailure(source.status());
  agents::GenerationOptions generation;
  generation.target = *dialects::ParseTarget(options.target);
  generation.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const dbt::Project project = agents::GenerateProject((*source)->catalog(), generation);
  const absl::Status written = dbt::WriteProject(dbt::RenderProject(project), options.out);
  if (!written.ok()) return ReportFailure(written);

  Outcome outcome = Summarize((*source)->catalog(), project);
  const auto& read = (*source)->diagnostics();
  outcome.findings.insert(outcome.findings.begin(), read.begin(), read.end());
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (options.json) {
    fmt::print("{}\n", JsonLine(OutcomeJson(outcome, options)));
    return kSuccess;
  }
  PrintFindings(outcome.findings, nullptr);
  PrintOutcome(outcome, options);
  return kSuccess;
}

}  // namespace

void AddGenerateCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("generate", "Write the dbt project for a folder of scripts");
  AddSourceOptions(*command, options->source);
  std::vector<std::string> targets;
  for (dialects::Target target : dialects::kTargets) targets.emplace_back(TargetName(target));
  command->add_option("--target", options->target, "The warehouse to write for")
      ->check(CLI::IsMember(targets))
      ->capture_default_str();
  command->add_option("--out", options->out, "Folder of the project; new, empty or an older result")
      ->required();
  command->add_flag("--json", options->json, "Print the counts and findings as JSON");
  command->footer(
      "Examples:\n"
      "  datamigrate generate --source ./scripts --target duckdb --out ./warehouse\n"
      "  datamigrate generate --source ./Shop.sqlproj --target snowflake --out ./shop --json\n"
      "Exit codes: 0 written (refused objects are listed), 1 failed, 2 wrong use.");
  command->callback([options, &exit_code] { exit_code = Generate(*options); });
}

}  // namespace datamigrate::cli
