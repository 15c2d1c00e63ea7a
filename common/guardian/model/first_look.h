// A quick look at a window of text: says whether the model has to read it.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_MODEL_FIRST_LOOK_H_
#define DATAMIGRATE_COMMON_GUARDIAN_MODEL_FIRST_LOOK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace datamigrate::guardian {

// A linear model over the sequences of four bytes. It takes a tenth of the time of reading words,
// and is wrong about ordinary text far too often to judge by itself. Safe to use from any thread
// while nobody changes it.
struct FirstLook {
  static constexpr int kBits = 14;
  static constexpr size_t kSequences = size_t{1} << kBits;

  // The number of the four bytes at `bytes`.
  static uint32_t SequenceAt(const char* bytes);

  // Log odds, roughly: above the threshold, the window is worth reading. Three bytes after `window`
  // must be readable.
  float Score(std::string_view window) const;
  bool IsWorthReading(std::string_view window) const { return Score(window) > threshold; }

  float scale = 0;  // of the weights
  float bias = 0;
  float threshold = -1;  // everything is worth reading, as long as nothing was learnt
  std::array<int8_t, kSequences> weights{};
};

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_MODEL_FIRST_LOOK_H_
