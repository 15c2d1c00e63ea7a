// The encodings that attacks hide in, one sequence at a time.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_TEXT_ENCODINGS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_TEXT_ENCODINGS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace datamigrate::guardian {

struct Decoded {
  size_t length;       // bytes of the sequence, >= 2
  uint32_t character;  // a code point; for kByte a byte of UTF-8 that may need its neighbours
  bool is_byte;
};

// Each reads the sequence that begins at the front of `text`; nothing when there is none.
// %41, and %u0041 as old servers take it.
std::optional<Decoded> DecodePercent(std::string_view text);
// &#60; &#x3c; &lt;: numeric ones with or without the semicolon, as browsers take them.
std::optional<Decoded> DecodeEntity(std::string_view text);
// \u0041, \u{41}, \x41, as JSON, JavaScript and C write them.
std::optional<Decoded> DecodeEscape(std::string_view text);
// A two- or three-byte form of an ASCII character, which UTF-8 forbids (RFC 3629 section 3).
std::optional<Decoded> DecodeOverlong(std::string_view text);

// U+FFFD, which stands for what could not be read.
inline constexpr uint32_t kReplacement = 0xfffd;

// Appends as UTF-8; U+FFFD for what is no character.
void AppendUtf8(uint32_t character, std::string& text);

// The character at the front of `text` and its length; a byte that begins none is taken alone, as
// U+FFFD. `text` must not be empty.
struct Utf8Character {
  uint32_t character;
  uint32_t length;
};
Utf8Character FrontUtf8(std::string_view text);

// RFC 4648 section 4 and 5, with or without padding, into `bytes`, whose memory is used again.
// False when `text` is not that.
bool DecodeBase64(std::string_view text, std::string& bytes);
// The same of section 8.
bool DecodeHex(std::string_view text, std::string& bytes);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_TEXT_ENCODINGS_H_
