#include "agent_engine/cli/parse_command.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "agent_engine/cli/batch_input.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/json_line.h"
#include "agent_engine/cli/source_findings.h"
#include "agent_engine/cli/source_options.h"
#include "agent_engine/cli/stopwatch.h"
#include "agent_engine/tsql/parser/parser.h"
#include "fmt/format.h"

namespace datamigrate::cli {
namespace {

struct Options {
  std::string path;
  bool stdin_batches = false;
  bool print = false;
  bool json = false;
  std::string format = "jsonl";
};

std::string FirstError(const std::vector<diagnostics::Diagnostic>& found,
                       const diagnostics::SourceFile& text) {
  for (const diagnostics::Diagnostic& diagnostic : found) {
    if (diagnostics::KindOf(diagnostic.id).severity != diagnostics::Severity::kError) continue;
    const diagnostics::LineColumn place = text.Locate(diagnostic.span.begin);
    return fmt::format("{}:{} {} {}", place.line, place.column,
                       diagnostics::KindOf(diagnostic.id).code, diagnostics::Message(diagnostic));
  }
  return "";
}

std::string BatchLine(const std::string& batch, bool print, Stopwatch& stopwatch) {
  diagnostics::DiagnosticSink sink;
  const tsql::ParseResult result =
      stopwatch.Time([&] { return tsql::ParseBatch(batch, {}, sink); });
  nlohmann::ordered_json line = {{"ok", result.ok}, {"unsupported", result.unsupported}};
  line["error"] = sink.diagnostics().empty()
                      ? ""
                      : FirstError(sink.diagnostics(), diagnostics::SourceFile("", batch));
  if (print) line["sql"] = tsql::PrintTree(result.tree.Root());
  return JsonLine(line);
}

int ParseStandardInput(const Options& options) {
  Stopwatch stopwatch;
  const absl::Status status = ForEachBatch(stdin, [&](const std::string& batch) {
    const std::string line = BatchLine(batch, options.print, stopwatch) + "\n";
    std::fwrite(line.data(), 1, line.size(), stdout);
  });
  std::fflush(stdout);
  if (!status.ok()) {
    fmt::print(stderr, "datamigrate: {}\n", std::string(status.message()));
    return kFailed;
  }
  fmt::print(stderr, "PARSE_SECONDS {:.6f}\n", stopwatch.seconds());
  return kSuccess;
}

int ParseScripts(const Options& options) {
  const auto source = OpenSource({options.path, {}}, false);
  if (!source.ok()) return ReportFailure(source.status());
  const std::vector<diagnostics::Diagnostic>& found = (*source)->diagnostics();
  const auto errors = std::ranges::count_if(found, [](const diagnostics::Diagnostic& finding) {
    return diagnostics::KindOf(finding.id).severity == diagnostics::Severity::kError;
  });
  if (options.json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const auto& finding : found) list.push_back(ToJson(finding, nullptr));
    fmt::print("{}\n", JsonLine({{"files", (*source)->file_count()},
                                 {"batches", (*source)->batch_count()},
                                 {"errors", errors},
                                 {"diagnostics", list}}));
  } else {
    PrintFindings(found, nullptr);
    fmt::print("{} batches in {} files, {} errors\n", (*source)->batch_count(),
               (*source)->file_count(), errors);
  }
  return errors == 0 ? kSuccess : kInputHasErrors;
}

}  // namespace

void AddParseCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("parse", "Check T-SQL scripts and show what is not understood");
  command->add_option("PATH", options->path, "A script or a folder of scripts");
  command->add_flag("--stdin-batches", options->stdin_batches,
                    "Read NUL-separated batches from standard input, one result line each");
  command->add_option("--format", options->format, "Format of --stdin-batches")
      ->check(CLI::IsMember({"jsonl"}));
  command->add_flag("--print", options->print, "Also print the batch back from its tree");
  command->add_flag("--json", options->json, "Print one JSON document");
  command->footer(
      "Examples:\n"
      "  datamigrate parse ./scripts\n"
      "  printf 'SELECT 1\\0SELECT' | datamigrate parse --stdin-batches --format jsonl\n"
      "Exit codes: 0 all understood, 1 failed, 2 wrong use, 3 some statement was not understood.");
  command->callback([options, &exit_code] {
    if (options->stdin_batches == !options->path.empty()) {
      throw CLI::ValidationError("parse", "give either PATH or --stdin-batches");
    }
    exit_code = options->stdin_batches ? ParseStandardInput(*options) : ParseScripts(*options);
  });
}

}  // namespace datamigrate::cli
