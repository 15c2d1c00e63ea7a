#include "common/crypto/strict_json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace datamigrate::crypto {

std::optional<nlohmann::json> ParseStrictObject(std::string_view text) {
  using Json = nlohmann::json;
  constexpr int kDeepest = 16;
  bool is_good = true;
  std::vector<std::set<std::string>> names;  // of the objects that are open
  const Json::parser_callback_t check = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > kDeepest) is_good = false;
    if (event == Json::parse_event_t::object_start) {
      names.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      names.pop_back();
    } else if (event == Json::parse_event_t::key) {
      is_good = names.back().insert(value.get<std::string>()).second && is_good;
    }
    return true;
  };
  Json object = Json::parse(text, check, /*allow_exceptions=*/false);
  if (!is_good || !object.is_object()) return std::nullopt;
  return object;
}

}  // namespace datamigrate::crypto
