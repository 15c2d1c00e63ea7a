#include "agent_engine/cli/transpile_command.h"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "agent_engine/cli/batch_input.h"
#include "agent_engine/cli/exit_code.h"
#include "agent_engine/cli/json_line.h"
#include "agent_engine/cli/source_findings.h"
#include "agent_engine/cli/source_options.h"
#include "agent_engine/cli/stopwatch.h"
#include "agent_engine/dialects/translate.h"
#include "fmt/format.h"

namespace datamigrate::cli {
namespace {

struct Options {
  std::string target;
  std::string catalog_path;
  bool stdin_batches = false;
  std::string format = "jsonl";
};

nlohmann::ordered_json BatchJson(const dialects::TranslatedBatch& translated,
                                 const std::string& batch) {
  nlohmann::ordered_json found = nlohmann::ordered_json::array();
  if (!translated.diagnostics.empty()) {
    const diagnostics::SourceFile text("", batch);
    for (const auto& diagnostic : translated.diagnostics)
      found.push_back(ToJson(diagnostic, &text));
  }
  return {{"ok", translated.ok}, {"sql", translated.sql}, {"diagnostics", std::move(found)}};
}

// The catalog that names are looked up in; an empty one without --catalog.
absl::StatusOr<catalog::Catalog> ReadCatalog(const std::string& path) {
  if (path.empty()) return catalog::Catalog{};
  auto source = OpenSource({path, {}}, false);
  if (!source.ok()) return source.status();
  return (*source)->catalog();
}

int Transpile(const Options& options) {
  const dialects::Target target = *dialects::ParseTarget(options.target);
  const absl::StatusOr<catalog::Catalog> catalog = ReadCatalog(options.catalog_path);
  if (!catalog.ok()) return ReportFailure(catalog.status());
  const catalog::CatalogIndex index(*catalog);
  bool all_ok = true;
  Stopwatch stopwatch;
  const absl::Status status = ForEachBatch(stdin, [&](const std::string& batch) {
    const dialects::TranslatedBatch translated =
        stopwatch.Time([&] { return dialects::TranslateBatch(index, batch, target); });
    all_ok = all_ok && translated.ok;
    if (options.stdin_batches) {
      fmt::print("{}\n", JsonLine(BatchJson(translated, batch)));
      return;
    }
    const diagnostics::SourceFile text("standard input", batch);
    fmt::print("{}", translated.sql);
    PrintFindings(translated.diagnostics, &text);
  });
  std::fflush(stdout);
  if (!status.ok()) return ReportFailure(status);
  if (options.stdin_batches) fmt::print(stderr, "TRANSPILE_SECONDS {:.6f}\n", stopwatch.seconds());
  return all_ok || options.stdin_batches ? kSuccess : kInputHasErrors;
}

}  // namespace

void AddTranspileCommand(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("transpile", "Translate T-SQL from standard input to a target's SQL");
  std::vector<std::string> targets;
  for (dialects::Target target : dialects::kTargets) targets.emplace_back(TargetName(target));
  command->add_option("--to", options->target, "The target")
      ->required()
      ->check(CLI::IsMember(targets));
  command->add_option("--catalog", options->catalog_path,
                      "Scripts that define the tables that the input uses");
  command->add_flag("--stdin-batches", options->stdin_batches,
                    "Read NUL-separated batches, one result line each");
  command->add_option("--format", options->format, "Format of --stdin-batches")
      ->check(CLI::IsMember({"jsonl"}));
  command->footer(
      "Examples:\n"
      "  echo 'SELECT TOP 3 * FROM dbo.t' | datamigrate transpile --to duckdb\n"
      "  datamigrate transpile --to postgres --catalog ./scripts < query.sql\n"
      "Exit codes: 0 translated, 1 failed, 2 wrong use, 3 some statement was refused.");
  command->callback([options, &exit_code] { exit_code = Transpile(*options); });
}

}  // namespace datamigrate::cli
