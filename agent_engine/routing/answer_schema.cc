#include "agent_engine/routing/answer_schema.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "agent_engine/providers/json_text.h"
#include "common/text/text.h"

namespace datamigrate::routing {
namespace {

using nlohmann::json;
using providers::At;
using providers::ParseJson;

constexpr int kMaxDepth = 64;

constexpr auto kKeywords = std::to_array<std::string_view>({
    "$comment",
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "definitions",
    "deprecated",
    "description",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "prefixItems",
    "properties",
    "required",
    "title",
    "type",
    "uniqueItems",
});

// ---- schemas ----

absl::Status Refuse(std::string_view place, std::string_view why) {
  return absl::InvalidArgumentError(text::Cat("answer_schema", place, " ", why));
}

absl::Status CheckNode(const json& schema, const std::string& place, int depth);

absl::Status CheckAll(const json& schemas, const std::string& place, int depth) {
  for (const auto& [name, schema] : schemas.items()) {
    const absl::Status status = CheckNode(schema, text::Cat(place, "/", name), depth + 1);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckNode(const json& schema, const std::string& place, int depth) {
  if (schema.is_boolean()) return absl::OkStatus();
  if (!schema.is_object()) return Refuse(place, "is neither an object nor true or false");
  if (depth > kMaxDepth) return Refuse(place, "is too deep");
  for (const auto& [name, value] : schema.items()) {
    if (std::find(kKeywords.begin(), kKeywords.end(), name) == kKeywords.end()) {
      return Refuse(place, text::Cat("has \"", name, "\", which is not understood"));
    }
  }
  if (const json& pattern = At(schema, "pattern"); pattern.is_string()) {
    if (!RE2(pattern.get<std::string>(), RE2::Quiet).ok()) {
      return Refuse(place, "has a pattern that RE2 does not understand");
    }
  }
  if (const json& reference = At(schema, "$ref"); !reference.is_null()) {
    if (!reference.is_string() || !reference.get<std::string>().starts_with("#")) {
      return Refuse(place, "refers to another document");
    }
  }
  for (const char* name : {"properties", "$defs", "definitions"}) {
    const absl::Status status = CheckAll(At(schema, name), text::Cat(place, "/", name), depth);
    if (!status.ok()) return status;
  }
  for (const char* name : {"allOf", "anyOf", "oneOf", "prefixItems"}) {
    const absl::Status status = CheckAll(At(schema, name), text::Cat(place, "/", name), depth);
    if (!status.ok()) return status;
  }
  for (const char* name : {"items", "not", "additionalProperties"}) {
    const json& inner = At(schema, name);
    if (inner.is_null()) continue;
    const absl::Status status = CheckNode(inner, text::Cat(place, "/", name), depth + 1);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// ---- values ----

bool IsOfType(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  if (type != "integer") return false;
  return value.is_number_integer() ||
         (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
}

// Characters of UTF-8, not bytes.
int64_t LengthOf(const std::string& text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

class Matcher {
 public:
  explicit Matcher(const json& root) : root_(root) {}

  // What is wrong first; nothing when all is well.
  std::optional<std::string> Fault(const json& value, const json& schema, const std::string& place,
                                   int depth) {
    if (schema.is_boolean()) {
      if (schema.get<bool>()) return std::nullopt;
      return Say(place, "must not be there");
    }
    if (depth > kMaxDepth) return Say(place, "is too deep");
    if (const json& reference = At(schema, "$ref"); reference.is_string()) {
      const json* target = Resolve(reference.get<std::string>());
      if (target == nullptr) return Say(place, "has a schema that refers to nothing");
      if (auto fault = Fault(value, *target, place, depth + 1)) return fault;
    }
    if (auto fault = FaultOfType(value, schema, place)) return fault;
    if (auto fault = FaultOfChoices(value, schema, place, depth)) return fault;
    if (value.is_object()) return FaultOfObject(value, schema, place, depth);
    if (value.is_array()) return FaultOfArray(value, schema, place, depth);
    if (value.is_string()) return FaultOfString(value.get<std::string>(), schema, place);
    if (value.is_number()) return FaultOfNumber(value.get<double>(), schema, place);
    return std::nullopt;
  }

 private:
  static std::string Say(std::string_view place, std::string_view what) {
    return text::Cat(place.empty() ? "the answer" : place, " ", what);
  }

  const json* Resolve(const std::string& reference) const {
    try {
      const json::json_pointer pointer(reference.substr(1));
      return root_.contains(pointer) ? &root_.at(pointer) : nullptr;
    } catch (const json::exception&) {
      return nullptr;
    }
  }

  static std::optional<std::string> FaultOfType(const json& value, const json& schema,
                                                const std::string& place) {
    if (const json& type = At(schema, "type"); type.is_string()) {
      if (!IsOfType(value, type))
        return Say(place, text::Cat("must be of type ", type.get<std::string>()));
    } else if (type.is_array()) {
      const bool is_one = std::any_of(type.begin(), type.end(), [&](const json& each) {
        return each.is_string() && IsOfType(value, each);
      });
      if (!is_one) return Say(place, text::Cat("must be of one of the types ", type.dump()));
    }
    if (const json& values = At(schema, "enum"); values.is_array()) {
      if (std::find(values.begin(), values.end(), value) == values.end()) {
        return Say(place, text::Cat("must be one of ", values.dump()));
      }
    }
    if (schema.contains("const") && schema["const"] != value) {
      return Say(place, text::Cat("must be ", schema["const"].dump()));
    }
    return std::nullopt;
  }

  std::optional<std::string> FaultOfChoices(const json& value, const json& schema,
                                            const std::string& place, int depth) {
    for (const json& each : At(schema, "allOf")) {
      if (auto fault = Fault(value, each, place, depth + 1)) return fault;
    }
    const auto count = [&](const json& choices) {
      return std::count_if(choices.begin(), choices.end(), [&](const json& each) {
        return !Fault(value, each, place, depth + 1).has_value();
      });
    };
    if (const json& any = At(schema, "anyOf"); any.is_array() && count(any) == 0) {
      return Say(place, "matches none of the choices of anyOf");
    }
    if (const json& one = At(schema, "oneOf"); one.is_array() && count(one) != 1) {
      return Say(place, "must match exactly one of the choices of oneOf");
    }
    if (schema.contains("not") && !Fault(value, schema["not"], place, depth + 1)) {
      return Say(place, "matches what it must not");
    }
    return std::nullopt;
  }

  std::optional<std::string> FaultOfObject(const json& value, const json& schema,
                                           const std::string& place, int depth) {
    for (const json& name : At(schema, "required")) {
      if (name.is_string() && !value.contains(name.get<std::string>())) {
        return Say(place, text::Cat("needs \"", name.get<std::string>(), "\""));
      }
    }
    const json& properties = At(schema, "properties");
    for (const auto& [name, member] : value.items()) {
      const std::string inner = text::Cat(place, "/", name);
      if (properties.is_object() && properties.contains(name)) {
        if (auto fault = Fault(member, properties[name], inner, depth + 1)) return fault;
      } else if (schema.contains("additionalProperties")) {
        if (auto fault = Fault(member, schema["additionalProperties"], inner, depth + 1)) {
          return fault;
        }
      }
    }
    return std::nullopt;
  }

  std::optional<std::string> FaultOfArray(const json& value, const json& schema,
                                          const std::string& place, int depth) {
    const auto size = static_cast<double>(value.size());
    if (At(schema, "minItems").is_number() && size < schema["minItems"].get<double>()) {
      return Say(place, "has too few items");
    }
    if (At(schema, "maxItems").is_number() && size > schema["maxItems"].get<double>()) {
      return Say(place, "has too many items");
    }
    const json& unique = At(schema, "uniqueItems");
    if (unique.is_boolean() && unique.get<bool>()) {
      json sorted = value;
      std::sort(sorted.begin(), sorted.end());
      if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
        return Say(place, "has an item twice");
      }
    }
    const json& first = At(schema, "prefixItems");
    for (size_t i = 0; i < value.size(); ++i) {
      const bool is_first = first.is_array() && i < first.size();
      if (!is_first && !schema.contains("items")) continue;
      const json& of_item = is_first ? first[i] : schema["items"];
      if (auto fault = Fault(value[i], of_item, text::Cat(place, "/", i), depth + 1)) {
        return fault;
      }
    }
    return std::nullopt;
  }

  static std::optional<std::string> FaultOfString(const std::string& text, const json& schema,
                                                  const std::string& place) {
    const auto length = static_cast<double>(LengthOf(text));
    if (At(schema, "minLength").is_number() && length < schema["minLength"].get<double>()) {
      return Say(place, "is too short");
    }
    if (At(schema, "maxLength").is_number() && length > schema["maxLength"].get<double>()) {
      return Say(place, "is too long");
    }
    if (const json& pattern = At(schema, "pattern"); pattern.is_string()) {
      if (!RE2::PartialMatch(text, pattern.get<std::string>())) {
        return Say(place, text::Cat("must match ", pattern.dump()));
      }
    }
    return std::nullopt;
  }

  static std::optional<std::string> FaultOfNumber(double number, const json& schema,
                                                  const std::string& place) {
    const auto bound = [&](const char* name) -> std::optional<double> {
      const json& value = At(schema, name);
      return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
    };
    if (const auto least = bound("minimum"); least && number < *least)
      return Say(place, "is too small");
    if (const auto most = bound("maximum"); most && number > *most)
      return Say(place, "is too large");
    if (const auto least = bound("exclusiveMinimum"); least && number <= *least) {
      return Say(place, "is too small");
    }
    if (const auto most = bound("exclusiveMaximum"); most && number >= *most) {
      return Say(place, "is too large");
    }
    if (const auto step = bound("multipleOf"); step && *step > 0) {
      const double times = number / *step;
      if (std::abs(times - std::round(times)) > 1e-9) return Say(place, "is no multiple");
    }
    return std::nullopt;
  }

  const json& root_;
};

// The text without a fence of Markdown around it.
std::string_view WithoutFence(std::string_view text) {
  if (!text.starts_with("```") || !text.ends_with("```") || text.size() < 6) return text;
  const size_t line_end = text.find('\n');
  if (line_end == std::string_view::npos) return text;
  return text.substr(line_end + 1, text.size() - 3 - line_end - 1);
}

// From the first bracket to the last of its kind.
std::string_view BetweenBrackets(std::string_view text) {
  const size_t begin = text.find_first_of("{[");
  if (begin == std::string_view::npos) return "";
  const size_t end = text.rfind(text[begin] == '{' ? '}' : ']');
  if (end == std::string_view::npos || end < begin) return "";
  return text.substr(begin, end - begin + 1);
}

std::optional<json> FindJson(std::string_view text) {
  text = text::Trimmed(text);
  for (const std::string_view candidate : {text, WithoutFence(text), BetweenBrackets(text)}) {
    if (auto value = ParseJson(candidate); value.has_value()) return value;
  }
  return std::nullopt;
}

}  // namespace

absl::Status CheckSchema(std::string_view schema) {
  const auto parsed = ParseJson(schema);
  if (!parsed.has_value() || !parsed->is_object()) return Refuse("", "is not a JSON object");
  return CheckNode(*parsed, "", 0);
}

absl::StatusOr<std::string> MatchSchema(std::string_view text, std::string_view schema) {
  const auto value = FindJson(text);
  if (!value.has_value()) return absl::DataLossError("the answer is not JSON");
  const auto parsed = ParseJson(schema);
  const auto fault = Matcher(*parsed).Fault(*value, *parsed, "", 0);
  if (fault.has_value()) return absl::DataLossError(*fault);
  return providers::ToText(*value);
}

}  // namespace datamigrate::routing
