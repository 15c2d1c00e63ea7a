#include "agent_engine/agents/generation.h"

#include <algorithm>

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

}  // namespace

dbt::Project GenerateProject(const catalog::Catalog& catalog, const GenerationOptions& options) {
  dbt::BuildOptions build;
  build.target = options.target;
  build.quarantined = options.quarantined;
  build.rewrites = options.rewrites;
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
  const auto left_out = static_cast<int>(std::ranges::count(
      project.unconverted, dbt::kAdministrationKind, &dbt::UnconvertedObject::kind));
  std::vector<v1::ObjectCount> counts = CountObjects(catalog);
  for (v1::ObjectCount& count : counts) {
    if (count.kind() == "procedure") count.set_found(count.found() - left_out);
    const int done = ResolvesInUse(count.kind()) ? count.found()
                                                 : static_cast<int>(converted[count.kind()].size());
    count.set_converted(done);
    count.set_refused(count.found() - done);
  }
  if (left_out > 0) {
    v1::ObjectCount& administration = counts.emplace_back();  // Neither converted nor refused.
    administration.set_kind(std::string(dbt::kAdministrationKind));
    administration.set_found(left_out);
  }
  return counts;
}

}  // namespace datamigrate::agents
