// Signed access tokens: JSON Web Tokens (RFC 7519) with EdDSA (RFC 8037) or HS256 (RFC 7518).
#ifndef DATAMIGRATE_COMMON_CRYPTO_ACCESS_TOKEN_H_
#define DATAMIGRATE_COMMON_CRYPTO_ACCESS_TOKEN_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/token_keys.h"

namespace datamigrate::crypto {

// Longer texts are refused unread.
inline constexpr size_t kLongestAccessToken = 4096;

// A token's issue time may lie this far ahead of our clock.
inline constexpr absl::Duration kClockTolerance = absl::Seconds(30);

struct AccessClaims {
  std::string issuer;            // iss
  std::string audience;          // aud
  std::string user_id;           // sub
  std::string organization_id;   // org
  std::string session_id;        // sid
  int generation = 0;            // gen: of the session's rights
  std::string role = "";         // role
  std::string scope = "";        // scope: permissions with spaces between (RFC 8693 section 4.2)
  std::string csrf_sha256 = "";  // csrf: hex; "" for tokens that are not in cookies
  absl::Time issued_at;          // iat, whole seconds
  absl::Time expires_at;         // exp, whole seconds
  absl::Time not_before =
      absl::UnixEpoch();  // nbf, whole seconds; 1970 when it is missing. Not written.
};

std::string SignAccessToken(const TokenKey& key, const AccessClaims& claims);

struct ExpectedToken {
  std::string_view issuer;
  std::string_view audience;
};

// Reads a token that one of `keys` signed and that is valid at `now`.
// The header must name a key and the one algorithm that this key is for, and ask for no extension
// ("crit"); a key in the header ("jwk", "jku", "x5u") is never looked at. Members may not be named
// twice. "nbf" is obeyed where it is there.
// Errors: kUnauthenticated, with a reason that quotes nothing of the token.
absl::StatusOr<AccessClaims> VerifyAccessToken(const TokenKeys& keys, std::string_view token,
                                               const ExpectedToken& expected, absl::Time now);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_ACCESS_TOKEN_H_
