// API keys: "dm_", 40 random characters, and a checksum of 6.
#ifndef DATAMIGRATE_COMMON_CRYPTO_API_KEY_H_
#define DATAMIGRATE_COMMON_CRYPTO_API_KEY_H_

#include <string>
#include <string_view>

namespace datamigrate::crypto {

inline constexpr std::string_view kApiKeyPrefix = "dm_";

// So many characters of a key may be shown to tell it from others.
inline constexpr size_t kApiKeyBeginning = 11;

// A secret of 238 bits: "dm_[0-9A-Za-z]{46}". The last six characters are the CRC-32 of what stands
// before them in base 62, so that whoever looks for leaked keys in source code finds no others.
std::string MakeApiKey();

// True for a text of that form with the right checksum, which a made-up text has once in four
// billion times: such texts need not be looked up.
bool IsApiKey(std::string_view text);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_API_KEY_H_
