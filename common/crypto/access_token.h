// Signed access tokens: JSON Web Tokens (RFC 7519) with EdDSA (RFC 8037) and nothing else.
#ifndef DATAMIGRATE_COMMON_CRYPTO_ACCESS_TOKEN_H_
#define DATAMIGRATE_COMMON_CRYPTO_ACCESS_TOKEN_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/signing_key.h"

namespace datamigrate::crypto {

// Longer texts are refused unread.
inline constexpr size_t kLongestAccessToken = 4096;

// A token's issue time may lie this far ahead of our clock.
inline constexpr absl::Duration kClockTolerance = absl::Seconds(30);

struct AccessClaims {
  std::string issuer;           // iss
  std::string audience;         // aud
  std::string user_id;          // sub
  std::string organization_id;  // org
  std::string session_id;       // sid
  absl::Time issued_at;         // iat, whole seconds
  absl::Time expires_at;        // exp, whole seconds
};

std::string SignAccessToken(const SigningKey& key, const AccessClaims& claims);

struct ExpectedToken {
  std::string_view issuer;
  std::string_view audience;
};

// Reads a token that `key` signed and that is valid at `now`.
// The header must say "alg":"EdDSA", name this key and ask for no extension ("crit"); whatever
// else it says, no other algorithm is ever tried.
// Errors: kUnauthenticated, with a reason that quotes nothing of the token.
absl::StatusOr<AccessClaims> VerifyAccessToken(const SigningKey& key, std::string_view token,
                                               const ExpectedToken& expected, absl::Time now);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_ACCESS_TOKEN_H_
