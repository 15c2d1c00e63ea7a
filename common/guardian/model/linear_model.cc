#include "common/guardian/model/linear_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

// The weights that training wrote, as they are (model/weights.bin).
extern "C" {
extern const char datamigrate_guardian_weights[];
extern const char datamigrate_guardian_weights_end[];
}

namespace datamigrate::guardian {
namespace {

constexpr std::string_view kMagic = "DMGUARD3";

// Sums of as many weights as 16 bits hold: one instruction adds a row for all heads.
using ShortSums = int16_t __attribute__((vector_size(2 * kHeads)));
constexpr size_t kWeightsPerSum = 255;  // of at most 128 each

// A row of weights, wider: each byte stands twice, and the upper one keeps its sign when it moves
// down.
ShortSums Widened(const std::array<int8_t, kHeads>& row) {
  static_assert(kHeads == sizeof(uint64_t));
  using Pair = uint64_t __attribute__((vector_size(16)));
  using Bytes = int8_t __attribute__((vector_size(16)));
  uint64_t bits;
  std::memcpy(&bits, row.data(), sizeof(bits));
  const auto bytes = reinterpret_cast<Bytes>(Pair{bits, 0});
  const Bytes twice =
      __builtin_shufflevector(bytes, bytes, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
  return reinterpret_cast<ShortSums>(twice) >> 8;
}

}  // namespace

LinearModel::LinearModel(std::array<Head, kHeads> heads,
                         std::vector<std::array<int8_t, kHeads>> weights, FirstLook first_look)
    : heads_(heads), weights_(std::move(weights)), first_look_(first_look) {}

absl::StatusOr<LinearModel> LinearModel::FromBytes(std::string_view bytes) {
  static_assert(std::is_trivially_copyable_v<FirstLook>);
  std::array<Head, kHeads> heads;
  FirstLook first_look;
  std::vector<std::array<int8_t, kHeads>> weights(kFeatures);
  const size_t weight_bytes = weights.size() * sizeof(weights[0]);
  if (!bytes.starts_with(kMagic) ||
      bytes.size() != kMagic.size() + sizeof(heads) + sizeof(first_look) + weight_bytes) {
    return absl::DataLossError("these are not the weights of a Guardian model of this version");
  }
  bytes.remove_prefix(kMagic.size());
  std::memcpy(heads.data(), bytes.data(), sizeof(heads));
  bytes.remove_prefix(sizeof(heads));
  std::memcpy(&first_look, bytes.data(), sizeof(first_look));
  bytes.remove_prefix(sizeof(first_look));
  std::memcpy(weights.data(), bytes.data(), weight_bytes);
  return LinearModel(heads, std::move(weights), first_look);
}

std::string LinearModel::ToBytes() const {
  std::string bytes(kMagic);
  bytes.append(reinterpret_cast<const char*>(heads_.data()), sizeof(heads_));
  bytes.append(reinterpret_cast<const char*>(&first_look_), sizeof(first_look_));
  bytes.append(reinterpret_cast<const char*>(weights_.data()),
               weights_.size() * sizeof(weights_[0]));
  return bytes;
}

const LinearModel& LinearModel::BuiltIn() {
  static const LinearModel& model =
      *new LinearModel(FromBytes({datamigrate_guardian_weights,
                                  static_cast<size_t>(datamigrate_guardian_weights_end -
                                                      datamigrate_guardian_weights)})
                           .value());
  return model;
}

void LinearModel::SetThresholds(const std::array<float, kHeads>& thresholds) {
  for (size_t head = 0; head < kHeads; ++head) heads_[head].threshold = thresholds[head];
}

LinearModel LinearModel::Silent() {
  LinearModel model({}, std::vector<std::array<int8_t, kHeads>>(kFeatures), {});
  model.SetFirstThresholds(std::numeric_limits<float>::infinity(),
                           std::numeric_limits<float>::infinity());
  std::array<float, kHeads> thresholds;
  thresholds.fill(std::numeric_limits<float>::infinity());
  model.SetThresholds(thresholds);
  return model;
}

Scores LinearModel::Score(std::span<const uint16_t> features) const {
  std::array<int32_t, kHeads> sums{};
  for (size_t begin = 0; begin < features.size(); begin += kWeightsPerSum) {
    ShortSums part{};
    const size_t end = std::min(begin + kWeightsPerSum, features.size());
    for (size_t i = begin; i < end; ++i) part += Widened(weights_[features[i]]);
    for (size_t head = 0; head < kHeads; ++head) sums[head] += part[head];
  }
  const float length = std::sqrt(static_cast<float>(features.size()));
  Scores scores;
  for (size_t head = 0; head < kHeads; ++head) {
    scores[head] = static_cast<float>(sums[head]) * heads_[head].scale / length +
                   heads_[head].bias - heads_[head].threshold;
  }
  return scores;
}

}  // namespace datamigrate::guardian
