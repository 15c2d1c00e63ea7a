#include "agent_engine/source/scripts/script_source.h"

#include <utility>

#include "agent_engine/source/scripts/batch.h"
#include "agent_engine/source/scripts/catalog_builder.h"
#include "agent_engine/source/scripts/script_files.h"
#include "agent_engine/source/scripts/script_loader.h"
#include "agent_engine/source/scripts/sqlcmd_reader.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::source {

using diagnostics::Diagnostic;
using diagnostics::DiagnosticSink;

namespace {

// Gives diagnostics of a batch their place in the script.
void ReportInFile(std::vector<Diagnostic> diagnostics, const Batch& batch, DiagnosticSink& sink) {
  for (Diagnostic& diagnostic : diagnostics) {
    const ScriptPosition position = batch.PositionOf(diagnostic.span.begin);
    diagnostic.file = position.file->name();
    diagnostic.place = position.file->Locate(position.offset);
    sink.Report(std::move(diagnostic));
  }
}

class OpenedScripts final : public ScriptSource {
 public:
  absl::Status Load(const std::filesystem::path& path, const ScriptSourceOptions& options) {
    DiagnosticSink sink;
    auto files = ScriptFiles::Find(path, sink);
    if (!files.ok()) return files.status();
    SqlcmdVariables variables;
    for (const auto& [name, value] : files->variables()) variables.Set(name, value);
    for (const auto& [name, value] : options.variables) variables.Set(name, value);
    ScriptLoader loader(*files, variables, sink);
    CatalogBuilder builder(options.default_schema, sink);
    loader.Load([&](Batch batch) {
      ++batch_count_;
      DiagnosticSink errors;
      const tsql::ParseResult parsed = tsql::ParseBatch(batch.text(), {}, errors);
      ReportInFile(errors.Take(), batch, sink);
      builder.AddBatch(batch, parsed.tree.Root());
    });
    file_count_ = loader.file_count();
    catalog_ = builder.Finish();
    diagnostics_ = sink.Take();
    return absl::OkStatus();
  }

  const catalog::Catalog& catalog() const override { return catalog_; }
  const std::vector<Diagnostic>& diagnostics() const override { return diagnostics_; }
  data::RowSource& rows() override { return *rows_; }
  int batch_count() const override { return batch_count_; }
  int file_count() const override { return file_count_; }

 private:
  catalog::Catalog catalog_;
  std::vector<Diagnostic> diagnostics_;
  std::unique_ptr<data::RowSource> rows_;
  int batch_count_ = 0;
  int file_count_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ScriptSource>> ScriptSource::Open(
    const std::filesystem::path& path, const ScriptSourceOptions& options) {
  auto source = std::make_unique<OpenedScripts>();
  if (absl::Status loaded = source->Load(path, options); !loaded.ok()) return loaded;
  return source;
}

}  // namespace datamigrate::source
