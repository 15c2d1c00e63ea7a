// Random values from the operating system's generator, for identifiers and secrets.
#ifndef DATAMIGRATE_COMMON_CRYPTO_RANDOM_H_
#define DATAMIGRATE_COMMON_CRYPTO_RANDOM_H_

#include <cstddef>
#include <string>

namespace datamigrate::crypto {

std::string RandomBytes(size_t count);

// A secret of 256 bits as 43 characters of base64url.
std::string RandomToken();

// A version 4 UUID (RFC 9562), lower case with dashes.
std::string RandomUuid();

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_RANDOM_H_
