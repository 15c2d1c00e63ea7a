// Text as an interpreter behind us would come to see it: decoded, folded, in lower case.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_TEXT_NORMALIZED_TEXT_H_
#define DATAMIGRATE_COMMON_GUARDIAN_TEXT_NORMALIZED_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace datamigrate::guardian {

// What hid the text, one bit each.
enum Disguise : uint32_t {
  kUrlEncoding = 1 << 0,          // %41, %u0041
  kHtmlEntities = 1 << 1,         // &lt; &#60; &#x3c;
  kEscapes = 1 << 2,              // \u0041, \x41, \u{41}
  kOverlongUtf8 = 1 << 3,         // C0 AE for "."
  kNestedEncoding = 1 << 4,       // one of the above inside another
  kInvisibleCharacters = 1 << 5,  // zero width, soft hyphen, variation selectors
  kBidiControls = 1 << 6,         // right-to-left overrides
  kTagCharacters = 1 << 7,        // U+E0020 to U+E007E: ASCII that no screen shows
  kConfusables = 1 << 8,  // Cyrillic or Greek letters, full width, styled alphabets in Latin words
  kControlCharacters = 1 << 9,  // NUL and the like
  kBase64Island = 1 << 10,      // readable text in base64
  kHexIsland = 1 << 11,         // readable text in hexadecimal digits
  kSpacedLetters = 1 << 12,     // i g n o r e
};

// Owns its buffers, so that scanning one text after another allocates nothing. Not thread safe.
class NormalizedText {
 public:
  // Takes `raw` over. Work and result are bounded by a small multiple of raw's length.
  void Assign(std::string_view raw);

  // Lower case for ASCII and, where folding knows it, other letters. Islands that were decoded
  // stand at the end, each after a kIslandMark. Some readable bytes follow the end, all 0.
  std::string_view text() const { return {text_.data(), size_}; }

  // Bits of Disguise.
  uint32_t disguises() const { return disguises_; }

  // The offset in the raw text of what became the byte at `offset` of text().
  size_t RawOffset(size_t offset) const;

  // A part of the raw text that stands in text() as it is, but for the case of its letters.
  struct Stretch {
    size_t raw;  // offset in the raw text
    size_t at;   // offset in text()
    size_t length;
  };
  // The longer ones, in their order: all of the text, for most texts. `raw` is what Assign was
  // given.
  const std::vector<Stretch>& StretchesOf(std::string_view raw);
  // No shorter ones are told of, in bytes.
  static constexpr size_t kShortestStretch = 64;

  static constexpr char kIslandMark = '\x1e';
  // How many bytes after the end of text() may be read.
  static constexpr size_t kPadding = 64;

 private:
  struct Piece {
    uint32_t at;   // offset in text()
    uint32_t raw;  // offset in the raw text; both run on side by side from here
  };
  // A text on its way through the rounds: what is read, what it becomes.
  struct Draft {
    std::string bytes;
    std::vector<Piece> pieces;  // empty: offsets are those of the raw text

    void Clear();
    // Says that what is appended next came from `raw`.
    void Mark(size_t raw);
    // Appends what `source` holds from `begin` to `end`, and where that came from. Calls for one
    // source go forward in it; `next` is the number of the piece to go on with, 0 at first.
    void Append(const Draft& source, size_t begin, size_t end, size_t& next);
    size_t RawOffset(size_t offset) const;
  };

  // One round over current_ into next_; true when anything was decoded.
  bool DecodeOnce();
  // The sequence at `at` of current_, appended to next_; its length, 0 when there is none.
  size_t DecodeAt(size_t at);
  size_t DecodePercentRun(std::string_view rest, size_t at);
  // Folds current_ into next_ and takes it as current_.
  void Fold();
  uint32_t FoldCharacter(uint32_t character, bool is_in_latin_word);
  // Ends text_ with zeros that size_ does not count.
  void Pad();
  // Of `draft`, whose letters still have their case.
  void AppendIslands(const Draft& draft);
  void AppendIsland(std::string_view decoded, size_t raw_offset, Disguise disguise);
  size_t NextSpaced(size_t from) const;
  void AppendUnspaced();
  // The stretches among the bytes from `raw` and `at` on, which run side by side.
  void AddStretches(std::string_view raw, size_t raw_begin, size_t at, size_t length);

  Draft current_;
  Draft next_;
  std::vector<size_t> decoded_pluses_;  // in next_, which are no blanks
  std::string island_;                  // what a run of digits stands for
  std::string text_;                    // with kPadding zeros after size_
  size_t size_ = 0;
  size_t folded_size_ = 0;    // of text_, before islands
  size_t folded_pieces_ = 0;  // of current_, before islands
  bool is_changed_ = false;   // by decoding or folding
  std::vector<Stretch> stretches_;
  uint32_t disguises_ = 0;
};

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_TEXT_NORMALIZED_TEXT_H_
