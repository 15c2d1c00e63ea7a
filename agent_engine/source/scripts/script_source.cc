#include "agent_engine/source/scripts/script_source.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/batch.h"
#include "agent_engine/source/scripts/catalog_builder.h"
#include "agent_engine/source/scripts/rows/row_store.h"
#include "agent_engine/source/scripts/rows/statement_runner.h"
#include "agent_engine/source/scripts/rows/table_set.h"
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

DateTime Now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  const int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
  constexpr int32_t kDay1970 = 719'162;
  return {kDay1970 + static_cast<int32_t>(seconds / 86'400), seconds % 86'400 * kTicksPerSecond, 0};
}

// Gives the rows that the scripts loaded.
class StoredRows final : public data::RowSource {
 public:
  StoredRows(const catalog::Catalog& catalog, const RowStore& store) : store_(store) {
    for (size_t i = 0; i < catalog.tables.size(); ++i) numbers_[KeyOf(catalog.tables[i].name)] = i;
  }

  absl::Status ReadTable(const catalog::ObjectName& table, int batch_rows,
                         const data::RowSink& sink) override {
    const auto number = numbers_.find(KeyOf(table));
    if (number == numbers_.end()) {
      return absl::NotFoundError(absl::StrCat("the scripts define no table ", table.ToString()));
    }
    if (batch_rows < 1) return absl::InvalidArgumentError("a batch holds at least one row");
    data::RowBatch batch;
    const absl::Status read = store_.Read(number->second, [&](data::Row row) {
      batch.rows.push_back(std::move(row));
      if (batch.rows.size() < static_cast<size_t>(batch_rows)) return absl::OkStatus();
      return sink(std::exchange(batch, {}));
    });
    if (!read.ok() || batch.rows.empty()) return read;
    return sink(std::move(batch));
  }

 private:
  static std::string KeyOf(const catalog::ObjectName& name) {
    return catalog::FoldName(name.schema) + '\x1f' + catalog::FoldName(name.name);
  }

  const RowStore& store_;
  absl::flat_hash_map<std::string, size_t> numbers_;
};

class OpenedScripts final : public ScriptSource {
 public:
  absl::Status Load(const std::filesystem::path& path, const ScriptSourceOptions& options) {
    const auto now = options.now.empty() ? std::optional(Now()) : ParseCell(options.now);
    if (!now) return absl::InvalidArgumentError(absl::StrCat(options.now, " is no time"));
    now_ = *now;
    DiagnosticSink sink;
    auto files = ScriptFiles::Find(path, sink);
    if (!files.ok()) return files.status();
    SqlcmdVariables variables;
    for (const auto& [name, value] : files->variables()) variables.Set(name, value);
    for (const auto& [name, value] : options.variables) variables.Set(name, value);
    std::vector<Batch> row_batches;
    ReadCatalog(*files, variables, options, row_batches, sink);
    const absl::Status loaded =
        options.load_rows ? LoadRows(*files, options, row_batches, sink) : absl::OkStatus();
    rows_ = std::make_unique<StoredRows>(catalog_, store_);
    diagnostics_ = sink.Take();
    return loaded;
  }

  const catalog::Catalog& catalog() const override { return catalog_; }
  const std::vector<Diagnostic>& diagnostics() const override { return diagnostics_; }
  data::RowSource& rows() override { return *rows_; }
  int batch_count() const override { return batch_count_; }
  int file_count() const override { return file_count_; }

 private:
  // Batches that touch rows are kept in `row_batches`: rows are loaded once all tables are known.
  void ReadCatalog(ScriptFiles& files, SqlcmdVariables& variables,
                   const ScriptSourceOptions& options, std::vector<Batch>& row_batches,
                   DiagnosticSink& sink) {
    ScriptLoader loader(files, variables, sink);
    CatalogBuilder builder(options.default_schema, sink);
    loader.Load([&](Batch batch) {
      ++batch_count_;
      DiagnosticSink errors;
      const tsql::ParseResult parsed = tsql::ParseBatch(batch.text(), {}, errors);
      ReportInFile(errors.Take(), batch, sink);
      builder.AddBatch(batch, parsed.tree.Root());
      if (options.load_rows && TouchesRows(parsed.tree.Root()))
        row_batches.push_back(std::move(batch));
    });
    file_count_ = loader.file_count();
    catalog_ = builder.Finish();
    if (catalog_.database.empty()) catalog_.database = files.folder().filename().string();
  }

  absl::Status LoadRows(ScriptFiles& files, const ScriptSourceOptions& options,
                        const std::vector<Batch>& row_batches, DiagnosticSink& sink) {
    TableSet tables(catalog_, store_);
    StatementRunnerOptions run;
    run.default_schema = options.default_schema;
    run.max_steps = options.max_steps;
    run.now = now_;
    run.find_file = [&](const Batch& batch, std::string_view written) {
      return files.FindByBaseName(written, files.PathOf(*batch.script));
    };
    StatementRunner runner(catalog_, tables, std::move(run), sink);
    for (const Batch& batch : row_batches) {
      DiagnosticSink reported;
      const tsql::ParseResult parsed = tsql::ParseBatch(batch.text(), {}, reported);
      if (absl::Status ran = runner.Run(batch, parsed.tree.Root()); !ran.ok()) return ran;
    }
    runner.Finish();
    if (absl::Status flushed = tables.Flush(); !flushed.ok()) return flushed;
    for (size_t i = 0; i < catalog_.tables.size(); ++i)
      catalog_.tables[i].row_count = store_.Count(i);
    return absl::OkStatus();
  }

  catalog::Catalog catalog_;
  std::vector<Diagnostic> diagnostics_;
  RowStore store_;
  DateTime now_;
  std::unique_ptr<StoredRows> rows_;
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
