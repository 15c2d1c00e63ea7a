// One-time codes by time (RFC 6238) with HMAC-SHA-1, six digits and steps of 30 seconds, which is
// what authenticator apps understand.
#ifndef DATAMIGRATE_COMMON_CRYPTO_TOTP_H_
#define DATAMIGRATE_COMMON_CRYPTO_TOTP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace datamigrate::crypto {

// 20 bytes, as RFC 4226 section 4 recommends.
std::string RandomTotpSecret();

// The step that `now` lies in: whole 30 seconds since 1970.
int64_t TotpStep(absl::Time now);

// The code of a step; `digits` is 6 to 8.
std::string TotpCode(std::string_view secret, int64_t step, int digits = 6);

// The step whose code `code` is, at most one before or after that of `now`; nothing for a wrong
// code. Compares in constant time. A step is good once: the caller keeps the last one.
std::optional<int64_t> MatchTotp(std::string_view secret, std::string_view code, absl::Time now);

// RFC 4648 section 6, without padding, as secrets are typed in.
std::string Base32Encode(std::string_view bytes);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_TOTP_H_
