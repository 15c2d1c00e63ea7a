#include "agent_engine/dbt/project_model.h"

namespace datamigrate::dbt {

std::string_view LayerName(Layer layer) {
  constexpr std::string_view kNames[] = {"staging", "intermediate", "marts"};
  return kNames[static_cast<size_t>(layer)];
}

std::string_view MaterializationName(Materialization materialization) {
  constexpr std::string_view kNames[] = {"view", "table"};
  return kNames[static_cast<size_t>(materialization)];
}

std::string_view TestName(TestKind kind) {
  constexpr std::string_view kNames[] = {"not_null",
                                         "unique",
                                         "unique_combination",
                                         "relationships",
                                         "foreign_key",
                                         "accepted_values",
                                         "accepted_values_ignoring_case",
                                         "expression_holds"};
  return kNames[static_cast<size_t>(kind)];
}

std::vector<diagnostics::Diagnostic> AllDiagnostics(const Project& project) {
  std::vector<diagnostics::Diagnostic> all = project.diagnostics;
  for (const Model& model : project.models) {
    all.insert(all.end(), model.diagnostics.begin(), model.diagnostics.end());
  }
  for (const UnconvertedObject& object : project.unconverted) {
    if (!object.model.empty()) continue;
    all.insert(all.end(), object.diagnostics.begin(), object.diagnostics.end());
  }
  return all;
}

}  // namespace datamigrate::dbt
