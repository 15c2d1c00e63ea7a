#include "agent_engine/providers/json_text.h"
#include "common/text/text.h"

#include <algorithm>

namespace datamigrate::providers {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 100;
constexpr size_t kMaxMessage = 300;
constexpr size_t kMaxType = 64;

// Printing and freeing recurse, so depth is looked at before anything is built.
bool IsTooDeep(std::string_view text) {
  int depth = 0;
  bool is_in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string) {
      if (c == '\\') ++i;
      if (c == '"') is_in_string = false;
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

// Identifiers alone: a type is repeated where a message would not be.
std::string TypeOf(const json& error) {
  for (const char* name : {"type", "code"}) {
    std::string type = TextAt(error, name);
    const bool is_identifier = !type.empty() && type.size() <= kMaxType &&
                               std::all_of(type.begin(), type.end(), [](char c) {
                                 return text::IsAsciiAlnum(c) || c == '_' || c == '.' || c == '-';
                               });
    if (is_identifier) return type;
  }
  return "";
}

bool IsStrictObject(const json& schema) {
  const json& properties = At(schema, "properties");
  if (!At(schema, "additionalProperties").is_boolean() ||
      At(schema, "additionalProperties").get<bool>()) {
    return false;
  }
  const json& required = At(schema, "required");
  for (const auto& [name, value] : properties.items()) {
    if (!required.is_array() ||
        std::find(required.begin(), required.end(), name) == required.end()) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<json> ParseJson(std::string_view text) {
  if (IsTooDeep(text)) return std::nullopt;
  json value = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

std::optional<json> ParseObject(std::string_view text) {
  std::optional<json> value = ParseJson(text);
  if (!value.has_value() || !value->is_object()) return std::nullopt;
  return value;
}

const json& At(const json& value, const char* name) {
  static const json* const null = new json;
  if (!value.is_object()) return *null;
  const auto found = value.find(name);
  return found == value.end() ? *null : *found;
}

std::string TextAt(const json& value, const char* name) {
  const json& member = At(value, name);
  return member.is_string() ? member.get<std::string>() : std::string();
}

int64_t CountAt(const json& value, const char* name) {
  const json& member = At(value, name);
  return member.is_number_integer() ? std::max<int64_t>(0, member.get<int64_t>()) : 0;
}

std::string ToText(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json ArgumentsOf(std::string_view text) {
  std::optional<json> object = ParseObject(text);
  return object.has_value() ? *std::move(object) : json::object();
}

ProviderError ErrorOf(const json& body) {
  const json& error = At(body, "error");
  if (error.is_string()) return {"", ForMessage(error.get<std::string>())};
  const json& source = error.is_object() ? error : body;
  std::string message = TextAt(source, "message");
  if (message.empty()) message = TextAt(source, "detail");
  return {TypeOf(source), ForMessage(message)};
}

std::string ForMessage(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kMaxMessage)) {
    line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  // Bytes that are not UTF-8, a cut character at the end among them, become U+FFFD.
  const std::string quoted = json(line).dump(-1, ' ', false, json::error_handler_t::replace);
  return json::parse(quoted).get<std::string>();
}

bool IsStrictSchema(const json& schema) {
  if (schema.is_array()) return std::all_of(schema.begin(), schema.end(), IsStrictSchema);
  if (!schema.is_object()) return true;
  if (schema.contains("properties") && !IsStrictObject(schema)) return false;
  if (TextAt(schema, "type") == "object" && !schema.contains("properties")) return false;
  return std::all_of(schema.begin(), schema.end(), IsStrictSchema);
}

}  // namespace datamigrate::providers
