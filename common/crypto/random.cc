#include "common/crypto/random.h"

#include <sodium.h>

#include <algorithm>
#include <array>

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
  std::string bytes = BytesOfUuid();
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);  // version 4
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

}  // namespace datamigrate::crypto
