// What the model sees of a text: hashed sequences of its words and of their shapes.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_MODEL_FEATURES_H_
#define DATAMIGRATE_COMMON_GUARDIAN_MODEL_FEATURES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace datamigrate::guardian {

inline constexpr int kFeatureBits = 15;
inline constexpr size_t kFeatures = size_t{1} << kFeatureBits;

// A stretch of text that is judged by itself, so that a long text cannot dilute a short attack.
struct FeatureWindow {
  size_t begin;  // in bytes of the normalised text
  size_t end;
  std::string_view text;
  std::span<const uint16_t> features;  // distinct, below kFeatures; at least one
};

// Reuses its buffers. Not thread safe.
class FeatureReader {
 public:
  FeatureReader();

  // Begins with `text`, after which NormalizedText::kPadding bytes must be readable; it must
  // outlive the reading. `traits` are hashes of what else is known of the text; every window has
  // them.
  void Start(std::string_view text, std::span<const uint64_t> traits);

  // What the next window covers; empty at the end.
  std::string_view Ahead() const;

  // The next window; false at the end. The features are good until the next call.
  bool Next(FeatureWindow& window);

  // Goes on behind the next window without reading it.
  void Skip();

  // Bytes of a window. A text of up to 1.5 of that is one window.
  static constexpr size_t kWindowBytes = 1024;

 private:
  struct Token {
    uint64_t exact;
    uint64_t shape;
    bool is_plain;  // a word or number like any other
  };

  class Writer;

  // Reads one token at at_; false at the end of the text.
  bool ReadToken(Token& token);
  void ReadWord(Token& token);
  void ReadNumber(Token& token);
  size_t EndOfPlain(size_t at) const;
  void AddSequences(const Token& token);
  void AddEdge(uint64_t edge);
  void BeginWindow();

  static constexpr size_t kHistory = 5;
  static constexpr size_t kMostTokens = kWindowBytes + kWindowBytes / 2;
  // Three sequences of tokens, five of shapes and a stem each; traits and edges beside them. A
  // token takes a byte at least.
  static constexpr size_t kMostFeatures = (kMostTokens + 2) * 9 + 64;

  std::string_view text_;
  std::span<const uint64_t> traits_;
  size_t at_ = 0;
  bool is_first_ = true;
  bool is_over_ = true;
  bool follows_space_ = false;
  // Of the tokens before, the newest first.
  std::array<uint64_t, 2> exact_{};
  std::array<uint64_t, kHistory> shapes_{};
  uint32_t is_plain_ = 0;  // a bit for each, the newest lowest
  size_t known_ = 0;       // tokens before
  std::vector<uint16_t> features_;
  size_t size_ = 0;             // of features_, as far as they count
  std::vector<uint16_t> seen_;  // by feature: the number of the window that had it last
  uint16_t window_ = 0;
};

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_MODEL_FEATURES_H_
