#include "gateway/openapi/message_schema.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace datamigrate::gateway {
namespace {

namespace json = boost::json;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr int kDeepest = 16;

json::object OfMessage(const Descriptor& message, SchemaUse use, int depth);

json::object OfEnum(const google::protobuf::EnumDescriptor& type) {
  json::array names;
  for (int i = 0; i < type.value_count(); ++i) names.emplace_back(type.value(i)->name());
  return {{"type", "string"}, {"enum", std::move(names)}};
}

json::object OfValue(const FieldDescriptor& field, SchemaUse use, int depth) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return {{"type", "integer"}, {"minimum", INT32_MIN}, {"maximum", INT32_MAX}};
    case FieldDescriptor::CPPTYPE_UINT32:
      return {{"type", "integer"}, {"minimum", 0}, {"maximum", UINT32_MAX}};
    case FieldDescriptor::CPPTYPE_INT64:
      return {{"type", "string"}, {"pattern", "^-?[0-9]{1,19}$"}};
    case FieldDescriptor::CPPTYPE_UINT64:
      return {{"type", "string"}, {"pattern", "^[0-9]{1,20}$"}};
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return {{"type", "number"}};
    case FieldDescriptor::CPPTYPE_BOOL:
      return {{"type", "boolean"}};
    case FieldDescriptor::CPPTYPE_ENUM:
      return OfEnum(*field.enum_type());
    case FieldDescriptor::CPPTYPE_STRING:
      return {{"type", "string"}};
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (field.message_type()->full_name() == "google.protobuf.Timestamp") {
        return {{"type", "string"}, {"format", "date-time"}};
      }
      return OfMessage(*field.message_type(), use, depth + 1);
  }
  return {};
}

json::object OfField(const FieldDescriptor& field, SchemaUse use, int depth) {
  if (field.is_map()) {
    const FieldDescriptor& value = *field.message_type()->map_value();
    return {{"type", "object"}, {"additionalProperties", OfValue(value, use, depth)}};
  }
  if (field.is_repeated()) return {{"type", "array"}, {"items", OfValue(field, use, depth)}};
  return OfValue(field, use, depth);
}

json::object OfMessage(const Descriptor& message, SchemaUse use, int depth) {
  if (depth > kDeepest) {
    throw std::invalid_argument(fmt::format("{} contains itself", message.full_name()));
  }
  json::object properties;
  json::array required;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    properties[field.name()] = OfField(field, use, depth);
    if (!field.has_presence()) required.emplace_back(field.name());
  }
  json::object schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (use == SchemaUse::kAnswer) {
    schema["required"] = std::move(required);
  } else {
    schema["additionalProperties"] = false;
  }
  return schema;
}

// RFC 7396: objects are merged, null takes a member out, everything else replaces.
void LayOver(json::object& target, const json::object& patch) {
  for (const auto& [name, value] : patch) {
    if (value.is_null()) {
      target.erase(name);
    } else if (value.is_object() && target.contains(name) && target[name].is_object()) {
      LayOver(target[name].as_object(), value.get_object());
    } else {
      target[name] = value;
    }
  }
}

}  // namespace

json::object ResolveSchema(const NamedSchema& schema, SchemaUse use) {
  json::object text = json::parse({schema.text.data(), schema.text.size()}).as_object();
  if (schema.message.empty()) return text;
  const Descriptor* message =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          std::string(schema.message));
  if (message == nullptr) {
    throw std::invalid_argument(fmt::format("there is no message {}", schema.message));
  }
  json::object resolved = OfMessage(*message, use, 0);
  LayOver(resolved, text);
  return resolved;
}

}  // namespace datamigrate::gateway
