#include "common/crypto/totp.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <array>

#include "common/crypto/random.h"

namespace datamigrate::crypto {
namespace {

constexpr size_t kSecretBytes = 20;
constexpr int64_t kStepSeconds = 30;

}  // namespace

std::string RandomTotpSecret() {
  return RandomBytes(kSecretBytes);
}

int64_t TotpStep(absl::Time now) {
  return absl::ToUnixSeconds(now) / kStepSeconds;
}

std::string TotpCode(std::string_view secret, int64_t step, int digits) {
  std::array<unsigned char, 8> counter;
  for (size_t i = 0; i < counter.size(); ++i) {
    counter[i] = static_cast<unsigned char>(step >> (8 * (counter.size() - 1 - i)));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int length = 0;
  HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), counter.data(), counter.size(),
       mac.data(), &length);
  // RFC 4226 section 5.3: 31 bits from where the last four bits say.
  const size_t offset = mac[length - 1] & 0x0f;
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | mac[offset + i];
  number &= 0x7fffffff;
  uint32_t modulus = 1;
  for (int i = 0; i < digits; ++i) modulus *= 10;
  return fmt::format("{:0{}}", number % modulus, digits);
}

std::optional<int64_t> MatchTotp(std::string_view secret, std::string_view code, absl::Time now) {
  const int64_t present = TotpStep(now);
  std::optional<int64_t> matched;
  for (const int64_t step : {present - 1, present, present + 1}) {
    const std::string expected = TotpCode(secret, step);
    if (code.size() == expected.size() &&
        sodium_memcmp(code.data(), expected.data(), expected.size()) == 0) {
      matched = step;
    }
  }
  return matched;
}

std::string Base32Encode(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    count += 8;
    while (count >= 5) {
      count -= 5;
      text += kDigits[bits >> count & 31];
    }
  }
  if (count > 0) text += kDigits[bits << (5 - count) & 31];
  return text;
}

}  // namespace datamigrate::crypto
