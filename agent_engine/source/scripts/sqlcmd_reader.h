// Reads scripts as sqlcmd does: batches end at GO, :r includes files, $(name) stands for a
// variable's value.
//
// Rules: "sqlcmd utility" and "SQL Server Utilities Statements - GO" (Microsoft Learn). GO and
// commands stand at the start of a line and are not seen inside strings, quoted names and comments;
// variables are not filled in inside comments.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "agent_engine/source/scripts/batch.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::source {

// Variables of sqlcmd by name; names are compared without case.
class SqlcmdVariables {
 public:
  void Set(std::string_view name, std::string_view value);
  void Remove(std::string_view name);
  // Null when the variable has no value.
  const std::string* Find(std::string_view name) const;

 private:
  std::map<std::string, std::string> values_;  // By folded name.
};

// Finds the file that `:r written` means inside `including`. Null: no such file, or one that cannot
// be read.
using IncludeLoader = std::function<const diagnostics::SourceFile*(
    const diagnostics::SourceFile& including, std::string_view written)>;
using BatchConsumer = std::function<void(Batch)>;

class SqlcmdReader {
 public:
  static constexpr int kMaxIncludeDepth = 32;

  // Borrows all of them. `variables` is changed by :setvar and lives on between scripts, as in one
  // run of sqlcmd.
  SqlcmdReader(SqlcmdVariables& variables, IncludeLoader load, BatchConsumer consume,
               diagnostics::DiagnosticSink& sink);

  // Gives the batches of `script` in order; an empty batch is not given.
  void Read(const diagnostics::SourceFile& script);

 private:
  class FileScanner;

  void FinishBatch(int repeat);
  void Report(diagnostics::DiagnosticId id, const diagnostics::SourceFile& file, uint32_t offset,
              std::vector<std::string> arguments, std::string hint = "");

  SqlcmdVariables& variables_;
  IncludeLoader load_;
  BatchConsumer consume_;
  diagnostics::DiagnosticSink& sink_;
  const diagnostics::SourceFile* script_ = nullptr;
  std::vector<const diagnostics::SourceFile*> open_files_;
  Batch batch_;
  bool has_content_ = false;
  bool ended_ = false;
};

}  // namespace datamigrate::source
