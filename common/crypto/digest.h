// SHA-256 of bytes.
#ifndef DATAMIGRATE_COMMON_CRYPTO_DIGEST_H_
#define DATAMIGRATE_COMMON_CRYPTO_DIGEST_H_

#include <string>
#include <string_view>

namespace datamigrate::crypto {

// 32 bytes.
std::string Sha256(std::string_view bytes);

// 64 hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_DIGEST_H_
