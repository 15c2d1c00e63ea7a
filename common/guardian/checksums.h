// Check digits and checksums of published formats. Pure functions over ASCII, safe from any
// thread; each returns false for text that is not of the shape it needs.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_CHECKSUMS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_CHECKSUMS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace datamigrate::guardian {

// ISO/IEC 7812-1 annex B: every second digit from the right but one doubled, sum divisible by 10.
bool LuhnHolds(std::string_view digits);

// Verhoeff's dihedral check digit (Aadhaar).
bool VerhoeffHolds(std::string_view digits);

// ISO 7064 MOD 11,10 over digits (German tax id, Croatian OIB).
bool Mod11_10Holds(std::string_view digits);

// Sum of digit times weight, over as many digits as there are weights.
int WeightedSum(std::string_view digits, std::span<const int> weights);

// ISO 13616: letters count 10 to 35, the first four characters moved to the end, modulo 97 is 1;
// length and country as in the registry. No separators, letters in upper case.
bool IbanHolds(std::string_view iban);

// The length that the registry gives to IBANs of `country`, two capitals; 0 for no such country.
size_t IbanLength(std::string_view country);

// The last six characters are CRC-32 of what stands before them, in base 62 (GitHub and npm
// tokens); `prefix` bytes at the front are not covered.
bool Base62Crc32Holds(std::string_view token, size_t prefix);

// Base58Check of 25 bytes: version 0 or 5 (Bitcoin addresses), double SHA-256.
bool BitcoinBase58Holds(std::string_view address);

// BIP 173 (bech32) or BIP 350 (bech32m), with its human-readable part. One case throughout.
bool Bech32Holds(std::string_view address);

// EIP-55: "0x" and 40 hexadecimal digits whose letters' case is given by Keccak-256. False for
// letters of one case, which carry no checksum.
bool EthereumChecksumHolds(std::string_view address);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_CHECKSUMS_H_
