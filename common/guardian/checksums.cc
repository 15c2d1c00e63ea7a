#include "common/guardian/checksums.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "common/crypto/digest.h"
#include "common/guardian/ascii.h"

namespace datamigrate::guardian {
namespace {

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c); });
}

constexpr uint8_t kDihedral[10][10] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
    {3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
    {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
    {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}};
constexpr uint8_t kPermutation[8][10] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
    {8, 9, 1, 6, 0, 4, 3, 5, 2, 7}, {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
    {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}};

struct IbanCountry {
  char code[3];
  uint8_t length;
};

// SWIFT's IBAN registry.
constexpr IbanCountry kIbanCountries[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22},
    {"BH", 22}, {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24},
    {"DE", 22}, {"DJ", 27}, {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18},
    {"FK", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27},
    {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27},
    {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20},
    {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MN", 20}, {"MR", 27},
    {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24}, {"PL", 28},
    {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24}, {"SC", 31},
    {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25}, {"SV", 28},
    {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}, {"YE", 30}};

uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xedb88320U & (0U - (crc & 1U)));
  }
  return ~crc;
}

constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

constexpr uint64_t RotateLeft(uint64_t value, int bits) {
  return bits == 0 ? value : (value << bits) | (value >> (64 - bits));
}

// FIPS 202 section 3.2: theta, rho and pi, chi, iota, 24 times.
void KeccakPermute(std::array<uint64_t, 25>& state) {
  constexpr uint64_t kRound[24] = {
      0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
      0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
      0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
      0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
      0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
      0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
  constexpr int kRotation[25] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                 25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};
  for (const uint64_t round : kRound) {
    std::array<uint64_t, 5> column{};
    for (size_t x = 0; x < 5; ++x) {
      column[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
    }
    for (size_t x = 0; x < 5; ++x) {
      const uint64_t mix = column[(x + 4) % 5] ^ RotateLeft(column[(x + 1) % 5], 1);
      for (size_t y = 0; y < 25; y += 5) state[x + y] ^= mix;
    }
    std::array<uint64_t, 25> moved{};
    for (size_t x = 0; x < 5; ++x) {
      for (size_t y = 0; y < 5; ++y) {
        moved[y + 5 * ((2 * x + 3 * y) % 5)] = RotateLeft(state[x + 5 * y], kRotation[x + 5 * y]);
      }
    }
    for (size_t y = 0; y < 25; y += 5) {
      for (size_t x = 0; x < 5; ++x) {
        state[x + y] = moved[x + y] ^ (~moved[(x + 1) % 5 + y] & moved[(x + 2) % 5 + y]);
      }
    }
    state[0] ^= round;
  }
}

// Keccak-256 with the padding from before FIPS 202, of fewer than 136 bytes: its first 20 bytes.
std::array<uint8_t, 20> Keccak256(std::string_view bytes) {
  constexpr size_t kRate = 136;
  std::array<uint8_t, kRate> block{};
  std::copy(bytes.begin(), bytes.end(), block.begin());
  block[bytes.size()] ^= 0x01;
  block[kRate - 1] ^= 0x80;
  std::array<uint64_t, 25> state{};
  for (size_t i = 0; i < kRate; ++i) state[i / 8] ^= uint64_t{block[i]} << (8 * (i % 8));
  KeccakPermute(state);
  std::array<uint8_t, 20> digest{};
  for (size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<uint8_t>(state[i / 8] >> (8 * (i % 8)));
  }
  return digest;
}

uint32_t Bech32Step(uint32_t checksum, uint32_t value) {
  constexpr uint32_t kGenerator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  const uint32_t top = checksum >> 25;
  checksum = ((checksum & 0x1ffffff) << 5) ^ value;
  for (int bit = 0; bit < 5; ++bit) {
    if (((top >> bit) & 1) != 0) checksum ^= kGenerator[bit];
  }
  return checksum;
}

}  // namespace

bool LuhnHolds(std::string_view digits) {
  if (!AllDigits(digits)) return false;
  int sum = 0;
  bool doubled = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, doubled = !doubled) {
    const int value = *digit - '0';
    sum += doubled ? (value > 4 ? 2 * value - 9 : 2 * value) : value;
  }
  return sum % 10 == 0;
}

bool VerhoeffHolds(std::string_view digits) {
  if (!AllDigits(digits)) return false;
  uint8_t check = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    check = kDihedral[check][kPermutation[i % 8][digits[digits.size() - 1 - i] - '0']];
  }
  return check == 0;
}

bool Mod11_10Holds(std::string_view digits) {
  if (!AllDigits(digits)) return false;
  int product = 10;
  for (const char digit : digits.substr(0, digits.size() - 1)) {
    int sum = (digit - '0' + product) % 10;
    if (sum == 0) sum = 10;
    product = sum * 2 % 11;
  }
  return (11 - product) % 10 == digits.back() - '0';
}

int WeightedSum(std::string_view digits, std::span<const int> weights) {
  int sum = 0;
  for (size_t i = 0; i < weights.size() && i < digits.size(); ++i) {
    sum += (digits[i] - '0') * weights[i];
  }
  return sum;
}

size_t IbanLength(std::string_view country) {
  const auto row = std::find_if(std::begin(kIbanCountries), std::end(kIbanCountries),
                                [country](const IbanCountry& it) { return country == it.code; });
  return row == std::end(kIbanCountries) ? 0 : row->length;
}

bool IbanHolds(std::string_view iban) {
  if (iban.size() < 15 || iban.size() != IbanLength(iban.substr(0, 2))) return false;
  unsigned remainder = 0;
  for (size_t i = 0; i < iban.size(); ++i) {
    const char c = iban[(i + 4) % iban.size()];
    if (IsDigit(c)) {
      remainder = (remainder * 10 + static_cast<unsigned>(c - '0')) % 97;
    } else if (c >= 'A' && c <= 'Z') {
      remainder = (remainder * 100 + static_cast<unsigned>(c - 'A' + 10)) % 97;
    } else {
      return false;
    }
  }
  return remainder == 1;
}

bool Base62Crc32Holds(std::string_view token, size_t prefix) {
  if (token.size() < prefix + 7) return false;
  uint32_t crc = Crc32(token.substr(prefix, token.size() - prefix - 6));
  for (size_t i = token.size(); i > token.size() - 6; --i) {
    if (token[i - 1] != kBase62[crc % 62]) return false;
    crc /= 62;
  }
  return true;
}

bool BitcoinBase58Holds(std::string_view address) {
  if (address.size() < 26 || address.size() > 35) return false;
  std::array<uint8_t, 25> bytes{};
  for (const char c : address) {
    const size_t value = kBase58.find(c);
    if (value == std::string_view::npos) return false;
    auto carry = static_cast<uint32_t>(value);
    for (size_t i = bytes.size(); i > 0; --i) {
      carry += 58U * bytes[i - 1];
      bytes[i - 1] = static_cast<uint8_t>(carry);
      carry >>= 8;
    }
    if (carry != 0) return false;
  }
  if (bytes[0] != 0 && bytes[0] != 5) return false;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string digest = crypto::Sha256(crypto::Sha256(text.substr(0, 21)));
  return std::string_view(digest).substr(0, 4) == text.substr(21);
}

bool Bech32Holds(std::string_view address) {
  const std::string lower = ToLower(address);
  if (lower != address && ToUpper(address) != address) return false;
  const size_t separator = lower.rfind('1');
  if (separator == std::string::npos || separator == 0 || lower.size() - separator < 7) {
    return false;
  }
  uint32_t checksum = 1;
  for (size_t i = 0; i < separator; ++i)
    checksum = Bech32Step(checksum, static_cast<uint32_t>(lower[i]) >> 5);
  checksum = Bech32Step(checksum, 0);
  for (size_t i = 0; i < separator; ++i)
    checksum = Bech32Step(checksum, static_cast<uint32_t>(lower[i]) & 31);
  for (size_t i = separator + 1; i < lower.size(); ++i) {
    const size_t value = kBech32.find(lower[i]);
    if (value == std::string_view::npos) return false;
    checksum = Bech32Step(checksum, static_cast<uint32_t>(value));
  }
  return checksum == 1 || checksum == 0x2bc830a3;
}

bool EthereumChecksumHolds(std::string_view address) {
  if (address.size() != 42 || !address.starts_with("0x")) return false;
  address.remove_prefix(2);
  if (!std::all_of(address.begin(), address.end(), IsHexDigit)) return false;
  const std::string lower = ToLower(address);
  if (lower == address || ToUpper(address) == address) return false;
  const std::array<uint8_t, 20> digest = Keccak256(lower);
  for (size_t i = 0; i < address.size(); ++i) {
    const int nibble = i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 15;
    if (IsLetter(address[i]) && IsUpper(address[i]) != (nibble >= 8)) return false;
  }
  return true;
}

}  // namespace datamigrate::guardian
