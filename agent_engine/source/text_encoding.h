// Turns the bytes of a file into UTF-8, whatever encoding it was saved in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace datamigrate::source {

enum class TextEncoding { kUtf8, kUtf16LittleEndian, kUtf16BigEndian, kWindows1252 };

struct DecodedText {
  std::string text;  // UTF-8 without a byte order mark.
  TextEncoding encoding = TextEncoding::kUtf8;
};

// Takes the encoding from the byte order mark; without one: UTF-16 where every other byte of the
// beginning is mostly zero, UTF-8 where the bytes are valid UTF-8, else Windows-1252. Unpaired
// surrogates become U+FFFD. Null for what is not text: zero bytes or many control characters.
std::optional<DecodedText> DecodeText(std::string bytes);

// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool IsUtf8(std::string_view text);

// Decoders for one known encoding. An odd last byte of UTF-16 becomes U+FFFD.
std::string Utf16ToUtf8(std::string_view bytes, bool big_endian);
std::string Windows1252ToUtf8(std::string_view bytes);

// Appends the UTF-8 form of `code_point`.
void AppendUtf8(std::string& text, uint32_t code_point);

// Code units of UTF-16 that `text` (UTF-8) takes: what SQL Server counts as the length of an
// nvarchar.
size_t Utf16Length(std::string_view text);

}  // namespace datamigrate::source
