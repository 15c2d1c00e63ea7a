// Signatures of others, checked with the keys that they publish (RFC 7515, RFC 7517, RFC 7518).
#ifndef DATAMIGRATE_COMMON_CRYPTO_JSON_WEB_KEY_H_
#define DATAMIGRATE_COMMON_CRYPTO_JSON_WEB_KEY_H_

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace datamigrate::crypto {

// True when `signature` over `message` is good for the public key `key` with `algorithm`: RS256,
// ES256 or EdDSA (Ed25519) alone, and only with a key of the matching type, so that neither "none"
// nor a shared secret can pass. False too for a key that cannot be read.
bool VerifyWithJsonWebKey(const nlohmann::json& key, std::string_view algorithm,
                          std::string_view message, std::string_view signature);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_JSON_WEB_KEY_H_
