#include "agent_engine/agents/generation.h"

#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "agent_engine/agents/state_conversion.h"
#include "agent_engine/dbt/project_builder.h"
#include "agent_engine/workflow/parallel_for.h"

namespace datamigrate::agents {
namespace {

bool ResolvesInUse(const std::string& kind) {
  return kind == "sequence" || kind == "synonym" || kind == "user_type";
}

// Objects that stand beside the project on purpose: neither converted nor refused.
struct Beside {
  std::map<std::string, int> by_kind;         // kAdministrationKind, kLeftOutKind.
  std::map<std::string, int> by_source_kind;  // "view", "procedure", "function".
};

Beside CountBeside(const catalog::Catalog& catalog, const dbt::Project& project) {
  const catalog::CatalogIndex index(catalog);
  Beside beside;
  for (const dbt::UnconvertedObject& object : project.unconverted) {
    if (object.kind != dbt::kAdministrationKind && object.kind != dbt::kLeftOutKind) continue;
    ++beside.by_kind[object.kind];
    const auto* routine = index.FindRoutine(object.object.schema, object.object.name);
    ++beside.by_source_kind[routine == nullptr ? "view" : RoutineKindName(routine->kind)];
  }
  return beside;
}

}  // namespace

dbt::Project GenerateProject(const catalog::Catalog& catalog, const GenerationOptions& options) {
  dbt::BuildOptions build;
  build.target = options.target;
  build.quarantined = options.quarantined;
  build.rewrites = options.rewrites;
  build.placements = options.placements;
  build.for_each = [threads = options.threads](size_t count,
                                               const std::function<void(size_t)>& body) {
    const absl::Status status =
        workflow::ParallelForIndex(count, static_cast<size_t>(threads), {}, [&](size_t index) {
          body(index);
          return absl::OkStatus();
        });
    (void)status;  // The body cannot fail and nobody cancels.
  };
  return dbt::BuildProject(catalog, build, dbt::DialectTranslator());
}

std::vector<v1::ObjectCount> CountConverted(const catalog::Catalog& catalog,
                                            const dbt::Project& project) {
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::string>> converted;
  for (const dbt::Model& model : project.models) {
    if (model.status == dbt::ModelStatus::kConverted) {
      converted[model.source_kind].insert(model.source_object.ToString());
    }
  }
  const Beside beside = CountBeside(catalog, project);
  std::vector<v1::ObjectCount> counts = CountObjects(catalog);
  for (v1::ObjectCount& count : counts) {
    const auto left = beside.by_source_kind.find(count.kind());
    if (left != beside.by_source_kind.end()) count.set_found(count.found() - left->second);
    const int done = ResolvesInUse(count.kind()) ? count.found()
                                                 : static_cast<int>(converted[count.kind()].size());
    count.set_converted(done);
    count.set_refused(count.found() - done);
  }
  for (const auto& [kind, found] : beside.by_kind) {
    v1::ObjectCount& count = counts.emplace_back();
    count.set_kind(kind);
    count.set_found(found);
  }
  return counts;
}

}  // namespace datamigrate::agents
