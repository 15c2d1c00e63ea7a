#include "agent_engine/source/scripts/script_loader.h"

#include <algorithm>
#include <map>

#include "agent_engine/catalog/catalog.h"

namespace datamigrate::source {

namespace fs = std::filesystem;
using diagnostics::DiagnosticId;
using diagnostics::DiagnosticSink;
using diagnostics::SourceFile;

namespace {

// Whether some line may be a :r command. Cheap: most files have none.
bool MayInclude(std::string_view text) {
  for (size_t at = text.find(':'); at != std::string_view::npos; at = text.find(':', at + 1)) {
    const bool is_r = at + 2 < text.size() && (text[at + 1] | 0x20) == 'r' &&
                      (text[at + 2] == ' ' || text[at + 2] == '\t');
    if (is_r) return true;
  }
  return false;
}

bool IsDeploymentScript(const fs::path& path) {
  const std::string name = catalog::FoldName(path.filename().string());
  return name.find("postdeploy") != std::string::npos ||
         name.find("predeploy") != std::string::npos;
}

}  // namespace

const SourceFile* ScriptLoader::Include(const SourceFile& including, std::string_view written,
                                        DiagnosticSink& sink) {
  const fs::path path = files_.Resolve(files_.PathOf(including), written);
  return path.empty() ? nullptr : files_.Read(path, sink);
}

std::set<fs::path> ScriptLoader::IncludesOf(const SourceFile& script) {
  std::set<fs::path> included;
  SqlcmdVariables variables = variables_;
  DiagnosticSink ignored;
  const auto load = [&](const SourceFile& including, std::string_view written) {
    const SourceFile* file = Include(including, written, ignored);
    if (file != nullptr) included.insert(files_.PathOf(*file));
    return file;
  };
  SqlcmdReader(
      variables, load, [](Batch) {}, ignored)
      .Read(script);
  return included;
}

std::vector<fs::path> ScriptLoader::TopLevelScripts() {
  std::set<fs::path> included;
  std::map<fs::path, fs::path>
      deployed_folders;  // Folder of a deployment script that includes files: the script.
  std::set<fs::path> includers;
  for (const fs::path& path : files_.scripts()) {
    const SourceFile* script = files_.Read(path, sink_);
    if (script == nullptr || !MayInclude(script->text())) continue;
    const std::set<fs::path> of_script = IncludesOf(*script);
    if (of_script.empty()) continue;
    includers.insert(path);
    included.insert(of_script.begin(), of_script.end());
    if (IsDeploymentScript(path)) deployed_folders[path.parent_path()] = path;
  }
  std::vector<fs::path> scripts;
  for (const fs::path& path : files_.scripts()) {
    if (included.contains(path)) continue;
    const auto deployed = deployed_folders.find(path.parent_path());
    if (deployed != deployed_folders.end() && !includers.contains(path)) {
      const SourceFile* script = files_.Read(path, sink_);
      const std::string name = script == nullptr ? path.filename().string() : script->name();
      sink_.Report({DiagnosticId::kScriptNotIncluded,
                    {},
                    {name, deployed->second.filename().string()},
                    "include it with :r, or give the file itself as the source",
                    "",
                    name,
                    {}});
      continue;
    }
    scripts.push_back(path);
  }
  return scripts;
}

void ScriptLoader::Load(const BatchConsumer& consume) {
  const auto load = [this](const SourceFile& including, std::string_view written) {
    const SourceFile* file = Include(including, written, sink_);
    file_count_ += file != nullptr;
    return file;
  };
  SqlcmdReader reader(variables_, load, consume, sink_);
  for (const fs::path& path : TopLevelScripts()) {
    const SourceFile* script = files_.Read(path, sink_);
    if (script == nullptr) continue;
    ++file_count_;
    reader.Read(*script);
  }
}

}  // namespace datamigrate::source
