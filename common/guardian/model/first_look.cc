#include "common/guardian/model/first_look.h"

#include <cmath>
#include <cstring>

namespace datamigrate::guardian {

uint32_t FirstLook::SequenceAt(const char* bytes) {
  uint32_t sequence;
  std::memcpy(&sequence, bytes, sizeof(sequence));
  return sequence * 0x9e3779b1 >> (32 - kBits);
}

float FirstLook::Score(std::string_view window) const {
  if (window.empty()) return bias;
  // Four sums, so that no addition waits for the one before it.
  std::array<int32_t, 4> sums{};
  const char* const text = window.data();
  size_t at = 0;
  for (; at + sums.size() <= window.size(); at += sums.size()) {
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += weights[SequenceAt(text + at + i)];
  }
  for (; at < window.size(); ++at) sums[0] += weights[SequenceAt(text + at)];
  const auto sum = static_cast<float>(sums[0] + sums[1] + sums[2] + sums[3]);
  return sum * scale / std::sqrt(static_cast<float>(window.size())) + bias;
}

}  // namespace datamigrate::guardian
