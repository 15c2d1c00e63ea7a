// Text forms of bytes: base64url without padding (RFC 4648 section 5) and lower-case hex.
#ifndef DATAMIGRATE_COMMON_CRYPTO_ENCODING_H_
#define DATAMIGRATE_COMMON_CRYPTO_ENCODING_H_

#include <optional>
#include <string>
#include <string_view>

namespace datamigrate::crypto {

std::string Base64UrlEncode(std::string_view bytes);

// Nothing for padding, whitespace, other characters, or left-over bits that are not zero: each
// value has one accepted text.
std::optional<std::string> Base64UrlDecode(std::string_view text);

std::string HexEncode(std::string_view bytes);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_ENCODING_H_
