#include "agent_engine/agents/state_conversion.h"

#include <algorithm>

namespace datamigrate::agents {

v1::Diagnostic ToProto(const diagnostics::Diagnostic& diagnostic) {
  const diagnostics::DiagnosticKind& kind = diagnostics::KindOf(diagnostic.id);
  v1::Diagnostic out;
  out.set_code(std::string(kind.code));
  out.set_severity(std::string(diagnostics::SeverityName(kind.severity)));
  out.set_message(diagnostics::Message(diagnostic));
  out.set_hint(diagnostic.hint);
  out.set_object(diagnostic.object);
  out.set_file(diagnostic.file);
  out.set_line(diagnostic.place.line);
  out.set_column(diagnostic.place.column);
  return out;
}

void AddDiagnostics(const std::vector<diagnostics::Diagnostic>& found,
                    google::protobuf::RepeatedPtrField<v1::Diagnostic>* out) {
  for (const diagnostics::Diagnostic& diagnostic : found) *out->Add() = ToProto(diagnostic);
}

std::map<std::string, int> CountByCode(
    const google::protobuf::RepeatedPtrField<v1::Diagnostic>& diagnostics) {
  std::map<std::string, int> counts;
  for (const v1::Diagnostic& diagnostic : diagnostics) ++counts[diagnostic.code()];
  return counts;
}

std::string RoutineKindName(catalog::RoutineKind kind) {
  return kind == catalog::RoutineKind::kProcedure ? "procedure" : "function";
}

std::vector<v1::ObjectCount> CountObjects(const catalog::Catalog& catalog) {
  const auto procedures = std::ranges::count_if(catalog.routines, [](const auto& routine) {
    return RoutineKindName(routine.kind) == "procedure";
  });
  const std::pair<std::string, size_t> kinds[] = {
      {"table", catalog.tables.size()},
      {"view", catalog.views.size()},
      {"procedure", static_cast<size_t>(procedures)},
      {"function", catalog.routines.size() - static_cast<size_t>(procedures)},
      {"trigger", catalog.triggers.size()},
      {"sequence", catalog.sequences.size()},
      {"synonym", catalog.synonyms.size()},
      {"user_type", catalog.user_types.size()},
  };
  std::vector<v1::ObjectCount> counts;
  for (const auto& [kind, found] : kinds) {
    if (found == 0) continue;
    v1::ObjectCount count;
    count.set_kind(kind);
    count.set_found(static_cast<int32_t>(found));
    counts.push_back(std::move(count));
  }
  return counts;
}

}  // namespace datamigrate::agents
