// A quick look at a window of text: says whether the model has to read it.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_MODEL_FIRST_LOOK_H_
#define DATAMIGRATE_COMMON_GUARDIAN_MODEL_FIRST_LOOK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace datamigrate::guardian {

// A linear model over the sequences of four bytes. It takes a tenth of the time of reading words,
// and is wrong about ordinary text far too often to judge by itself. Safe to use from any thread
// while nobody changes it.
struct FirstLook {
  static constexpr int kBits = 14;
  static constexpr size_t kSequences = size_t{1} << kBits;

  // The number of the four bytes at `bytes`.
  static uint32_t SequenceAt(const char* bytes) {
    uint32_t sequence;
    std::memcpy(&sequence, bytes, sizeof(sequence));
    return sequence * 0x9e3779b1 >> (32 - kBits);
  }

  // A text of up to so many bytes has little to go by, so that less is asked of it.
  static constexpr size_t kShortText = 192;

  // Log odds, roughly. Three bytes after `window` must be readable.
  float Score(std::string_view window) const;
  // Of a window of a text of `text_size` bytes.
  bool IsWorthReading(std::string_view window, size_t text_size) const {
    return Score(window) > (text_size <= kShortText ? short_threshold : long_threshold);
  }

  float scale = 0;  // of the weights
  float bias = 0;
  // Everything is worth reading, as long as nothing was learnt.
  float short_threshold = -1;
  float long_threshold = -1;
  std::array<int8_t, kSequences> weights{};
};

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_MODEL_FIRST_LOOK_H_
