// A linear model over hashed features: for each kind of attack, how much a window looks like it.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_MODEL_LINEAR_MODEL_H_
#define DATAMIGRATE_COMMON_GUARDIAN_MODEL_LINEAR_MODEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/guardian/model/features.h"
#include "common/guardian/model/first_look.h"
#include "common/guardian/rule.h"

namespace datamigrate::guardian {

// The model's outputs: any attack at all, then one for each category up to prompt injection.
inline constexpr size_t kAnyAttack = 0;
inline constexpr size_t kAttackCategories = 5;
inline constexpr size_t kHeads = 8;  // a row of weights is eight bytes; the last two are not used

constexpr size_t HeadOf(Category category) {
  return 1 + static_cast<size_t>(category);
}

// Log odds, less the threshold of its head: above 0 is an attack.
using Scores = std::array<float, kHeads>;

// Safe to use from any thread while nobody changes it.
class LinearModel {
 public:
  struct Head {
    float scale;  // of its weights
    float bias;
    float threshold;  // log odds
  };

  LinearModel(std::array<Head, kHeads> heads, std::vector<std::array<int8_t, kHeads>> weights,
              FirstLook first_look);

  // The one that was built in.
  static const LinearModel& BuiltIn();

  // One that finds nothing: rules alone decide.
  static LinearModel Silent();

  // Errors: kDataLoss when `bytes` are not what ToBytes wrote.
  static absl::StatusOr<LinearModel> FromBytes(std::string_view bytes);
  std::string ToBytes() const;

  // Log odds from which each head speaks of an attack.
  void SetThresholds(const std::array<float, kHeads>& thresholds);

  // What spares the model most windows of ordinary text.
  const FirstLook& first_look() const { return first_look_; }
  void SetFirstThresholds(float short_texts, float long_texts) {
    first_look_.short_threshold = short_texts;
    first_look_.long_threshold = long_texts;
  }

  // Of a window with these features.
  Scores Score(std::span<const uint16_t> features) const;

 private:
  std::array<Head, kHeads> heads_;
  std::vector<std::array<int8_t, kHeads>> weights_;  // kFeatures rows
  FirstLook first_look_;
};

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_MODEL_LINEAR_MODEL_H_
