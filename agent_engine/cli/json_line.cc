#include "agent_engine/cli/json_line.h"

namespace datamigrate::cli {

std::string JsonLine(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::ordered_json ToJson(const diagnostics::Diagnostic& diagnostic,
                              const diagnostics::SourceFile* text) {
  const diagnostics::DiagnosticKind& kind = diagnostics::KindOf(diagnostic.id);
  const bool is_placed = !diagnostic.file.empty() || text == nullptr;
  const diagnostics::LineColumn place =
      is_placed ? diagnostic.place : text->Locate(diagnostic.span.begin);
  nlohmann::ordered_json json = {
      {"code", kind.code},
      {"severity", diagnostics::SeverityName(kind.severity)},
      {"line", place.line},
      {"column", place.column},
      {"message", diagnostics::Message(diagnostic)},
      {"hint", diagnostic.hint},
  };
  if (!diagnostic.object.empty()) json["object"] = diagnostic.object;
  if (!diagnostic.file.empty()) json["file"] = diagnostic.file;
  return json;
}

}  // namespace datamigrate::cli
