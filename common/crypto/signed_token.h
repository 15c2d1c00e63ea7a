// JSON Web Tokens (RFC 7519) in their compact form: what access tokens and engine tokens share.
#ifndef DATAMIGRATE_COMMON_CRYPTO_SIGNED_TOKEN_H_
#define DATAMIGRATE_COMMON_CRYPTO_SIGNED_TOKEN_H_

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/token_keys.h"

namespace datamigrate::crypto {

// Longer texts are refused unread.
inline constexpr size_t kLongestAccessToken = 4096;

// A token's issue time may lie this far ahead of our clock.
inline constexpr absl::Duration kClockTolerance = absl::Seconds(30);

// A key as those who check signatures see it: the one algorithm that it is for (RFC 8725 section
// 3.1), and whether a signature is its own.
struct Verifier {
  std::string_view algorithm;
  std::function<bool(std::string_view message, std::string_view signature)> verify;
};

// The key that a token's header names, if it is known.
using FindVerifier = absl::FunctionRef<std::optional<Verifier>(std::string_view id)>;

struct ExpectedToken {
  std::string_view issuer;
  std::string_view audience;
};

// A token with `claims`, an object, signed by `key`, whose name and algorithm its header tells.
std::string SignToken(const TokenKey& key, const nlohmann::json& claims);

// The claims of a token that is signed by a known key, comes from the expected issuer, is for the
// expected audience, and is valid at `now`: "exp" lies ahead, "iat" and, where it is there, "nbf"
// do not. The header must name a key and the one algorithm that this key is for, and ask for no
// extension ("crit"); a key in the header ("jwk", "jku", "x5u") is never looked at. Members may not
// be named twice.
// Errors: kUnauthenticated, with a reason that quotes nothing of the token and begins with `name`;
// IsKeyUnknown tells the one that a newer set of keys may mend.
absl::StatusOr<nlohmann::json> OpenToken(FindVerifier find, std::string_view token,
                                         const ExpectedToken& expected, absl::Time now,
                                         std::string_view name);

// True for an error of OpenToken that says that no key of the token's name is known.
bool IsKeyUnknown(const absl::Status& status);

// The text at `member`, or "" when it is missing or something else.
std::string TextOf(const nlohmann::json& object, const char* member);

// The time at `member`, whole seconds since 1970; nothing for what is missing or no such number.
std::optional<absl::Time> SecondOf(const nlohmann::json& object, const char* member);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_SIGNED_TOKEN_H_
