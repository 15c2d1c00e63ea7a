#include "agent_engine/dbt/dbt_artifacts.h"

#include <fstream>

#include "nlohmann/json.hpp"

namespace datamigrate::dbt {
namespace {

using nlohmann::json;

std::string Text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

double Number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string IdPart(const std::string& unique_id, int part) {
  size_t begin = 0;
  for (; part > 0; --part) {
    const size_t dot = unique_id.find('.', begin);
    if (dot == std::string::npos) return "";
    begin = dot + 1;
  }
  return unique_id.substr(begin, unique_id.find('.', begin) - begin);
}

NodeResult ParseResult(const json& entry) {
  NodeResult result;
  result.unique_id = Text(entry, "unique_id");
  result.resource_type = IdPart(result.unique_id, 0);
  result.name = IdPart(result.unique_id, 2);
  result.status = Text(entry, "status");
  result.message = Text(entry, "message");
  result.seconds = Number(entry, "execution_time");
  result.failures = static_cast<int64_t>(Number(entry, "failures"));
  return result;
}

bool IsNodeEnd(std::string_view name) {
  return name == "LogModelResult" || name == "LogTestResult" || name == "LogNodeResult" ||
         name == "SkippingDetails" || name == "LogSkipBecauseError";
}

}  // namespace

absl::StatusOr<std::vector<NodeResult>> ReadRunResults(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) return absl::NotFoundError("dbt left no " + file.string());
  const json document = json::parse(stream, nullptr, /*allow_exceptions=*/false);
  const auto results = document.is_object() ? document.find("results") : document.end();
  if (!document.is_object() || results == document.end() || !results->is_array()) {
    return absl::DataLossError(file.string() + " is not a list of results");
  }
  std::vector<NodeResult> parsed;
  for (const json& entry : *results) {
    if (entry.is_object()) parsed.push_back(ParseResult(entry));
  }
  return parsed;
}

std::optional<DbtEvent> ParseLogLine(std::string_view line) {
  if (!line.starts_with("{")) return std::nullopt;
  const json document = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || !document.contains("info")) return std::nullopt;
  const json& head = document["info"];
  if (!head.is_object()) return std::nullopt;
  DbtEvent event{Text(head, "name"), Text(head, "level"), Text(head, "msg"), "", 0, 0, false};
  const auto data = document.find("data");
  if (data == document.end() || !data->is_object()) return event;
  if (const auto node = data->find("node_info"); node != data->end() && node->is_object()) {
    event.node = Text(*node, "node_name");
  }
  event.index = static_cast<int>(Number(*data, "index"));
  event.total = static_cast<int>(Number(*data, data->contains("total") ? "total" : "num_models"));
  event.is_finished = IsNodeEnd(event.name);
  return event;
}

}  // namespace datamigrate::dbt
