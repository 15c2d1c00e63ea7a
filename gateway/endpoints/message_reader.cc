#include "gateway/endpoints/message_reader.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace datamigrate::gateway {
namespace {

namespace json = boost::json;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string TextOf(json::string_view text) {
  return {text.data(), text.size()};
}

absl::Status Wrong(const FieldDescriptor& field) {
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" has a value of the wrong type", field.name()));
}

template <typename Number>
std::optional<Number> NumberOf(const json::value& value) {
  using Limits = std::numeric_limits<Number>;
  if (value.is_string()) {
    if (sizeof(Number) < 8) return std::nullopt;
    const json::string& text = value.get_string();
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_good = error == std::errc() && end == text.data() + text.size();
    return is_good ? std::optional(number) : std::nullopt;
  }
  if (value.is_double()) {
    const double number = value.get_double();
    if (std::trunc(number) != number || std::abs(number) > 0x1p53) return std::nullopt;
    if (number < static_cast<double>(Limits::min())) return std::nullopt;
    if (number > static_cast<double>(Limits::max())) return std::nullopt;
    return static_cast<Number>(number);
  }
  boost::system::error_code error;
  const Number number = value.to_number<Number>(error);
  return error ? std::nullopt : std::optional(number);
}

// Sets a field, or adds to a repeated one.
class FieldWriter {
 public:
  FieldWriter(Message& message, const FieldDescriptor& field)
      : message_(message), reflection_(*message.GetReflection()), field_(field) {}

  absl::Status Write(const json::value& value) {
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return Put(NumberOf<int32_t>(value), &Reflection::SetInt32, &Reflection::AddInt32);
      case FieldDescriptor::CPPTYPE_UINT32:
        return Put(NumberOf<uint32_t>(value), &Reflection::SetUInt32, &Reflection::AddUInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return Put(NumberOf<int64_t>(value), &Reflection::SetInt64, &Reflection::AddInt64);
      case FieldDescriptor::CPPTYPE_UINT64:
        return Put(NumberOf<uint64_t>(value), &Reflection::SetUInt64, &Reflection::AddUInt64);
      case FieldDescriptor::CPPTYPE_BOOL:
        return Put(value.is_bool() ? std::optional(value.get_bool()) : std::nullopt,
                   &Reflection::SetBool, &Reflection::AddBool);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Put(value.is_number() ? std::optional(value.to_number<double>()) : std::nullopt,
                   &Reflection::SetDouble, &Reflection::AddDouble);
      case FieldDescriptor::CPPTYPE_STRING:
        return PutText(value);
      case FieldDescriptor::CPPTYPE_ENUM:
        return PutEnum(value);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return PutMessage(value);
      case FieldDescriptor::CPPTYPE_FLOAT:
        break;
    }
    return Wrong(field_);
  }

 private:
  template <typename Value, typename SetOne, typename AddOne>
  absl::Status Put(const std::optional<Value>& value, SetOne set, AddOne add) {
    if (!value.has_value()) return Wrong(field_);
    if (field_.is_repeated()) {
      (reflection_.*add)(&message_, &field_, *value);
    } else {
      (reflection_.*set)(&message_, &field_, *value);
    }
    return absl::OkStatus();
  }

  absl::Status PutText(const json::value& value) {
    if (!value.is_string() || field_.type() == FieldDescriptor::TYPE_BYTES) return Wrong(field_);
    std::string text = TextOf(value.get_string());
    if (field_.is_repeated()) {
      reflection_.AddString(&message_, &field_, std::move(text));
    } else {
      reflection_.SetString(&message_, &field_, std::move(text));
    }
    return absl::OkStatus();
  }

  absl::Status PutEnum(const json::value& value) {
    const google::protobuf::EnumValueDescriptor* number =
        value.is_string() ? field_.enum_type()->FindValueByName(TextOf(value.get_string()))
                          : nullptr;
    if (number == nullptr) return Wrong(field_);
    if (field_.is_repeated()) {
      reflection_.AddEnum(&message_, &field_, number);
    } else {
      reflection_.SetEnum(&message_, &field_, number);
    }
    return absl::OkStatus();
  }

  // A time is a text, as in protobuf's JSON mapping.
  absl::Status PutTime(const json::value& value) {
    google::protobuf::Timestamp time;
    const bool is_time =
        value.is_string() && !field_.is_repeated() &&
        google::protobuf::util::TimeUtil::FromString(TextOf(value.get_string()), &time);
    if (!is_time) return Wrong(field_);
    reflection_.MutableMessage(&message_, &field_)->CopyFrom(time);
    return absl::OkStatus();
  }

  absl::Status PutMessage(const json::value& value) {
    if (field_.message_type() == google::protobuf::Timestamp::descriptor()) return PutTime(value);
    if (!value.is_object()) return Wrong(field_);
    Message* const inner = field_.is_repeated() ? reflection_.AddMessage(&message_, &field_)
                                                : reflection_.MutableMessage(&message_, &field_);
    return ReadMessage(value.get_object(), *inner);
  }

  Message& message_;
  const Reflection& reflection_;
  const FieldDescriptor& field_;
};

// A map is a repeated message of key and value; JSON's keys are texts.
absl::Status ReadMap(const json::value& value, const FieldDescriptor& field, Message& message) {
  if (!value.is_object()) return Wrong(field);
  const FieldDescriptor& key = *field.message_type()->map_key();
  if (key.cpp_type() != FieldDescriptor::CPPTYPE_STRING) return Wrong(field);
  for (const auto& [name, each] : value.get_object()) {
    Message* const entry = message.GetReflection()->AddMessage(&message, &field);
    entry->GetReflection()->SetString(entry, &key, TextOf(name));
    const absl::Status written =
        FieldWriter(*entry, *field.message_type()->map_value()).Write(each);
    if (!written.ok()) return written;
  }
  return absl::OkStatus();
}

absl::Status ReadField(const json::value& value, const FieldDescriptor& field, Message& message) {
  if (field.is_map()) return ReadMap(value, field, message);
  if (!field.is_repeated()) return FieldWriter(message, field).Write(value);
  if (!value.is_array()) return Wrong(field);
  for (const json::value& each : value.get_array()) {
    const absl::Status written = FieldWriter(message, field).Write(each);
    if (!written.ok()) return written;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadMessage(const json::object& object, Message& message) {
  message.Clear();
  for (const auto& [name, value] : object) {
    const FieldDescriptor* const field = message.GetDescriptor()->FindFieldByName(TextOf(name));
    if (field == nullptr) {
      return absl::InvalidArgumentError(fmt::format("there is no field \"{}\"", TextOf(name)));
    }
    if (absl::Status read = ReadField(value, *field, message); !read.ok()) return read;
  }
  return absl::OkStatus();
}

}  // namespace datamigrate::gateway
