// Signed access tokens: JSON Web Tokens (RFC 7519) with EdDSA (RFC 8037) or HS256 (RFC 7518).
#ifndef DATAMIGRATE_COMMON_CRYPTO_ACCESS_TOKEN_H_
#define DATAMIGRATE_COMMON_CRYPTO_ACCESS_TOKEN_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/signed_token.h"
#include "common/crypto/token_keys.h"

namespace datamigrate::crypto {

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
};

std::string SignAccessToken(const TokenKey& key, const AccessClaims& claims);

// Reads a token that one of `keys` signed and that is valid at `now`; see OpenToken.
// Errors: kUnauthenticated, with a reason that quotes nothing of the token.
absl::StatusOr<AccessClaims> VerifyAccessToken(const TokenKeys& keys, std::string_view token,
                                               const ExpectedToken& expected, absl::Time now);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_ACCESS_TOKEN_H_
