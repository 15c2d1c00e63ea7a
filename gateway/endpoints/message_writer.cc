#include "gateway/endpoints/message_writer.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/time/time.h"

namespace datamigrate::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::string_view kLineSeparatorStart = "\xe2\x80";  // U+2028 is E2 80 A8, U+2029 E2 80 A9

bool NeedsEscape(unsigned char c) {
  return c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == 0x7f || c == 0xe2;
}

bool IsLineSeparator(std::string_view rest) {
  return rest.size() >= 3 && rest.starts_with(kLineSeparatorStart) &&
         (rest[2] == '\xa8' || rest[2] == '\xa9');
}

void WriteEscaped(char c, std::string& json) {
  switch (c) {
    case '"':
      json += "\\\"";
      return;
    case '\\':
      json += "\\\\";
      return;
    case '\n':
      json += "\\n";
      return;
    case '\r':
      json += "\\r";
      return;
    case '\t':
      json += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(json), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

void WriteText(std::string_view text, std::string& json) {
  json += '"';
  size_t plain = 0;  // where what needs no escape begins
  for (size_t i = 0; i < text.size(); ++i) {
    if (!NeedsEscape(static_cast<unsigned char>(text[i]))) continue;
    const bool is_wide = text[i] == '\xe2';
    if (is_wide && !IsLineSeparator(text.substr(i))) continue;
    json += text.substr(plain, i - plain);
    if (is_wide) {
      json += text[i + 2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      WriteEscaped(text[i], json);
    }
    plain = i + 1;
  }
  json += text.substr(plain);
  json += '"';
}

// 64-bit integers are texts, as JavaScript's numbers do not hold them.
template <typename Number>
void WriteNumber(Number number, std::string& json) {
  if constexpr (std::is_floating_point_v<Number>) {
    if (std::isnan(number)) {
      json += "\"NaN\"";
    } else if (std::isinf(number)) {
      json += number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    } else {
      fmt::format_to(std::back_inserter(json), "{}", number);
    }
  } else {
    const char* const format = sizeof(Number) == 8 ? "\"{}\"" : "{}";
    fmt::format_to(std::back_inserter(json), fmt::runtime(format), number);
  }
}

// RFC 3339 in UTC, with three, six or nine digits of a second where there are any.
void WriteTimestamp(const google::protobuf::Timestamp& timestamp, std::string& json) {
  const absl::Time time = absl::FromUnixSeconds(timestamp.seconds());
  const absl::CivilSecond civil = absl::ToCivilSecond(time, absl::UTCTimeZone());
  auto out = std::back_inserter(json);
  fmt::format_to(out, "\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", civil.year(), civil.month(),
                 civil.day(), civil.hour(), civil.minute(), civil.second());
  const int32_t nanos = timestamp.nanos();
  if (nanos % 1000000 == 0) {
    if (nanos != 0) fmt::format_to(out, ".{:03}", nanos / 1000000);
  } else if (nanos % 1000 == 0) {
    fmt::format_to(out, ".{:06}", nanos / 1000);
  } else {
    fmt::format_to(out, ".{:09}", nanos);
  }
  json += "Z\"";
}

// Writes the value of a field, or one of a repeated one's.
class FieldPrinter {
 public:
  FieldPrinter(const Message& message, const FieldDescriptor& field, std::string& json)
      : message_(message), reflection_(*message.GetReflection()), field_(field), json_(json) {}

  void Print() {
    if (field_.is_map()) {
      PrintMap();
    } else if (field_.is_repeated()) {
      json_ += '[';
      const int size = reflection_.FieldSize(message_, &field_);
      for (int i = 0; i < size; ++i) {
        if (i > 0) json_ += ',';
        PrintOne(i);
      }
      json_ += ']';
    } else {
      PrintOne(kSingle);
    }
  }

  // What stands for a key of a map: always a text.
  void PrintKey() {
    if (field_.cpp_type() == FieldDescriptor::CPPTYPE_STRING) return PrintOne(kSingle);
    std::string key;
    FieldPrinter(message_, field_, key).PrintOne(kSingle);
    const bool is_quoted = key.starts_with('"');
    json_ += is_quoted ? key : '"' + key + '"';
  }

 private:
  static constexpr int kSingle = -1;

  template <typename Value>
  Value Get(Value (Reflection::*one)(const Message&, const FieldDescriptor*) const,
            Value (Reflection::*of_many)(const Message&, const FieldDescriptor*, int) const,
            int index) const {
    return index == kSingle ? (reflection_.*one)(message_, &field_)
                            : (reflection_.*of_many)(message_, &field_, index);
  }

  void PrintOne(int index) {
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return WriteNumber(Get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32, index), json_);
      case FieldDescriptor::CPPTYPE_UINT32:
        return WriteNumber(Get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32, index),
                           json_);
      case FieldDescriptor::CPPTYPE_INT64:
        return WriteNumber(Get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64, index), json_);
      case FieldDescriptor::CPPTYPE_UINT64:
        return WriteNumber(Get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64, index),
                           json_);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return WriteNumber(Get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble, index),
                           json_);
      case FieldDescriptor::CPPTYPE_FLOAT:
        return WriteNumber(Get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat, index), json_);
      case FieldDescriptor::CPPTYPE_BOOL:
        json_ += Get(&Reflection::GetBool, &Reflection::GetRepeatedBool, index) ? "true" : "false";
        return;
      case FieldDescriptor::CPPTYPE_ENUM:
        return PrintEnum(Get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue, index));
      case FieldDescriptor::CPPTYPE_STRING:
        return PrintText(index);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return WriteMessage(index == kSingle
                                ? reflection_.GetMessage(message_, &field_)
                                : reflection_.GetRepeatedMessage(message_, &field_, index),
                            json_);
    }
  }

  // A number that this build has no name for stays a number.
  void PrintEnum(int number) {
    const auto* const value = field_.enum_type()->FindValueByNumber(number);
    if (value == nullptr) return WriteNumber(number, json_);
    WriteText(value->name(), json_);
  }

  void PrintText(int index) {
    std::string scratch;
    const std::string& text =
        index == kSingle
            ? reflection_.GetStringReference(message_, &field_, &scratch)
            : reflection_.GetRepeatedStringReference(message_, &field_, index, &scratch);
    if (field_.type() != FieldDescriptor::TYPE_BYTES) return WriteText(text, json_);
    json_ += '"';
    json_ += absl::Base64Escape(text);
    json_ += '"';
  }

  void PrintMap() {
    const Descriptor& entry = *field_.message_type();
    json_ += '{';
    const int size = reflection_.FieldSize(message_, &field_);
    for (int i = 0; i < size; ++i) {
      const Message& each = reflection_.GetRepeatedMessage(message_, &field_, i);
      if (i > 0) json_ += ',';
      FieldPrinter(each, *entry.map_key(), json_).PrintKey();
      json_ += ':';
      FieldPrinter(each, *entry.map_value(), json_).PrintOne(kSingle);
    }
    json_ += '}';
  }

  const Message& message_;
  const Reflection& reflection_;
  const FieldDescriptor& field_;
  std::string& json_;
};

bool IsWellKnown(const Descriptor& type) {
  return type.file()->package() == "google.protobuf";
}

void WriteWellKnown(const Message& message, std::string& json) {
  if (message.GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
    return WriteTimestamp(static_cast<const google::protobuf::Timestamp&>(message), json);
  }
  std::string text;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &text);
  json += printed.ok() ? text : "null";
}

}  // namespace

void WriteMessage(const Message& message, std::string& json) {
  const Descriptor& type = *message.GetDescriptor();
  if (IsWellKnown(type)) return WriteWellKnown(message, json);
  const Reflection& reflection = *message.GetReflection();
  bool is_first = true;
  json += '{';
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.has_presence() && !reflection.HasField(message, &field)) continue;
    if (!std::exchange(is_first, false)) json += ',';
    json += '"';
    json += field.name();
    json += "\":";
    FieldPrinter(message, field, json).Print();
  }
  json += '}';
}

}  // namespace datamigrate::gateway
