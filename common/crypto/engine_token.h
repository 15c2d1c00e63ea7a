// Tokens that prove a caller to the agent engine: short-lived JSON Web Tokens (RFC 7519) which the
// gateway signs with the keys of its access tokens, always with EdDSA (RFC 8037), for an audience
// of their own. Neither kind passes for the other.
#ifndef DATAMIGRATE_COMMON_CRYPTO_ENGINE_TOKEN_H_
#define DATAMIGRATE_COMMON_CRYPTO_ENGINE_TOKEN_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/published_keys.h"
#include "common/crypto/token_keys.h"

namespace datamigrate::crypto {

inline constexpr std::string_view kEngineTokenIssuer = "datamigrate";
inline constexpr std::string_view kEngineTokenAudience = "datamigrate-engine";

// A token that is good for longer is refused, whoever has signed it: nothing ends it before its
// time.
inline constexpr absl::Duration kLongestEngineToken = absl::Minutes(10);

struct EngineClaims {
  std::string user_id;          // sub
  std::string organization_id;  // org
  std::string scope;            // scope: permissions with spaces between, as "migrations:read"
  std::string api_key_id = "";  // key: of the API key that was shown; "" for a session
  bool is_client = false;       // client: it was given to a client, who calls the engine itself
  absl::Time issued_at;         // iat, whole seconds
  absl::Time expires_at;        // exp, whole seconds
};

// `key` must be an EdDSA one: engines know no secrets.
std::string SignEngineToken(const TokenKey& key, const EngineClaims& claims);

// Reads a token that one of `keys` signed and that is valid at `now`; see OpenToken.
// Errors: as OpenToken.
absl::StatusOr<EngineClaims> VerifyEngineToken(const PublishedKeys& keys, std::string_view token,
                                               absl::Time now);

// True when `scope` has the permission.
bool HasPermission(std::string_view scope, std::string_view permission);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_ENGINE_TOKEN_H_
