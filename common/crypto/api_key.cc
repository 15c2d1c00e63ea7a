#include "common/crypto/api_key.h"

#include <sodium.h>
#include <zlib.h>

#include <algorithm>

namespace datamigrate::crypto {
namespace {

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr size_t kRandomCharacters = 40;
constexpr size_t kChecksumCharacters = 6;
constexpr size_t kLength = kApiKeyPrefix.size() + kRandomCharacters + kChecksumCharacters;

std::string ChecksumOf(std::string_view text) {
  auto rest = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
  std::string digits(kChecksumCharacters, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    *digit = kDigits[rest % kDigits.size()];
    rest /= static_cast<uint32_t>(kDigits.size());
  }
  return digits;
}

}  // namespace

std::string MakeApiKey() {
  std::string key(kApiKeyPrefix);
  for (size_t i = 0; i < kRandomCharacters; ++i) {
    key += kDigits[randombytes_uniform(static_cast<uint32_t>(kDigits.size()))];
  }
  return key + ChecksumOf(key);
}

bool IsApiKey(std::string_view text) {
  if (text.size() != kLength || !text.starts_with(kApiKeyPrefix)) return false;
  const size_t end = kLength - kChecksumCharacters;
  return text.find_first_not_of(kDigits, kApiKeyPrefix.size()) == std::string_view::npos &&
         text.substr(end) == ChecksumOf(text.substr(0, end));
}

}  // namespace datamigrate::crypto
