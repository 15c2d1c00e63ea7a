// JSON as it is stored, whose parts may be there or not, and of any kind.
#pragma once

#include <string>
#include <string_view>

#include "nlohmann/json.hpp"

namespace datamigrate::service {

// An empty object for what is none.
inline nlohmann::json ParseObject(std::string_view text) {
  nlohmann::json parsed = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  return parsed.is_object() ? parsed : nlohmann::json::object();
}

// What an object has under a name; "" where it has no such text.
inline std::string TextIn(const nlohmann::json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// 0 where it has no such number.
inline double NumberIn(const nlohmann::json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

}  // namespace datamigrate::service
