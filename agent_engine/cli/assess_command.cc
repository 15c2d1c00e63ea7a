#include "agent_engine/cli/assess_command.h"

#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent_engine/agents/assessment.h"
#include "agent_engine/agents/outside_statements.h"
#include "agent_engine/agents/state_conversion.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/json_line.h"
#include "agent_engine/cli/source_findings.h"
#include "agent_engine/cli/source_options.h"
#include "agent_engine/cli/terminal.h"
#include "fmt/format.h"

namespace datamigrate::cli {
namespace {

using agents::AssessedObject;

constexpr size_t kHardestShown = 15;

struct Options {
  SourceOptions source;
  bool json = false;
};

std::string Joined(const std::vector<std::string>& reasons) {
  std::string out;
  for (const std::string& reason : reasons) out += (out.empty() ? "" : ", ") + reason;
  return out;
}

int64_t RowsOf(const catalog::Catalog& catalog) {
  int64_t rows = 0;
  for (const catalog::Table& table : catalog.tables) rows += std::max<int64_t>(0, table.row_count);
  return rows;
}

nlohmann::ordered_json AssessmentJson(const source::ScriptSource& source,
                                      const std::vector<AssessedObject>& objects,
                                      const std::vector<diagnostics::Diagnostic>& outside) {
  nlohmann::ordered_json counts = nlohmann::ordered_json::object();
  for (const v1::ObjectCount& count : agents::CountObjects(source.catalog())) {
    counts[count.kind()] = count.found();
  }
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const AssessedObject& object : objects) {
    list.push_back({{"name", object.name.ToString()},
                    {"kind", object.kind},
                    {"complexity", agents::ComplexityName(object.complexity.complexity)},
                    {"points", object.complexity.points},
                    {"reasons", object.complexity.reasons},
                    {"order", object.order}});
  }
  nlohmann::ordered_json found = nlohmann::ordered_json::array();
  for (const auto& finding : source.diagnostics()) found.push_back(ToJson(finding, nullptr));
  nlohmann::ordered_json reaching = nlohmann::ordered_json::array();
  for (const auto& finding : outside) reaching.push_back(ToJson(finding, nullptr));
  return {{"database", source.catalog().database},
          {"objects", counts},
          {"rows", RowsOf(source.catalog())},
          {"estimated_days", agents::EstimateDays(objects)},
          {"assessment", list},
          {"outside_statements", reaching},
          {"diagnostics", found}};
}

void PrintComplexity(const Terminal& terminal, const std::vector<AssessedObject>& objects) {
  std::map<std::string, std::array<int, 4>> counts;
  for (const AssessedObject& object : objects) {
    if (object.kind == "table") continue;
    ++counts[object.kind][static_cast<size_t>(object.complexity.complexity)];
  }
  TextTable table({"kind", "simple", "medium", "complex", "critical"});
  for (const auto& [kind, by_level] : counts) {
    table.Add({kind, std::to_string(by_level[0]), std::to_string(by_level[1]),
               std::to_string(by_level[2]), std::to_string(by_level[3])});
  }
  if (!table.empty()) fmt::print("{}\n", table.Render(terminal));
}

void PrintHardest(const Terminal& terminal, std::vector<AssessedObject> objects) {
  std::erase_if(objects, [](const AssessedObject& object) {
    return object.complexity.complexity < agents::Complexity::kComplex;
  });
  std::ranges::stable_sort(objects, [](const AssessedObject& left, const AssessedObject& right) {
    return left.complexity.points > right.complexity.points;
  });
  if (objects.empty()) return;
  if (objects.size() > kHardestShown) objects.resize(kHardestShown);
  TextTable table({"hardest objects", "kind", "points", "because of"});
  for (const AssessedObject& object : objects) {
    table.Add({object.name.ToString(), object.kind, std::to_string(object.complexity.points),
               Joined(object.complexity.reasons)});
  }
  fmt::print("{}\n", table.Render(terminal));
}

void PrintOutside(const Terminal& terminal, const std::vector<diagnostics::Diagnostic>& outside) {
  if (outside.empty()) return;
  TextTable table({"statements that reach outside the database", "in", "at"});
  for (const diagnostics::Diagnostic& finding : outside) {
    table.Add({finding.arguments[0] + " " + finding.arguments[1], finding.object,
               fmt::format("{}:{}:{}", finding.file, finding.place.line, finding.place.column)});
  }
  fmt::print("{}\n", table.Render(terminal));
}

int Assess(const Options& options) {
  auto source = OpenSource(options.source, true);
  if (!source.ok()) return ReportFailure(source.status());
  const std::vector<AssessedObject> objects = agents::AssessObjects((*source)->catalog());
  const std::vector<diagnostics::Diagnostic> outside =
      agents::FindOutsideStatements((*source)->catalog());
  if (options.json) {
    fmt::print("{}\n", JsonLine(AssessmentJson(**source, objects, outside)));
    return kSuccess;
  }
  PrintFindings((*source)->diagnostics(), nullptr);
  const Terminal terminal(STDOUT_FILENO);
  TextTable table({"objects", "found"});
  for (const v1::ObjectCount& count : agents::CountObjects((*source)->catalog())) {
    table.Add({count.kind(), std::to_string(count.found())});
  }
  table.Add({"rows in the scripts", std::to_string(RowsOf((*source)->catalog()))});
  fmt::print("{}\n", table.Render(terminal));
  PrintComplexity(terminal, objects);
  PrintHardest(terminal, objects);
  PrintOutside(terminal, outside);
  fmt::print("About {:.1f} days to review or rewrite these objects by hand.\n",
             agents::EstimateDays(objects));
  return kSuccess;
}

}  // namespace

void AddAssessCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("assess", "Count what a database holds and say how hard it is");
  AddSourceOptions(*command, options->source);
  command->add_flag("--json", options->json, "Print JSON");
  command->footer(
      "Examples:\n"
      "  datamigrate assess --source ./scripts\n"
      "  datamigrate assess --source ./scripts --json\n"
      "Exit codes: 0 assessed, 1 failed, 2 wrong use.");
  command->callback([options, &exit_code] { exit_code = Assess(*options); });
}

}  // namespace datamigrate::cli
