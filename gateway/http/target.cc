#include "gateway/http/target.h"

#include <algorithm>
#include <utility>

namespace datamigrate::gateway {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsControl(unsigned char c) {
  return c < 0x20 || c == 0x7f;
}

bool IsUnreserved(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// Calls `use` with each part between separators, until it returns false.
template <typename Use>
bool ForEachPart(std::string_view text, char separator, Use use) {
  while (true) {
    const size_t end = text.find(separator);
    if (!use(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool AddSegment(std::string_view part, std::vector<std::string>& segments) {
  std::optional<std::string> segment = PercentDecode(part);
  if (!segment.has_value() || *segment == "." || *segment == "..") return false;
  segments.push_back(*std::move(segment));
  return true;
}

// In a query "+" is a space, as forms send it.
std::optional<std::string> DecodeQueryPart(std::string_view part) {
  std::string text(part);
  std::ranges::replace(text, '+', ' ');
  return PercentDecode(text);
}

bool AddQueryPart(std::string_view part, std::map<std::string, std::string>& query) {
  if (part.empty()) return true;
  const size_t equals = part.find('=');
  std::optional<std::string> name = DecodeQueryPart(part.substr(0, equals));
  std::optional<std::string> value =
      DecodeQueryPart(equals == std::string_view::npos ? "" : part.substr(equals + 1));
  if (!name.has_value() || !value.has_value()) return false;
  query.emplace(*std::move(name), *std::move(value));
  return true;
}

}  // namespace

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    const char c = static_cast<char>(high * 16 + low);
    if (IsControl(static_cast<unsigned char>(c))) return std::nullopt;
    decoded += c;
    i += 2;
  }
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsUnreserved(byte)) {
      encoded += c;
    } else {
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

std::optional<Target> ParseTarget(std::string_view target) {
  if (target.empty() || target.front() != '/') return std::nullopt;
  if (std::ranges::any_of(target,
                          [](unsigned char c) { return IsControl(c) || c == ' ' || c == '#'; })) {
    return std::nullopt;
  }
  Target parsed;
  const size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  parsed.path = path;
  const bool good_path = ForEachPart(path.substr(1), '/', [&](std::string_view part) {
    return AddSegment(part, parsed.segments);
  });
  if (!good_path) return std::nullopt;
  if (question == std::string_view::npos) return parsed;
  const bool good_query = ForEachPart(target.substr(question + 1), '&', [&](std::string_view part) {
    return AddQueryPart(part, parsed.query);
  });
  if (!good_query) return std::nullopt;
  return parsed;
}

}  // namespace datamigrate::gateway
