#include "agent_engine/rewriting/rewrite_trial.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent_engine/dbt/identifiers.h"
#include "agent_engine/dbt/translator.h"
#include "agent_engine/verify/project_run.h"
#include "fmt/format.h"

namespace datamigrate::rewriting {
namespace {

bool IsOf(const dbt::Model& model, const catalog::ObjectName& object) {
  return catalog::EqualNames(model.source_object.schema, object.schema) &&
         catalog::EqualNames(model.source_object.name, object.name);
}

// Keeps the object's models and all that they rest on.
void KeepClosure(dbt::Project& project, const catalog::ObjectName& object) {
  std::set<std::string> wanted;
  // Models stand after what they read, so one pass from the end is enough.
  for (auto model = project.models.rbegin(); model != project.models.rend(); ++model) {
    if (!IsOf(*model, object) && !wanted.contains(model->name)) continue;
    wanted.insert(model->name);
    wanted.insert(model->depends_on.begin(), model->depends_on.end());
  }
  std::erase_if(project.models,
                [&](const dbt::Model& model) { return !wanted.contains(model.name); });
}

std::string FirstErrors(const dbt::Model& model) {
  std::string text;
  for (const diagnostics::Diagnostic& diagnostic : model.diagnostics) {
    const auto& kind = diagnostics::KindOf(diagnostic.id);
    if (kind.severity != diagnostics::Severity::kError) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", kind.code,
                        diagnostics::Message(diagnostic));
    if (!diagnostic.hint.empty()) text += fmt::format(" ({})", diagnostic.hint);
  }
  return text.empty() ? "it has no model" : text;
}

// The model of the object's own result; null for a routine that returns no rows.
const dbt::Model* ResultOf(const dbt::Project& project, const catalog::ObjectName& object) {
  const std::string relation = dbt::RelationName(object.name, project.target);
  for (const dbt::Model& model : project.models) {
    if (IsOf(model, object) && model.alias == relation) return &model;
  }
  return nullptr;
}

// Why a model of the object does not run; empty when all do.
std::string FirstFailure(const dbt::Project& project, const verify::ProjectRun& run,
                         const catalog::ObjectName& object) {
  for (size_t i = 0; i < run.models.size(); ++i) {
    const verify::ModelRun& model = run.models[i];
    if (IsOf(project.models[i], object) && !model.is_ok) return model.error;
  }
  return "";
}

int64_t RowsOf(const dbt::Project& project, const verify::ProjectRun& run,
               const catalog::ObjectName& object) {
  for (size_t i = 0; i < run.models.size(); ++i) {
    if (IsOf(project.models[i], object)) return run.models[i].rows;
  }
  return 0;
}

absl::StatusOr<Trial> Compare(verify::EmbeddedProject& embedded, const dbt::Project& project,
                              const verify::ProjectRun& run, const catalog::ObjectName& object,
                              const TrialPlace& place) {
  const dbt::Model* model = ResultOf(project, object);
  const auto file = place.results == nullptr ? std::nullopt : place.results->FileOf(object);
  if (model == nullptr || !file) {
    const int64_t rows = RowsOf(project, run, object);
    return Trial{
        Outcome::kUnproven,
        fmt::format("it runs and has {} row{}; there is no result of the source to compare "
                    "with",
                    rows, rows == 1 ? "" : "s")};
  }
  const auto compared = verify::CompareWithCapture(embedded.connection(),
                                                   data::QuoteRelation(model->schema, model->alias),
                                                   *file, place.tolerance);
  if (!compared.ok()) return compared.status();
  if (!compared->is_equal()) return Trial{Outcome::kDiffers, compared->difference};
  return Trial{Outcome::kProven,
               fmt::format("its {} rows are the source's", compared->captured_rows)};
}

}  // namespace

absl::StatusOr<Trial> TryRewrite(const catalog::Catalog& catalog, dbt::BuildOptions options,
                                 const catalog::ObjectName& object, const TrialPlace& place) {
  options.target = dialects::Target::kDuckDb;
  dbt::Project project = dbt::BuildProject(catalog, options, dbt::DialectTranslator());
  for (const dbt::Model& model : project.models) {
    if (IsOf(model, object) && model.status == dbt::ModelStatus::kRefused) {
      return Trial{Outcome::kNotTranslated, FirstErrors(model)};
    }
  }
  KeepClosure(project, object);
  if (project.models.empty()) return Trial{Outcome::kNotTranslated, "it has no model"};
  verify::ProjectRunOptions run_options;
  run_options.raw_file = place.raw_file;
  run_options.runs_tests = false;
  run_options.threads = place.threads;
  run_options.is_cancelled = place.is_cancelled;
  const auto embedded = verify::EmbeddedProject::Open(project, run_options);
  if (!embedded.ok()) return embedded.status();
  const auto run = (*embedded)->Run();
  if (!run.ok()) return run.status();
  if (std::string failure = FirstFailure(project, *run, object); !failure.empty()) {
    return Trial{Outcome::kDoesNotRun, std::move(failure)};
  }
  return Compare(**embedded, project, *run, object, place);
}

}  // namespace datamigrate::rewriting
