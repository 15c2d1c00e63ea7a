#include "common/guardian/model/features.h"

#include <algorithm>
#include <bit>

#include "common/guardian/model/keywords.h"
#include "common/guardian/model/word_hash.h"

namespace datamigrate::guardian {
namespace {

enum CharClass : uint8_t { kMark, kSpace, kLetter, kDigit, kHigh };

constexpr std::array<CharClass, 256> kClasses = [] {
  std::array<CharClass, 256> classes{};
  for (size_t i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f') {
      classes[i] = kSpace;
    } else if ((c >= 'a' && c <= 'z') || c == '_' || c == '@' || c == '$') {
      classes[i] = kLetter;
    } else if (c >= '0' && c <= '9') {
      classes[i] = kDigit;
    } else if (i >= 0x80) {
      classes[i] = kHigh;
    }
  }
  return classes;
}();

CharClass ClassOf(char c) {
  return kClasses[static_cast<unsigned char>(c)];
}

// What a word goes on with, as far as it is ASCII: @ and $ begin one.
constexpr std::array<bool, 256> kGoesOn = [] {
  std::array<bool, 256> goes_on{};
  for (size_t i = 0; i < 256; ++i) {
    goes_on[i] = (kClasses[i] == kLetter || kClasses[i] == kDigit) && i != '@' && i != '$';
  }
  return goes_on;
}();

// A letter of a script that puts spaces between words: everything below U+2E80 but Thai and Lao.
bool IsSpacedScript(const char* c) {
  const auto lead = static_cast<unsigned char>(c[0]);
  const auto second = static_cast<unsigned char>(c[1]);
  return lead < 0xe0 || (lead == 0xe0 && (second < 0xb8 || second > 0xbb)) || lead == 0xe1;
}

size_t LengthOfCharacter(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
}

// Kinds of sequences, so that one kind's hash is not another's.
constexpr uint64_t kEdgeBegin = 0x5e1f00d;
constexpr uint64_t kEdgeEnd = 0x0e11d;
constexpr uint64_t kStem = 0x57e3;
constexpr uint64_t kTrait = 0x7a17;
constexpr uint64_t kShapeWord = 0x3057;
constexpr uint64_t kShapeHigh = 0x41c4;
constexpr uint64_t kShapeNumber = 0x4e05;
constexpr uint64_t kSpaceBefore = 0x59ace;
constexpr uint64_t kExactSalt = 0xe4ac7;
constexpr uint64_t kShapeSalt = 0x54a9e;
constexpr size_t kStemLength = 5;
constexpr size_t kLongestRest = 32;  // of a word that a window ends in, when it is skipped

bool IsOfWord(char c) {
  return ClassOf(c) == kLetter || ClassOf(c) == kDigit;
}

// A byte of UTF-8 behind the first of its character (RFC 3629 section 3).
bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

FeatureReader::FeatureReader() : features_(kMostFeatures), seen_(kFeatures, 0) {}

void FeatureReader::Start(std::string_view text, std::span<const uint64_t> traits) {
  text_ = text;
  traits_ = traits;
  at_ = 0;
  is_first_ = true;
  is_over_ = false;
  follows_space_ = false;
  known_ = 0;
}

// Adds features with what it needs of the reader at hand, in registers; on its end, the reader
// knows how many they have become.
class FeatureReader::Writer {
 public:
  explicit Writer(FeatureReader& reader)
      : reader_(reader),
        features_(reader.features_.data()),
        seen_(reader.seen_.data()),
        size_(reader.size_),
        window_(reader.window_) {}
  ~Writer() { reader_.size_ = size_; }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Written always and kept if new: a branch would be guessed wrong every other time.
  void Add(uint64_t hash) {
    const auto feature = static_cast<uint16_t>((hash * 0xd6e8feb86659fd93) >> (64 - kFeatureBits));
    features_[size_] = feature;
    size_ += seen_[feature] != window_ ? 1 : 0;
    seen_[feature] = window_;
  }

 private:
  FeatureReader& reader_;
  uint16_t* const features_;
  uint16_t* const seen_;
  size_t size_;
  const uint16_t window_;
};

void FeatureReader::BeginWindow() {
  if (++window_ == 0) {
    std::ranges::fill(seen_, 0);
    window_ = 1;
  }
  size_ = 0;
  Writer writer(*this);
  for (const uint64_t trait : traits_) writer.Add(Mix(kTrait, trait));
}

void FeatureReader::ReadNumber(Token& token) {
  const size_t begin = at_;
  if (text_[at_] == '0' && at_ + 2 < text_.size() && text_[at_ + 1] == 'x') {
    at_ += 2;
    while (at_ < text_.size() &&
           (ClassOf(text_[at_]) == kDigit || (text_[at_] >= 'a' && text_[at_] <= 'f'))) {
      ++at_;
    }
    token.exact = Mix(kShapeNumber, 99);
  } else {
    while (at_ < text_.size() && ClassOf(text_[at_]) == kDigit) ++at_;
    const size_t length = at_ - begin;
    token.exact = Mix(kShapeNumber, length == 1 ? 1 : length < 5 ? 2 : 3);
  }
  if (follows_space_) token.exact = Mix(token.exact, kSpaceBefore);
  token.shape = kShapeNumber;
  token.is_plain = false;
}

// The end of the letters and digits of ASCII from `at` on.
size_t FeatureReader::EndOfPlain(size_t at) const {
  const char* const end = text_.data() + text_.size();
  const char* next = text_.data() + at;
  while (next < end && kGoesOn[static_cast<unsigned char>(*next)]) ++next;
  return static_cast<size_t>(next - text_.data());
}

void FeatureReader::ReadWord(Token& token) {
  const char* word = text_.data() + at_;
  const size_t begin = at_++;
  bool has_high = ClassOf(*word) == kHigh;
  if (has_high && !IsSpacedScript(word)) {
    at_ = std::min(begin + LengthOfCharacter(*word), text_.size());
  } else {
    while (true) {
      at_ = EndOfPlain(at_);
      if (at_ == text_.size() || ClassOf(text_[at_]) != kHigh) break;
      if (static_cast<unsigned char>(text_[at_]) >= 0xe0 && !IsSpacedScript(&text_[at_])) break;
      has_high = true;
      ++at_;
    }
  }
  const size_t length = at_ - begin;
  token.exact = WordHash(word, length);
  token.is_plain = true;
  if (has_high) {
    token.shape = kShapeHigh;
  } else if (IsKeyword(token.exact)) {
    token.shape = token.exact;
    token.is_plain = false;
  } else {
    token.shape = kShapeWord;
  }
  if (length > kStemLength) Writer(*this).Add(Mix(kStem, WordHash(word, kStemLength)));
}

bool FeatureReader::ReadToken(Token& token) {
  follows_space_ = false;
  while (at_ < text_.size() && ClassOf(text_[at_]) == kSpace) {
    follows_space_ = true;
    ++at_;
  }
  if (at_ == text_.size()) return false;
  switch (ClassOf(text_[at_])) {
    case kLetter:
    case kHigh:
      ReadWord(token);
      break;
    case kDigit:
      ReadNumber(token);
      break;
    default:
      token.exact = Mix(follows_space_ ? kSpaceBefore : 1, static_cast<unsigned char>(text_[at_]));
      token.shape = token.exact;
      token.is_plain = false;
      ++at_;
  }
  return true;
}

// Sequences of up to three tokens as they are, and of two to six shapes; the latter only where
// something else than ordinary words is among them.
void FeatureReader::AddSequences(const Token& token) {
  Writer writer(*this);
  uint64_t exact = Mix(kExactSalt, token.exact);
  writer.Add(exact);
  exact = Mix(exact, exact_[0]);
  if (known_ > 0) writer.Add(exact);
  exact = Mix(exact, exact_[1]);
  if (known_ > 1) writer.Add(exact);
  exact_ = {token.exact, exact_[0]};

  is_plain_ = is_plain_ << 1 | (token.is_plain ? 1U : 0U);
  const size_t known = std::min(known_, kHistory);
  // How many sequences of two tokens and more hold plain ones alone: they are not added.
  const auto plain = static_cast<size_t>(std::countr_one(is_plain_));
  const size_t silent = plain == 0 ? 0 : plain - 1;
  if (silent < known) {
    uint64_t shape = Mix(kShapeSalt, token.shape);
    size_t i = 0;
    for (; i < silent; ++i) shape = Mix(shape, shapes_[i]);
    for (; i < known; ++i) {
      shape = Mix(shape, shapes_[i]);
      writer.Add(shape);
    }
  }
  std::array<uint64_t, kHistory - 1> newer;
  std::copy_n(shapes_.begin(), newer.size(), newer.begin());
  std::ranges::copy(newer, shapes_.begin() + 1);
  shapes_[0] = token.shape;
  ++known_;
}

void FeatureReader::AddEdge(uint64_t edge) {
  AddSequences({edge, edge, false});
}

std::string_view FeatureReader::Ahead() const {
  if (is_over_) return {};
  const size_t left = text_.size() - at_;
  // The last window takes up to half of another, so that none is short.
  return text_.substr(at_, left <= kMostTokens ? left : kWindowBytes);
}

bool FeatureReader::Next(FeatureWindow& window) {
  if (is_over_) return false;
  const size_t end = at_ + Ahead().size();
  BeginWindow();
  window.begin = at_;
  if (is_first_) AddEdge(kEdgeBegin);
  is_first_ = false;
  Token token;
  // The last token may end behind the window.
  while (at_ < end && ReadToken(token)) AddSequences(token);
  if (at_ >= text_.size()) {
    AddEdge(kEdgeEnd);
    is_over_ = true;
  }
  window.end = at_;
  window.text = text_.substr(window.begin, window.end - window.begin);
  window.features = {features_.data(), size_};
  return true;
}

void FeatureReader::Skip() {
  at_ += Ahead().size();
  // To the end of a word, or of a character.
  const size_t limit = std::min(text_.size(), at_ + kLongestRest);
  while (at_ < limit &&
         (IsContinuation(text_[at_]) || (IsOfWord(text_[at_ - 1]) && IsOfWord(text_[at_])))) {
    ++at_;
  }
  is_first_ = false;
  is_over_ = at_ >= text_.size();
  known_ = 0;
}

}  // namespace datamigrate::guardian
