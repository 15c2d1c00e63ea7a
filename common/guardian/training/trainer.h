// Logistic regression over hashed features, one head at a time.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_TRAINING_TRAINER_H_
#define DATAMIGRATE_COMMON_GUARDIAN_TRAINING_TRAINER_H_

#include <array>
#include <cstdint>
#include <vector>

#include "common/guardian/model/linear_model.h"

namespace datamigrate::guardian {

// A window of a text, with what each head is to say of it.
struct Example {
  std::vector<uint16_t> features;
  std::vector<uint16_t> sequences;  // of the first look, one for each byte
  std::array<bool, kHeads> is_positive{};
  std::array<float, kHeads> weight{};  // 0: the head does not learn from it
};

struct TrainingOptions {
  int epochs = 30;
  int first_look_epochs = 12;
  float rate = 0.5F;  // of AdaGrad
  uint32_t seed = 1;  // of the order of examples
};

// The same examples and options give the same model. Thresholds are 0.
LinearModel Train(const std::vector<Example>& examples, const TrainingOptions& options);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_TRAINING_TRAINER_H_
