#include "common/crypto/random.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <utility>

#include "common/crypto/encoding.h"

namespace datamigrate::crypto {
namespace {

constexpr size_t kUuidBytes = 16;

// One system call for many identifiers, which are made for every request. What was given out is
// wiped, so that no identifier is found in the memory of a later moment.
std::string BytesOfUuid() {
  thread_local std::array<char, 64 * kUuidBytes> stock;
  thread_local size_t used = stock.size();
  if (used == stock.size()) {
    randombytes_buf(stock.data(), stock.size());
    used = 0;
  }
  std::string bytes(stock.data() + used, kUuidBytes);
  std::fill_n(stock.data() + used, kUuidBytes, '\0');
  used += kUuidBytes;
  return bytes;
}

// The text of a UUID with these bytes, but for the bits that say of which kind it is.
std::string UuidOf(std::string bytes, int version) {
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | version << 4);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);  // variant 10
  const std::string digits = HexEncode(bytes);
  std::string text;
  text.reserve(digits.size() + 4);
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
    text += digits[i];
  }
  return text;
}

}  // namespace

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

std::string RandomToken() {
  return Base64UrlEncode(RandomBytes(32));
}

std::string RandomUuid() {
  return UuidOf(BytesOfUuid(), 4);
}

std::string TimeOrderedUuid() {
  std::string bytes = BytesOfUuid();
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  const int64_t nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count();
  const int64_t milliseconds = nanoseconds / 1'000'000;
  const int64_t fraction = nanoseconds % 1'000'000 * 4096 / 1'000'000;
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<char>(milliseconds >> (40 - 8 * i));
  bytes[6] = static_cast<char>(fraction >> 8);
  bytes[7] = static_cast<char>(fraction);
  return UuidOf(std::move(bytes), 7);
}

}  // namespace datamigrate::crypto
