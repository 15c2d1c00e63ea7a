// A SQL Server database as its scripts tell it: catalog, findings and rows.
//
//   auto source = ScriptSource::Open("scripts/", {});
//   if (!source.ok()) return source.status();
//   for (const catalog::Table& table : (*source)->catalog().tables) ...
//   (*source)->rows().ReadTable(table.name, 1000, sink);
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/data/row_source.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::source {

struct ScriptSourceOptions {
  // SQLCMD variables, as sqlcmd -v takes them; :setvar in a script wins, a project's default values
  // lose.
  std::map<std::string, std::string> variables;
  std::string default_schema = "dbo";
  // Whether to run the statements that load rows. Without it rows() knows every table and gives no
  // rows.
  bool load_rows = true;
  // What GETDATE() and its like give, as "YYYY-MM-DD hh:mm:ss"; empty: this machine's clock, in
  // UTC. Give the same time again to read the same rows again.
  std::string now;
  // Expressions and rows that the scripts' statements may evaluate together; beyond it a statement
  // is not run.
  int64_t max_steps = 200'000'000;
};

// Safe to use from several threads once opened.
class ScriptSource {
 public:
  // Reads a script, a folder of scripts of any depth, an SSDT project folder or a .sqlproj file.
  // What is wrong with single files, batches and statements is in diagnostics() and does not fail
  // the whole. Errors: kNotFound: no such path, or no script in the folder; kInvalidArgument: a
  // `now` that is no time; kPermissionDenied; kResourceExhausted: no room for the rows in the
  // folder for temporary files.
  static absl::StatusOr<std::unique_ptr<ScriptSource>> Open(const std::filesystem::path& path,
                                                            const ScriptSourceOptions& options);
  virtual ~ScriptSource() = default;

  // With the row count of every table where rows were loaded.
  virtual const catalog::Catalog& catalog() const = 0;
  // With file and place filled in, in the order they were found.
  virtual const std::vector<diagnostics::Diagnostic>& diagnostics() const = 0;
  virtual data::RowSource& rows() = 0;

  // How many batches and files were read.
  virtual int batch_count() const = 0;
  virtual int file_count() const = 0;
};

}  // namespace datamigrate::source
