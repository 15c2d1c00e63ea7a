#include "common/guardian/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace datamigrate::guardian {
namespace {

constexpr float kInt8Range = 127;

struct HeadWeights {
  std::vector<float> weights;
  float bias = 0;
};

// AdaGrad (Duchi, Hazan, Singer 2011): each weight has a rate of its own. A feature's value is
// 1 / sqrt(number of features), so that long windows weigh no more than short ones.
class HeadTrainer {
 public:
  // What is learnt from: `inputs` of an example, numbers below `size`.
  HeadTrainer(const TrainingOptions& options, std::vector<uint16_t> Example::*inputs, size_t size,
              size_t head)
      : options_(options), inputs_(inputs), head_(head), squares_(size, 0) {
    head_weights_.weights.resize(size, 0);
  }

  HeadWeights Train(const std::vector<Example>& examples, int epochs) {
    std::vector<uint32_t> order;
    for (uint32_t i = 0; i < examples.size(); ++i) {
      if (examples[i].weight[head_] > 0 && !(examples[i].*inputs_).empty()) order.push_back(i);
    }
    std::mt19937 random(options_.seed);
    // The mean of the later epochs' weights depends less on the order of the examples than the last
    // ones do (Polyak, Juditsky 1992).
    HeadWeights mean;
    mean.weights.resize(head_weights_.weights.size(), 0);
    const int first_kept = epochs / 2;
    const float share = 1.0F / static_cast<float>(epochs - first_kept);
    for (int epoch = 0; epoch < epochs; ++epoch) {
      std::shuffle(order.begin(), order.end(), random);
      for (const uint32_t index : order) Learn(examples[index]);
      if (epoch < first_kept) continue;
      for (size_t i = 0; i < mean.weights.size(); ++i) {
        mean.weights[i] += share * head_weights_.weights[i];
      }
      mean.bias += share * head_weights_.bias;
    }
    return mean;
  }

 private:
  void Learn(const Example& example) {
    const std::vector<uint16_t>& inputs = example.*inputs_;
    const float value = 1 / std::sqrt(static_cast<float>(inputs.size()));
    float sum = 0;
    for (const uint16_t input : inputs) sum += head_weights_.weights[input];
    const float odds = sum * value + head_weights_.bias;
    const float target = example.is_positive[head_] ? 1 : 0;
    const float error = (1 / (1 + std::exp(-odds)) - target) * example.weight[head_];
    if (std::abs(error) < 1e-5F) return;
    const float gradient = error * value;
    for (const uint16_t input : inputs) {
      squares_[input] += gradient * gradient;
      head_weights_.weights[input] -=
          options_.rate * gradient / (std::sqrt(squares_[input]) + 1e-8F);
    }
    bias_squares_ += error * error;
    head_weights_.bias -= options_.rate * error / (std::sqrt(bias_squares_) + 1e-8F);
  }

  const TrainingOptions& options_;
  std::vector<uint16_t> Example::*const inputs_;
  const size_t head_;
  HeadWeights head_weights_;
  std::vector<float> squares_;
  float bias_squares_ = 0;
};

// The weights as 8 bits each, which `keep` is given with their index; returns their scale.
template <typename Keep>
float Quantize(const std::vector<float>& weights, Keep keep) {
  float largest = 1e-6F;
  for (const float weight : weights) largest = std::max(largest, std::abs(weight));
  for (size_t i = 0; i < weights.size(); ++i) {
    keep(i, static_cast<int8_t>(std::lround(weights[i] * kInt8Range / largest)));
  }
  return largest / kInt8Range;
}

FirstLook TrainFirstLook(const std::vector<Example>& examples, const TrainingOptions& options) {
  const HeadWeights trained =
      HeadTrainer(options, &Example::sequences, FirstLook::kSequences, kAnyAttack)
          .Train(examples, options.first_look_epochs);
  FirstLook look;
  look.bias = trained.bias;
  look.scale =
      Quantize(trained.weights, [&](size_t i, int8_t weight) { look.weights[i] = weight; });
  return look;
}

}  // namespace

LinearModel Train(const std::vector<Example>& examples, const TrainingOptions& options) {
  std::array<LinearModel::Head, kHeads> heads{};
  std::vector<std::array<int8_t, kHeads>> weights(kFeatures);
  for (size_t head = 0; head <= kAttackCategories; ++head) {
    const HeadWeights trained =
        HeadTrainer(options, &Example::features, kFeatures, head).Train(examples, options.epochs);
    const float scale = Quantize(
        trained.weights, [&](size_t feature, int8_t weight) { weights[feature][head] = weight; });
    heads[head] = {scale, trained.bias, 0};
  }
  return LinearModel(heads, std::move(weights), TrainFirstLook(examples, options));
}

}  // namespace datamigrate::guardian
