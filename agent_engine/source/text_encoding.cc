#include "agent_engine/source/text_encoding.h"

#include <algorithm>
#include <array>
#include <utility>

namespace datamigrate::source {
namespace {

constexpr uint32_t kReplacement = 0xFFFD;

unsigned char Byte(std::string_view text, size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// Code points of the bytes 0x80 to 0x9F; Windows maps the five free ones to themselves.
constexpr std::array<uint16_t, 32> kWindows1252High = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

// Length of the well-formed sequence at the start of `text`; 0 when there is none. Unicode
// Standard, table 3-7.
size_t Utf8SequenceLength(std::string_view text) {
  const unsigned char lead = Byte(text, 0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (Byte(text, 1) < low || Byte(text, 1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((Byte(text, i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

// Which UTF-16 the zero bytes of the beginning speak for, if any: T-SQL is mostly ASCII.
std::optional<TextEncoding> GuessUtf16(std::string_view bytes) {
  const std::string_view sample =
      bytes.substr(0, std::min<size_t>(bytes.size(), 4096) & ~size_t{1});
  if (sample.empty()) return std::nullopt;
  std::array<size_t, 2> zeros = {0, 0};
  for (size_t i = 0; i < sample.size(); ++i) zeros[i % 2] += sample[i] == '\0';
  const size_t units = sample.size() / 2;
  if (zeros[1] * 10 > units * 4 && zeros[0] * 20 < units) return TextEncoding::kUtf16LittleEndian;
  if (zeros[0] * 10 > units * 4 && zeros[1] * 20 < units) return TextEncoding::kUtf16BigEndian;
  return std::nullopt;
}

bool IsStrayControl(unsigned char c) {
  constexpr std::string_view kAllowed = "\t\n\v\f\r\x1a\x1b";
  return (c < 0x20 && kAllowed.find(static_cast<char>(c)) == std::string_view::npos) || c == 0x7F;
}

bool LooksBinary(std::string_view bytes) {
  if (bytes.find('\0') != std::string_view::npos) return true;
  const auto stray = std::count_if(bytes.begin(), bytes.end(), [](char c) {
    return IsStrayControl(static_cast<unsigned char>(c));
  });
  return static_cast<size_t>(stray) * 50 > bytes.size();
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

DecodedText FromUtf16(std::string_view bytes, TextEncoding encoding) {
  return {Utf16ToUtf8(bytes, encoding == TextEncoding::kUtf16BigEndian), encoding};
}

std::optional<DecodedText> DecodeUtf16(std::string_view bytes, TextEncoding encoding) {
  DecodedText decoded = FromUtf16(bytes, encoding);
  if (LooksBinary(decoded.text)) return std::nullopt;
  return decoded;
}

}  // namespace

void AppendUtf8(std::string& text, uint32_t code_point) {
  if (code_point < 0x80) {
    text += static_cast<char>(code_point);
    return;
  }
  const int tail = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
  constexpr std::array<unsigned char, 4> kLeads = {0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(kLeads[tail] | code_point >> (6 * tail));
  for (int i = tail - 1; i >= 0; --i)
    text += static_cast<char>(0x80 | (code_point >> (6 * i) & 0x3F));
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

size_t Utf16Length(std::string_view text) {
  size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    units += (byte & 0xC0) != 0x80;
    units += byte >= 0xF0;
  }
  return units;
}

std::string Utf16ToUtf8(std::string_view bytes, bool big_endian) {
  std::string text;
  text.reserve(bytes.size() / 2 + bytes.size() / 8);
  const auto unit_at = [&](size_t i) -> uint32_t {
    return big_endian ? Byte(bytes, i) << 8 | Byte(bytes, i + 1)
                      : Byte(bytes, i + 1) << 8 | Byte(bytes, i);
  };
  size_t at = 0;
  while (at + 1 < bytes.size()) {
    uint32_t code_point = unit_at(at);
    at += 2;
    if (code_point >= 0xD800 && code_point < 0xE000) {
      const bool has_next = at + 1 < bytes.size();
      const uint32_t next = has_next ? unit_at(at) : 0;
      const bool paired = code_point < 0xDC00 && next >= 0xDC00 && next < 0xE000;
      code_point =
          paired ? 0x10000 + ((code_point - 0xD800) << 10) + (next - 0xDC00) : kReplacement;
      if (paired) at += 2;
    }
    AppendUtf8(text, code_point);
  }
  if (at < bytes.size()) AppendUtf8(text, kReplacement);
  return text;
}

std::string Windows1252ToUtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 16);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    AppendUtf8(text, byte >= 0x80 && byte < 0xA0 ? kWindows1252High[byte - 0x80] : byte);
  }
  return text;
}

std::optional<DecodedText> DecodeText(std::string bytes) {
  const std::string_view view = bytes;
  constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
  if (StartsWith(view, kUtf8Mark)) {
    bytes.erase(0, kUtf8Mark.size());
    if (LooksBinary(bytes)) return std::nullopt;
    if (IsUtf8(bytes)) return DecodedText{std::move(bytes), TextEncoding::kUtf8};
    return DecodedText{Windows1252ToUtf8(bytes), TextEncoding::kWindows1252};
  }
  if (StartsWith(view, "\xFF\xFE")) {
    return DecodeUtf16(view.substr(2), TextEncoding::kUtf16LittleEndian);
  }
  if (StartsWith(view, "\xFE\xFF")) {
    return DecodeUtf16(view.substr(2), TextEncoding::kUtf16BigEndian);
  }
  if (const auto guess = GuessUtf16(view)) return DecodeUtf16(view, *guess);
  if (LooksBinary(view)) return std::nullopt;
  if (IsUtf8(view)) return DecodedText{std::move(bytes), TextEncoding::kUtf8};
  return DecodedText{Windows1252ToUtf8(view), TextEncoding::kWindows1252};
}

}  // namespace datamigrate::source
