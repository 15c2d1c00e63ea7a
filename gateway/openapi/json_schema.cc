#include "gateway/openapi/json_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace datamigrate::gateway {

namespace json = boost::json;

namespace {

using Problem = std::optional<std::string>;

std::string_view View(json::string_view text) {
  return {text.data(), text.size()};
}

// Code points (RFC 8259 section 8.2 leaves UTF-8 to the parser, which has checked it).
size_t LengthOf(std::string_view text) {
  size_t length = 0;
  for (const char c : text) length += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return length;
}

// Exactly representable in 64 bits, however it is written.
std::optional<int64_t> IntegerOf(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (!value.is_double()) return std::nullopt;
  const double number = value.get_double();
  if (std::trunc(number) != number || std::abs(number) >= 0x1p63) return std::nullopt;
  return static_cast<int64_t>(number);
}

// JSON pointers (RFC 6901) escape two characters.
std::string Below(std::string_view place, std::string_view name) {
  std::string pointer(place);
  pointer += '/';
  for (const char c : name.substr(0, 100)) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

std::string Wrong(std::string_view place, std::string_view what) {
  return fmt::format("{} {}", place.empty() ? "the body" : place, what);
}

}  // namespace

struct JsonSchema::Node {
  enum class Type { kAny, kObject, kArray, kString, kInteger, kNumber, kBoolean };

  explicit Node(const json::object& schema);

  Problem Check(const json::value& value, const std::string& place) const;

  Type type = Type::kAny;
  std::vector<std::pair<std::string, Node>> properties;
  std::vector<std::string> required;
  bool allows_others = true;
  std::unique_ptr<const Node> others;  // of properties that are not listed
  std::unique_ptr<const Node> items;
  std::optional<int64_t> min_length, max_length, max_items, minimum, maximum;
  std::unique_ptr<const RE2> pattern;
  std::vector<std::string> values;  // of an enum of texts
  std::string description;          // told when a text is not one of the allowed

 private:
  using Set = void (*)(Node& node, const json::value& value);
  struct Keyword {
    std::string_view name;
    Set set;  // null: an annotation
  };
  static const std::vector<Keyword>& Keywords();

  Problem CheckText(std::string_view text, const std::string& place) const;
  Problem CheckNumber(const json::value& value, const std::string& place) const;
  Problem CheckObject(const json::object& object, const std::string& place) const;
  Problem CheckArray(const json::array& array, const std::string& place) const;
  const Node* PropertyOf(std::string_view name) const;
  std::string Explained() const {
    return description.empty() ? "" : fmt::format(" ({})", description);
  }
};

namespace {

using Node = JsonSchema::Node;

constexpr std::array<std::pair<std::string_view, Node::Type>, 6> kTypes = {{
    {"object", Node::Type::kObject},
    {"array", Node::Type::kArray},
    {"string", Node::Type::kString},
    {"integer", Node::Type::kInteger},
    {"number", Node::Type::kNumber},
    {"boolean", Node::Type::kBoolean},
}};

Node::Type TypeOf(std::string_view name) {
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  throw std::invalid_argument(fmt::format("type \"{}\" is not checked", name));
}

template <std::optional<int64_t> Node::*Member>
void SetLimit(Node& node, const json::value& value) {
  node.*Member = value.as_int64();
}

}  // namespace

const std::vector<JsonSchema::Node::Keyword>& JsonSchema::Node::Keywords() {
  static const std::vector<Keyword> keywords = {
      {"title", nullptr},
      {"description",
       [](Node& node, const json::value& v) { node.description = View(v.as_string()); }},
      {"default", nullptr},
      {"examples", nullptr},
      {"format", nullptr},
      {"type", [](Node& node, const json::value& v) { node.type = TypeOf(View(v.as_string())); }},
      {"enum",
       [](Node& node, const json::value& v) {
         for (const auto& each : v.as_array()) node.values.emplace_back(View(each.as_string()));
       }},
      {"properties",
       [](Node& node, const json::value& v) {
         for (const auto& [name, schema] : v.as_object()) {
           node.properties.emplace_back(std::string(View(name)), Node(schema.as_object()));
         }
       }},
      {"required",
       [](Node& node, const json::value& v) {
         for (const auto& each : v.as_array()) node.required.emplace_back(View(each.as_string()));
       }},
      {"additionalProperties",
       [](Node& node, const json::value& v) {
         if (v.is_bool()) {
           node.allows_others = v.get_bool();
         } else {
           node.others = std::make_unique<const Node>(v.as_object());
         }
       }},
      {"items",
       [](Node& node, const json::value& v) {
         node.items = std::make_unique<const Node>(v.as_object());
       }},
      {"pattern",
       [](Node& node, const json::value& v) {
         node.pattern = std::make_unique<const RE2>(std::string(View(v.as_string())), RE2::Quiet);
         if (!node.pattern->ok()) throw std::invalid_argument("a pattern that RE2 does not take");
       }},
      {"maxItems", SetLimit<&Node::max_items>},
      {"minLength", SetLimit<&Node::min_length>},
      {"maxLength", SetLimit<&Node::max_length>},
      {"minimum", SetLimit<&Node::minimum>},
      {"maximum", SetLimit<&Node::maximum>},
  };
  return keywords;
}

JsonSchema::Node::Node(const json::object& schema) {
  for (const auto& [name, value] : schema) {
    const Keyword* known = nullptr;
    for (const Keyword& keyword : Keywords()) {
      if (keyword.name == View(name)) known = &keyword;
    }
    if (known == nullptr) {
      throw std::invalid_argument(fmt::format("keyword \"{}\" is not checked", View(name)));
    }
    if (known->set != nullptr) known->set(*this, value);
  }
}

Problem JsonSchema::Node::Check(const json::value& value, const std::string& place) const {
  switch (type) {
    case Type::kAny:
      return std::nullopt;
    case Type::kObject:
      if (!value.is_object()) return Wrong(place, "must be a JSON object");
      return CheckObject(value.get_object(), place);
    case Type::kArray:
      if (!value.is_array()) return Wrong(place, "must be a JSON array");
      return CheckArray(value.get_array(), place);
    case Type::kString:
      if (!value.is_string()) return Wrong(place, "must be a text");
      return CheckText(View(value.get_string()), place);
    case Type::kInteger:
    case Type::kNumber:
      return CheckNumber(value, place);
    case Type::kBoolean:
      if (!value.is_bool()) return Wrong(place, "must be true or false");
      return std::nullopt;
  }
  return std::nullopt;
}

Problem JsonSchema::Node::CheckText(std::string_view text, const std::string& place) const {
  if (!values.empty()) {
    for (const std::string& each : values) {
      if (each == text) return std::nullopt;
    }
    return Wrong(place, fmt::format("must be one of {}{}", fmt::join(values, ", "), Explained()));
  }
  const auto length = static_cast<int64_t>(LengthOf(text));
  if (length < min_length.value_or(0)) {
    return Wrong(place, length == 0 ? "must not be empty"
                                    : fmt::format("must have at least {} characters", *min_length));
  }
  if (max_length.has_value() && length > *max_length) {
    return Wrong(place, fmt::format("must have at most {} characters", *max_length));
  }
  if (pattern != nullptr && !RE2::PartialMatch({text.data(), text.size()}, *pattern)) {
    return Wrong(place, fmt::format("must match {}{}", pattern->pattern(), Explained()));
  }
  return std::nullopt;
}

Problem JsonSchema::Node::CheckNumber(const json::value& value, const std::string& place) const {
  if (type == Type::kNumber) {
    if (!value.is_number()) return Wrong(place, "must be a number");
    const auto number = value.to_number<double>();
    if (minimum.has_value() && number < static_cast<double>(*minimum)) {
      return Wrong(place, fmt::format("must be at least {}", *minimum));
    }
    if (maximum.has_value() && number > static_cast<double>(*maximum)) {
      return Wrong(place, fmt::format("must be at most {}", *maximum));
    }
    return std::nullopt;
  }
  const std::optional<int64_t> number = IntegerOf(value);
  const int64_t low = minimum.value_or(INT64_MIN);
  const int64_t high = maximum.value_or(INT64_MAX);
  if (!number.has_value() || *number < low || *number > high) {
    return Wrong(place, fmt::format("must be a whole number from {} to {}", low, high));
  }
  return std::nullopt;
}

const JsonSchema::Node* JsonSchema::Node::PropertyOf(std::string_view name) const {
  for (const auto& [known, node] : properties) {
    if (known == name) return &node;
  }
  return nullptr;
}

Problem JsonSchema::Node::CheckObject(const json::object& object, const std::string& place) const {
  for (const std::string& name : required) {
    if (!object.contains({name.data(), name.size()}))
      return Wrong(Below(place, name), "is missing");
  }
  for (const auto& [name, value] : object) {
    const Node* node = PropertyOf(View(name));
    if (node == nullptr) node = others.get();
    if (node == nullptr && allows_others) continue;
    if (node == nullptr) {
      std::vector<std::string_view> known;
      for (const auto& property : properties) known.push_back(property.first);
      return Wrong(Below(place, View(name)),
                   fmt::format("is not known here; known are: {}", fmt::join(known, ", ")));
    }
    if (Problem problem = node->Check(value, Below(place, View(name))); problem.has_value()) {
      return problem;
    }
  }
  return std::nullopt;
}

Problem JsonSchema::Node::CheckArray(const json::array& array, const std::string& place) const {
  if (max_items.has_value() && array.size() > static_cast<size_t>(*max_items)) {
    return Wrong(place, fmt::format("must have at most {} items", *max_items));
  }
  if (items == nullptr) return std::nullopt;
  for (size_t i = 0; i < array.size(); ++i) {
    Problem problem = items->Check(array[i], Below(place, std::to_string(i)));
    if (problem.has_value()) return problem;
  }
  return std::nullopt;
}

JsonSchema::JsonSchema(const json::value& schema)
    : root_(std::make_unique<const Node>(schema.as_object())) {}
JsonSchema::~JsonSchema() = default;
JsonSchema::JsonSchema(JsonSchema&&) noexcept = default;

std::optional<std::string> JsonSchema::Check(const json::value& value, std::string place) const {
  return root_->Check(value, place);
}

}  // namespace datamigrate::gateway
