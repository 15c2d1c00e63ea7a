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

// A version 7 UUID: milliseconds of the clock and their 4096th parts before 62 random bits. Those
// of one machine sort by when they were made, so that an index grows at its end. For what may show
// when it was made.
std::string TimeOrderedUuid();

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_RANDOM_H_
