#include "common/guardian/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace datamigrate::guardian {
namespace {

constexpr float kInt8Range = 127;

struct HeadWeights {
  std::vector<float> weights = std::vector<float>(kFeatures, 0);
  float bias = 0;
};

// AdaGrad (Duchi, Hazan, Singer 2011): each weight has a rate of its own. A feature's value is
// 1 / sqrt(number of features), so that long windows weigh no more than short ones.
class HeadTrainer {
 public:
  HeadTrainer(const TrainingOptions& options, size_t head) : options_(options), head_(head) {}

  HeadWeights Train(const std::vector<Example>& examples) {
    std::vector<uint32_t> order;
    for (uint32_t i = 0; i < examples.size(); ++i) {
      if (examples[i].weight[head_] > 0) order.push_back(i);
    }
    std::mt19937 random(options_.seed);
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      std::shuffle(order.begin(), order.end(), random);
      for (const uint32_t index : order) Learn(examples[index]);
    }
    return std::move(head_weights_);
  }

 private:
  void Learn(const Example& example) {
    const float value = 1 / std::sqrt(static_cast<float>(example.features.size()));
    float sum = 0;
    for (const uint16_t feature : example.features) sum += head_weights_.weights[feature];
    const float odds = sum * value + head_weights_.bias;
    const float target = example.is_positive[head_] ? 1 : 0;
    const float error = (1 / (1 + std::exp(-odds)) - target) * example.weight[head_];
    if (std::abs(error) < 1e-5F) return;
    const float gradient = error * value;
    for (const uint16_t feature : example.features) {
      squares_[feature] += gradient * gradient;
      head_weights_.weights[feature] -=
          options_.rate * gradient / (std::sqrt(squares_[feature]) + 1e-8F);
    }
    bias_squares_ += error * error;
    head_weights_.bias -= options_.rate * error / (std::sqrt(bias_squares_) + 1e-8F);
  }

  const TrainingOptions& options_;
  const size_t head_;
  HeadWeights head_weights_;
  std::vector<float> squares_ = std::vector<float>(kFeatures, 0);
  float bias_squares_ = 0;
};

}  // namespace

LinearModel Train(const std::vector<Example>& examples, const TrainingOptions& options) {
  std::array<LinearModel::Head, kHeads> heads{};
  std::vector<std::array<int8_t, kHeads>> weights(kFeatures);
  for (size_t head = 0; head <= kAttackCategories; ++head) {
    const HeadWeights trained = HeadTrainer(options, head).Train(examples);
    float largest = 1e-6F;
    for (const float weight : trained.weights) largest = std::max(largest, std::abs(weight));
    heads[head] = {largest / kInt8Range, trained.bias, 0};
    for (size_t feature = 0; feature < kFeatures; ++feature) {
      weights[feature][head] =
          static_cast<int8_t>(std::lround(trained.weights[feature] * kInt8Range / largest));
    }
  }
  return LinearModel(heads, std::move(weights));
}

}  // namespace datamigrate::guardian
