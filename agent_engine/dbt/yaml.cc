#include "agent_engine/dbt/yaml.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace datamigrate::dbt {
namespace {

// Words that YAML 1.1 or 1.2 readers take for something else than a string.
constexpr auto kReserved = std::to_array<std::string_view>(
    {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"});

bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool IsPlainByte(char c) {
  return IsWordStart(c) || (c >= '0' && c <= '9') || c == '.' || c == '/' || c == '-' || c == ' ' ||
         c == ',' || c == '(' || c == ')';
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return lower;
}

bool IsPlain(std::string_view text) {
  const size_t first = text.starts_with("+") ? 1 : 0;  // dbt marks configuration with a plus sign.
  if (text.size() <= first || text.back() == ' ' || !IsWordStart(text[first])) return false;
  return std::ranges::all_of(text.substr(first), IsPlainByte) &&
         std::ranges::find(kReserved, Lower(text)) == kReserved.end();
}

}  // namespace

std::string YamlString(std::string_view text) {
  if (IsPlain(text)) return std::string(text);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      quoted += "\\x";
      quoted += kDigits[byte >> 4];
      quoted += kDigits[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

void YamlWriter::Indent() {
  if (at_item_) {
    text_.append(static_cast<size_t>(depth_ - 1) * 2, ' ');
    text_ += "- ";
    at_item_ = false;
    return;
  }
  text_.append(static_cast<size_t>(depth_) * 2, ' ');
}

void YamlWriter::Field(std::string_view key, std::string_view value) {
  Raw(key, YamlString(value));
}

void YamlWriter::Raw(std::string_view key, std::string_view value) {
  Indent();
  text_ += YamlString(key);
  text_ += ": ";
  text_ += value;
  text_ += '\n';
}

void YamlWriter::Begin(std::string_view key) {
  Indent();
  text_ += YamlString(key);
  text_ += ":\n";
  ++depth_;
}

void YamlWriter::End() {
  --depth_;
}

void YamlWriter::BeginItem() {
  ++depth_;
  at_item_ = true;
}

void YamlWriter::Item(std::string_view value) {
  Indent();
  text_ += "- ";
  text_ += YamlString(value);
  text_ += '\n';
}

void YamlWriter::Comment(std::string_view text) {
  Indent();
  text_ += "# ";
  text_ += text;
  text_ += '\n';
}

}  // namespace datamigrate::dbt
