// Reads all scripts of a source: which files, in which order, as which batches.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "agent_engine/source/scripts/batch.h"
#include "agent_engine/source/scripts/script_files.h"
#include "agent_engine/source/scripts/sqlcmd_reader.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::source {

class ScriptLoader {
 public:
  // Borrows all three.
  ScriptLoader(ScriptFiles& files, SqlcmdVariables& variables, diagnostics::DiagnosticSink& sink)
      : files_(files), variables_(variables), sink_(sink) {}

  // Gives the batches of all scripts in order. A file that another one includes is read where it is
  // included and not on its own; beside a deployment script that includes its files, the files that
  // it leaves out are not read (with a diagnostic).
  void Load(const BatchConsumer& consume);

  int file_count() const { return file_count_; }

 private:
  const diagnostics::SourceFile* Include(const diagnostics::SourceFile& including,
                                         std::string_view written,
                                         diagnostics::DiagnosticSink& sink);
  // Files that `script` includes, directly or through others.
  std::set<std::filesystem::path> IncludesOf(const diagnostics::SourceFile& script);
  // The scripts to read on their own.
  std::vector<std::filesystem::path> TopLevelScripts();

  ScriptFiles& files_;
  SqlcmdVariables& variables_;
  diagnostics::DiagnosticSink& sink_;
  int file_count_ = 0;
};

}  // namespace datamigrate::source
