#include "common/guardian/text/normalized_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <bit>

#include "common/guardian/ascii.h"
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
constexpr auto kIsEncoder = [](ByteVector c) -> ByteMask {
  return (c == '%') | (c == '&') | (c == '\\') | ((c & 0xfe) == 0xc0) | (c == 0xe0);
};

// Bytes that folding does not leave as they are: controls but tabs and line ends, and what is not
// ASCII, which is negative as a signed byte.
constexpr auto kIsFolded = [](ByteVector c) -> ByteMask {
  const ByteMask is_other = (reinterpret_cast<ByteMask>(c) < 0x20) | (c == 0x7f);
  return is_other & ~((c == '\t') | (c == '\n') | (c == '\r'));
};

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

constexpr auto kIsBase64 = [](ByteVector c) -> ByteMask {
  return (((c | 0x20) - 'a') < 26) | ((c - '/') < 11) | (c == '+') | (c == '-') | (c == '_');
};

// For each of 64 bits: whether it and the kShortestIsland - 1 above it are set.
constexpr uint64_t RunsAmong(uint64_t bits) {
  static_assert(kShortestIsland == 20);
  const uint64_t four = bits & bits >> 1 & (bits & bits >> 1) >> 2;
  const uint64_t eight = four & four >> 4;
  return eight & eight >> 8 & four >> 16;
}

// The first run of at least kShortestIsland digits of base64 at or after `from`, which no such
// digit precedes, as its begin and end; both the size of the text where there is none.
std::pair<size_t, size_t> NextRun(std::string_view text, size_t from) {
  const auto with_end = [&](size_t first) {
    size_t end = first + kShortestIsland;
    while (end < text.size() && IsBase64(text[end])) ++end;
    return std::pair(first, end);
  };
  size_t open = 0;  // digits right before `at`, too few so far
  size_t at = from;
  for (; at + 64 <= text.size(); at += 64) {
    const uint64_t bits = BitsOf64(text.data() + at, kIsBase64);
    if (open + static_cast<size_t>(std::countr_one(bits)) >= kShortestIsland) {
      return with_end(at - open);
    }
    if (const uint64_t runs = RunsAmong(bits); runs != 0) {
      return with_end(at + static_cast<size_t>(std::countr_zero(runs)));
    }
    open = static_cast<size_t>(std::countl_one(bits));
  }
  at -= open;
  while (at < text.size()) {
    size_t end = at;
    while (end < text.size() && IsBase64(text[end])) ++end;
    if (end - at >= kShortestIsland) return {at, end};
    at = end + 1;
  }
  return {text.size(), text.size()};
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

bool IsReadableByte(char c) {
  return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
}

bool IsReadable(size_t readable, size_t size) {
  return size >= 8 && static_cast<double>(readable) >= kReadable * static_cast<double>(size);
}

// "w\0a\0i\0t\0" as "wait".
void DropWideZeros(std::string& bytes) {
  const size_t zeros = static_cast<size_t>(std::ranges::count(bytes, '\0'));
  if (zeros * 2 >= bytes.size() - 1) std::erase(bytes, '\0');
}

// Whether a run of digits stands for text that may be readable: names of columns are such runs,
// too, and show after a few bytes that they are none. `decode` reads digits into `island`, `size`
// bytes of all of them.
template <typename Decode>
bool BeginsReadably(std::string_view run, size_t size, Decode decode, std::string& island) {
  constexpr size_t kLook = 16;                 // digits
  (void)decode(run.substr(0, kLook), island);  // all are digits
  // Zeros may be dropped yet.
  const auto unreadable = static_cast<size_t>(
      std::ranges::count_if(island, [](char c) { return c != '\0' && !IsReadableByte(c); }));
  return IsReadable(size - unreadable, size);
}

// Decodes a run of hexadecimal digits into `island`; false when it is no text.
bool DecodeHexIsland(std::string_view run, std::string& island) {
  if (run.size() % 2 != 0 || !BeginsReadably(run, run.size() / 2, DecodeHex, island)) return false;
  (void)DecodeHex(run, island);
  DropWideZeros(island);
  return IsReadable(static_cast<size_t>(std::ranges::count_if(island, IsReadableByte)),
                    island.size());
}

// The same of base64.
bool DecodeBase64Island(std::string_view run, std::string& island) {
  if (run.size() % 4 == 1 || !BeginsReadably(run, run.size() * 6 / 8, DecodeBase64, island)) {
    return false;
  }
  (void)DecodeBase64(run, island);
  return IsReadable(static_cast<size_t>(std::ranges::count_if(island, IsReadableByte)),
                    island.size());
}

// What stands between letters that are to be read as a word.
bool IsSpacer(char c) {
  return c == ' ' || c == '.' || c == '-' || c == '_' || c == '*';
}

}  // namespace

void NormalizedText::Draft::Clear() {
  bytes.clear();
  pieces.clear();
}

void NormalizedText::Draft::Mark(size_t raw) {
  pieces.push_back({static_cast<uint32_t>(bytes.size()), static_cast<uint32_t>(raw)});
}

void NormalizedText::Draft::Append(const Draft& source, size_t begin, size_t end, size_t& next) {
  for (; next < source.pieces.size() && source.pieces[next].at < end; ++next) {
    const Piece& piece = source.pieces[next];
    if (piece.at < begin) continue;
    pieces.push_back({static_cast<uint32_t>(piece.at - begin + bytes.size()), piece.raw});
  }
  bytes.append(source.bytes, begin, end - begin);
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
  is_changed_ = false;
  for (int round = 0; round < kRounds && DecodeOnce(); ++round) {
    is_changed_ = true;
    if (round > 0) disguises_ |= kNestedEncoding;
    std::swap(current_, next_);
  }
  const bool is_folded = FindFirst(current_.bytes, 0, kIsFolded) < current_.bytes.size();
  if (is_folded) Fold();
  is_changed_ = is_changed_ || is_folded;
  text_.clear();
  AppendLower(current_.bytes, text_);
  Pad();
  folded_size_ = size_;
  folded_pieces_ = current_.pieces.size();
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
  size_t next_piece = 0;
  for (size_t at = 0; (at = FindFirst(bytes, at, kIsEncoder)) < bytes.size();) {
    next_.Append(current_, copied, at, next_piece);
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
  next_.Append(current_, copied, bytes.size(), next_piece);
  if ((disguises_ & kUrlEncoding) != 0) {
    ReplaceBytes('+', ' ', next_.bytes);
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
  size_t next_piece = 0;
  while (true) {
    const size_t run = at;
    at = FindFirst(bytes, at, kIsFolded);
    next_.Append(current_, run, at, next_piece);
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
  for (size_t at = 0; islands < kMaxIslands;) {
    const auto [first, end] = NextRun(encoded, at);
    if (first == end) return;
    at = end;
    if (end - first > kLongestIsland) continue;
    std::string_view run = encoded.substr(first, end - first);
    const size_t raw = draft.RawOffset(first);
    if (run.starts_with("0x") || run.starts_with("0X")) run.remove_prefix(2);
    const bool is_hex = std::ranges::all_of(run, IsHexDigit);
    if (!(is_hex ? DecodeHexIsland(run, island_) : DecodeBase64Island(run, island_))) continue;
    AppendIsland(island_, raw, is_hex ? kHexIsland : kBase64Island);
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
  constexpr size_t kSpan = 6;  // bytes of three letters and their spacers
  constexpr size_t kStep = 64 - kSpan + 1;
  static_assert(kPadding >= 64, "a block may begin at the last byte");
  for (size_t at = from; at < size_; at += kStep) {
    const uint64_t letters =
        BitsOf64(text_.data() + at, [](ByteVector c) -> ByteMask { return (c - 'a') < 26; });
    const uint64_t followed = letters & ~letters >> 1;  // by something else
    uint64_t places = followed & followed >> 2 & followed >> 4 & ((uint64_t{1} << kStep) - 1);
    for (; places != 0; places &= places - 1) {
      const size_t place = at + static_cast<size_t>(std::countr_zero(places));
      const char spacer = text_[place + 1];
      if (spacer == text_[place + 3] && spacer == text_[place + 5] && IsSpacer(spacer))
        return place;
    }
  }
  return size_;
}

void NormalizedText::AppendUnspaced() {
  std::string words;
  size_t first_raw = 0;
  const std::string_view text(text_.data(), size_);
  for (size_t at = 0; (at = NextSpaced(at)) < size_;) {
    if (at > 0 && IsLower(text[at - 1])) {
      ++at;
      continue;
    }
    const size_t first = at;
    const char spacer = text[at + 1];
    std::string word;
    // Up to a letter that another one follows.
    while (at < text.size() && IsLower(text[at]) &&
           !(at + 1 < text.size() && IsLower(text[at + 1]))) {
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

const std::vector<NormalizedText::Stretch>& NormalizedText::StretchesOf(std::string_view raw) {
  stretches_.clear();
  if (!is_changed_) {
    stretches_.push_back({0, 0, raw.size()});
    return stretches_;
  }
  size_t at = 0;
  size_t raw_begin = 0;
  const auto add_until = [&](size_t end) {
    if (end <= at || raw_begin >= raw.size()) return;
    AddStretches(raw, raw_begin, at, std::min(end - at, raw.size() - raw_begin));
  };
  for (size_t i = 0; i < folded_pieces_; ++i) {
    const Piece& piece = current_.pieces[i];
    add_until(piece.at);
    at = piece.at;
    raw_begin = piece.raw;
  }
  add_until(folded_size_);
  return stretches_;
}

// The bytes are compared, so that a stretch is one whatever the pieces say of it.
void NormalizedText::AddStretches(std::string_view raw, size_t raw_begin, size_t at,
                                  size_t length) {
  // Behind what is known: decoding in two rounds, or decoding and folding, may step back.
  if (!stretches_.empty()) {
    const Stretch& last = stretches_.back();
    const size_t known = std::max(last.raw + last.length, raw_begin) - raw_begin;
    const size_t skipped = std::max(known, std::max(last.at + last.length, at) - at);
    if (skipped >= length) return;
    raw_begin += skipped;
    at += skipped;
    length -= skipped;
  }
  while (length >= kShortestStretch) {
    const size_t same = EqualInLowerCase(raw.data() + raw_begin, text_.data() + at, length);
    if (same >= kShortestStretch) stretches_.push_back({raw_begin, at, same});
    const size_t step = std::min(same + 1, length);
    raw_begin += step;
    at += step;
    length -= step;
  }
}

size_t NormalizedText::RawOffset(size_t offset) const {
  return current_.RawOffset(offset);
}

}  // namespace datamigrate::guardian
