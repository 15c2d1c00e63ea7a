#include "common/guardian/text/normalized_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "common/guardian/text/byte_blocks.h"
#include "common/guardian/text/encodings.h"

namespace datamigrate::guardian {
namespace {

constexpr int kRounds = 3;
constexpr size_t kShortestIsland = 20;  // of base64 or hexadecimal digits
constexpr size_t kLongestIsland = 16 * 1024;
constexpr size_t kMaxIslands = 64;
constexpr size_t kShortestSpacedWord = 5;  // letters
constexpr double kReadable = 0.97;         // of an island's bytes, to be taken for text

// Bytes that may begin an encoded character: escapes, and the leads of overlong UTF-8.
ByteMask IsEncoder(ByteVector c) {
  return (c == '%') | (c == '&') | (c == '\\') | (c == 0xc0) | (c == 0xc1) | (c == 0xe0);
}

// Bytes that folding does not leave as they are: controls but tabs and line ends, and what is not
// ASCII.
ByteMask IsFolded(ByteVector c) {
  return (c >= 0x7f) | ((c < 0x20) & (c != '\t') & (c != '\n') & (c != '\r'));
}

bool IsControl(unsigned char c) {
  return c < 0x20 || c == 0x7f;
}

constexpr std::array<bool, 256> kBase64 = [] {
  std::array<bool, 256> is_digit{};
  for (int c = 0; c < 256; ++c) {
    is_digit[static_cast<size_t>(c)] = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                                       (c >= 'a' && c <= 'z') || c == '+' || c == '/' || c == '-' ||
                                       c == '_';
  }
  return is_digit;
}();

bool IsBase64(char c) {
  return kBase64[static_cast<unsigned char>(c)];
}

// Whether one of the eight bytes is below '+', as blanks, quotes and brackets are: a run of base64
// ends there.
bool EndsRun(const char* bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return ((word - kOnes * '+') & ~word & (kOnes * 0x80)) != 0;
}

bool IsAsciiLetter(uint32_t c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

bool IsInvisible(uint32_t c) {
  return c == 0xad || c == 0x34f || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2060 && c <= 0x2064) || c == 0xfeff || c == 0x115f || c == 0x1160 || c == 0x3164;
}

bool IsBidiControl(uint32_t c) {
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool IsVariationSelector(uint32_t c) {
  return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef);
}

// Letters that look like a Latin one, and typographic marks that stand for an ASCII one.
// https://www.unicode.org/Public/security/latest/confusables.txt
constexpr auto kLookalikes = std::to_array<std::pair<uint32_t, char>>({
    {0x131, 'i'}, {0x251, 'a'}, {0x261, 'g'}, {0x26a, 'i'}, {0x274, 'n'}, {0x280, 'r'},
    {0x29f, 'l'}, {0x3b1, 'a'}, {0x3b3, 'y'}, {0x3b9, 'i'}, {0x3ba, 'k'}, {0x3bd, 'v'},
    {0x3bf, 'o'}, {0x3c1, 'p'}, {0x3c3, 'o'}, {0x3c4, 't'}, {0x3c5, 'u'}, {0x3c7, 'x'},
    {0x430, 'a'}, {0x432, 'b'}, {0x433, 'r'}, {0x435, 'e'}, {0x43a, 'k'}, {0x43c, 'm'},
    {0x43d, 'h'}, {0x43e, 'o'}, {0x440, 'p'}, {0x441, 'c'}, {0x442, 't'}, {0x443, 'y'},
    {0x445, 'x'}, {0x455, 's'}, {0x456, 'i'}, {0x458, 'j'}, {0x475, 'v'}, {0x4bb, 'h'},
    {0x4cf, 'l'}, {0x501, 'd'}, {0x51b, 'q'}, {0x51d, 'w'},
});

constexpr auto kMarks = std::to_array<std::pair<uint32_t, char>>({
    {0xa0, ' '},    {0xb4, '\''},   {0x2b9, '\''},  {0x2bc, '\''},  {0x1680, ' '}, {0x2010, '-'},
    {0x2011, '-'},  {0x2012, '-'},  {0x2013, '-'},  {0x2014, '-'},  {0x2015, '-'}, {0x2018, '\''},
    {0x2019, '\''}, {0x201a, '\''}, {0x201b, '\''}, {0x201c, '"'},  {0x201d, '"'}, {0x201e, '"'},
    {0x2028, '\n'}, {0x2029, '\n'}, {0x202f, ' '},  {0x2032, '\''}, {0x2033, '"'}, {0x2039, '<'},
    {0x203a, '>'},  {0x2044, '/'},  {0x205f, ' '},  {0x2212, '-'},  {0x2215, '/'}, {0x2216, '\\'},
    {0x3000, ' '},
});

template <typename Table>
char Find(const Table& table, uint32_t character) {
  const auto found = std::ranges::lower_bound(table, character, {}, &Table::value_type::first);
  return found != table.end() && found->first == character ? found->second : '\0';
}

bool IsStyledLatin(uint32_t c) {
  return (c >= 0xff21 && c <= 0xff5a) || (c >= 0x1d400 && c <= 0x1d7ff) ||
         (c >= 0x24b6 && c <= 0x24e9) || (c >= 0x1f130 && c <= 0x1f189);
}

bool IsReadable(std::string_view text) {
  if (text.size() < 8) return false;
  size_t readable = 0;
  for (const char c : text) {
    readable += (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
  }
  return static_cast<double>(readable) >= kReadable * static_cast<double>(text.size());
}

// "w\0a\0i\0t\0" as "wait".
std::string WithoutWideZeros(const std::string& bytes) {
  const size_t zeros = static_cast<size_t>(std::ranges::count(bytes, '\0'));
  if (zeros * 2 < bytes.size() - 1) return bytes;
  std::string narrow;
  std::ranges::copy_if(bytes, std::back_inserter(narrow), [](char c) { return c != '\0'; });
  return narrow;
}

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

bool IsLowerLetter(char c) {
  return c >= 'a' && c <= 'z';
}

}  // namespace

void NormalizedText::Draft::Clear() {
  bytes.clear();
  pieces.clear();
}

void NormalizedText::Draft::Mark(size_t raw) {
  pieces.push_back({static_cast<uint32_t>(bytes.size()), static_cast<uint32_t>(raw)});
}

size_t NormalizedText::Draft::RawOffset(size_t offset) const {
  const auto after = std::ranges::upper_bound(pieces, offset, {}, &Piece::at);
  if (after == pieces.begin()) return offset;
  const Piece& piece = *std::prev(after);
  return piece.raw + (offset - piece.at);
}

void NormalizedText::Assign(std::string_view raw) {
  disguises_ = 0;
  current_.Clear();
  current_.bytes.assign(raw);
  for (int round = 0; round < kRounds && DecodeOnce(); ++round) {
    if (round > 0) disguises_ |= kNestedEncoding;
    std::swap(current_, next_);
  }
  const bool is_folded = FindFirst(current_.bytes, 0, IsFolded) < current_.bytes.size();
  if (is_folded) Fold();
  text_.clear();
  AppendLower(current_.bytes, text_);
  Pad();
  // Islands keep their case, and folding leaves what it read in next_.
  AppendIslands(is_folded ? next_ : current_);
  AppendUnspaced();
}

void NormalizedText::Pad() {
  size_ = text_.size();
  text_.append(kPadding, '\0');
}

bool NormalizedText::DecodeOnce() {
  const std::string_view bytes = current_.bytes;
  next_.Clear();
  decoded_pluses_.clear();
  bool changed = false;
  size_t copied = 0;
  for (size_t at = 0; (at = FindFirst(bytes, at, IsEncoder)) < bytes.size();) {
    next_.bytes.append(bytes, copied, at - copied);
    const size_t length = DecodeAt(at);
    if (length == 0) {
      copied = at++;
      continue;
    }
    changed = true;
    at += length;
    copied = at;
    next_.Mark(current_.RawOffset(at));
  }
  if (!changed) return false;
  next_.bytes.append(bytes, copied, bytes.size() - copied);
  if ((disguises_ & kUrlEncoding) != 0) {
    std::ranges::replace(next_.bytes, '+', ' ');
    for (const size_t plus : decoded_pluses_) next_.bytes[plus] = '+';
  }
  return true;
}

size_t NormalizedText::DecodeAt(size_t at) {
  const std::string_view rest = std::string_view(current_.bytes).substr(at);
  std::optional<Decoded> decoded;
  uint32_t disguise = 0;
  switch (rest[0]) {
    case '%':
      return DecodePercentRun(rest, at);
    case '&':
      decoded = DecodeEntity(rest);
      disguise = kHtmlEntities;
      break;
    case '\\':
      decoded = DecodeEscape(rest);
      disguise = kEscapes;
      break;
    default:
      decoded = DecodeOverlong(rest);
      disguise = kOverlongUtf8;
  }
  if (!decoded.has_value()) return 0;
  disguises_ |= disguise;
  next_.Mark(current_.RawOffset(at));
  AppendUtf8(decoded->character, next_.bytes);
  return decoded->length;
}

// A run of %XX is taken as far as it spells characters, so that LIKE '%fa%' stays as it is.
size_t NormalizedText::DecodePercentRun(std::string_view rest, size_t at) {
  const std::optional<Decoded> first = DecodePercent(rest);
  if (!first.has_value()) return 0;
  std::string character;
  size_t length = first->length;
  if (!first->is_byte) {
    AppendUtf8(first->character, character);
  } else {
    character += static_cast<char>(first->character);
    while (first->character >= 0x80 && character.size() < 4) {
      const auto more = DecodePercent(rest.substr(length));
      if (!more.has_value() || !more->is_byte) break;
      character += static_cast<char>(more->character);
      length += more->length;
      if (DecodeOverlong(character).has_value() || FrontUtf8(character).length > 1) break;
    }
    if (first->character >= 0x80 && !DecodeOverlong(character).has_value() &&
        FrontUtf8(character).length == 1) {
      return 0;
    }
  }
  disguises_ |= kUrlEncoding;
  next_.Mark(current_.RawOffset(at));
  if (character == "+") decoded_pluses_.push_back(next_.bytes.size());
  next_.bytes += character;
  return length;
}

uint32_t NormalizedText::FoldCharacter(uint32_t character, bool is_in_latin_word) {
  if (const char mark = Find(kMarks, character); mark != '\0') {
    return static_cast<unsigned char>(mark);
  }
  const char lookalike = is_in_latin_word ? Find(kLookalikes, character) : '\0';
  if (lookalike != '\0') {
    disguises_ |= kConfusables;
    return static_cast<unsigned char>(lookalike);
  }
  if (IsStyledLatin(character)) disguises_ |= kConfusables;
  return character;
}

void NormalizedText::Fold() {
  const std::string_view bytes = current_.bytes;
  next_.Clear();
  std::array<utf8proc_int32_t, 32> parts;
  size_t at = 0;
  while (true) {
    const size_t run = at;
    at = FindFirst(bytes, at, IsFolded);
    next_.bytes.append(bytes, run, at - run);
    if (at == bytes.size()) break;
    const char c = bytes[at];
    const Utf8Character front = FrontUtf8(bytes.substr(at));
    const size_t raw = current_.RawOffset(at);
    const size_t next = at + front.length;
    const bool follows_latin =
        !next_.bytes.empty() && IsAsciiLetter(static_cast<unsigned char>(next_.bytes.back()));
    const bool leads_latin =
        next < bytes.size() && IsAsciiLetter(static_cast<unsigned char>(bytes[next]));
    at = next;
    next_.Mark(raw);
    if (IsControl(static_cast<unsigned char>(c))) {
      disguises_ |= kControlCharacters;
      // SQL Server and others take them for blanks.
      if (c != '\0' && c != '\x7f') next_.bytes += ' ';
    } else if (c == '\xa0' || front.character == kReplacement) {
      next_.bytes += ' ';  // the no-break space of Latin-1, or a byte that got lost
    } else if (IsInvisible(front.character)) {
      disguises_ |= kInvisibleCharacters;
    } else if (IsBidiControl(front.character)) {
      disguises_ |= kBidiControls;
    } else if (front.character >= 0xe0020 && front.character <= 0xe007e) {
      disguises_ |= kTagCharacters;
      next_.bytes += static_cast<char>(front.character - 0xe0000);
    } else if (!IsVariationSelector(front.character)) {
      const uint32_t folded = FoldCharacter(front.character, follows_latin || leads_latin);
      int boundary = 0;
      const auto count = utf8proc_decompose_char(
          static_cast<utf8proc_int32_t>(folded), parts.data(), parts.size(),
          static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                         UTF8PROC_IGNORE | UTF8PROC_STRIPMARK),
          &boundary);
      for (utf8proc_ssize_t i = 0; i < std::min<utf8proc_ssize_t>(count, parts.size()); ++i) {
        AppendUtf8(static_cast<uint32_t>(parts[static_cast<size_t>(i)]), next_.bytes);
      }
    }
    next_.Mark(current_.RawOffset(at));
  }
  std::swap(current_, next_);
}

void NormalizedText::AppendIslands(const Draft& draft) {
  const std::string_view encoded = draft.bytes;
  size_t islands = 0;
  size_t at = 0;
  // A run of kShortestIsland digits covers one of these positions, so most bytes are not looked at.
  for (size_t probe = kShortestIsland - 1; probe < encoded.size() && islands < kMaxIslands;
       probe = std::max(probe, at) + kShortestIsland) {
    if (!IsBase64(encoded[probe])) continue;
    // Ten digits at least are on one side of the position.
    if (probe + sizeof(uint64_t) < encoded.size() && EndsRun(&encoded[probe + 1]) &&
        EndsRun(&encoded[probe - sizeof(uint64_t)])) {
      continue;
    }
    size_t first = probe;
    while (first > at && IsBase64(encoded[first - 1])) --first;
    size_t end = probe + 1;
    while (end < encoded.size() && IsBase64(encoded[end])) ++end;
    at = end;
    if (end - first < kShortestIsland || end - first > kLongestIsland) continue;
    std::string_view run = encoded.substr(first, end - first);
    const size_t raw = draft.RawOffset(first);
    if (run.starts_with("0x") || run.starts_with("0X")) run.remove_prefix(2);
    std::optional<std::string> decoded;
    const bool is_hex = std::ranges::all_of(run, IsHexDigit);
    if (is_hex) {
      decoded = DecodeHex(run);
      if (decoded.has_value()) decoded = WithoutWideZeros(*decoded);
    } else {
      decoded = DecodeBase64(run);
    }
    if (!decoded.has_value() || !IsReadable(*decoded)) continue;
    AppendIsland(*decoded, raw, is_hex ? kHexIsland : kBase64Island);
    ++islands;
  }
}

void NormalizedText::AppendIsland(std::string_view decoded, size_t raw_offset, Disguise disguise) {
  disguises_ |= disguise;
  text_.resize(size_);
  text_ += kIslandMark;
  // The whole island stands where its digits stand.
  for (const char c : decoded) {
    current_.pieces.push_back(
        {static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(raw_offset)});
    AppendLower({&c, 1}, text_);
  }
  Pad();
}

// The first position at or after `from` of three letters with the same spacer behind each, or
// size_.
size_t NormalizedText::NextSpaced(size_t from) const {
  static_assert(sizeof(ByteVector) + 5 <= kPadding);
  for (size_t at = from; at < size_; at += sizeof(ByteVector)) {
    const auto load = [&](size_t offset) {
      ByteVector bytes;
      std::memcpy(&bytes, text_.data() + at + offset, sizeof(bytes));
      return bytes;
    };
    const auto is_letter = [](ByteVector bytes) -> ByteMask { return (bytes - 'a') < 26; };
    const ByteVector spacer = load(1);
    const size_t first = FirstOf(
        ((spacer == ' ') | (spacer == '.') | (spacer == '-') | (spacer == '_') | (spacer == '*')) &
        (load(3) == spacer) & (load(5) == spacer) & is_letter(load(0)) & is_letter(load(2)) &
        is_letter(load(4)));
    if (first < sizeof(ByteVector)) return at + first;
  }
  return size_;
}

void NormalizedText::AppendUnspaced() {
  std::string words;
  size_t first_raw = 0;
  const std::string_view text(text_.data(), size_);
  for (size_t at = 0; (at = NextSpaced(at)) < size_;) {
    if (at > 0 && IsLowerLetter(text[at - 1])) {
      ++at;
      continue;
    }
    const size_t first = at;
    const char spacer = text[at + 1];
    std::string word;
    // Up to a letter that another one follows.
    while (at < text.size() && IsLowerLetter(text[at]) &&
           !(at + 1 < text.size() && IsLowerLetter(text[at + 1]))) {
      word += text[at++];
      if (at < text.size() && text[at] == spacer)
        ++at;
      else
        break;
    }
    if (word.size() < kShortestSpacedWord) continue;
    if (words.empty()) first_raw = RawOffset(first);
    words += word;
    words += ' ';
  }
  if (!words.empty()) AppendIsland(words, first_raw, kSpacedLetters);
}

size_t NormalizedText::RawOffset(size_t offset) const {
  return current_.RawOffset(offset);
}

}  // namespace datamigrate::guardian
