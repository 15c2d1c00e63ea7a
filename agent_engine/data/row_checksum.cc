#include "agent_engine/data/row_checksum.h"

#include <cstring>

namespace datamigrate::data {
namespace {

constexpr uint64_t kNullMark = 0xD1B54A32D192ED03;
constexpr uint64_t kMultiplier = 0xBF58476D1CE4E5B9;

// The two halves of the product, folded.
uint64_t Fold(uint64_t left, uint64_t right) {
  const auto product = static_cast<unsigned __int128>(left) * right;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Up to eight bytes, the first the lowest.
uint64_t Load(const char* bytes, size_t count) {
  uint64_t word = 0;
  for (size_t i = 0; i < count; ++i)
    word |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  return word;
}

}  // namespace

void RowHash::Mix(uint64_t word) {
  state_ = Fold(state_ ^ word, kMultiplier) + 0x94D049BB133111EB;
}

void RowHash::Add(std::string_view cell) {
  Mix(cell.size());
  size_t at = 0;
  for (; at + 8 <= cell.size(); at += 8) Mix(Load(cell.data() + at, 8));
  if (at < cell.size()) Mix(Load(cell.data() + at, cell.size() - at));
}

void RowHash::AddNull() {
  Mix(kNullMark);
}

uint64_t RowHash::value() const {
  return Fold(state_ ^ (state_ >> 29), kMultiplier);
}

std::string RowsChecksum::Text() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  uint64_t rest = sum;
  for (int i = 15; i >= 0; --i, rest >>= 4) text[i] = kDigits[rest & 15];
  return text;
}

}  // namespace datamigrate::data
