#include "common/guardian/model/first_look.h"

#include <cmath>

namespace datamigrate::guardian {

float FirstLook::Score(std::string_view window) const {
  if (window.empty()) return bias;
  // Four sums, so that no addition waits for the one before it; in registers, as an array of them
  // would not be.
  int32_t first = 0, second = 0, third = 0, fourth = 0;
  const int8_t* const row = weights.data();
  const char* at = window.data();
  const char* const end = at + window.size();
  for (; end - at >= 4; at += 4) {
    first += row[SequenceAt(at)];
    second += row[SequenceAt(at + 1)];
    third += row[SequenceAt(at + 2)];
    fourth += row[SequenceAt(at + 3)];
  }
  for (; at < end; ++at) first += row[SequenceAt(at)];
  const auto sum = static_cast<float>(first + second + third + fourth);
  return sum * scale / std::sqrt(static_cast<float>(window.size())) + bias;
}

}  // namespace datamigrate::guardian
