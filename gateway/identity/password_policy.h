// Which passwords are taken: by length and by what attackers try first, never by kinds of
// characters (NIST SP 800-63B section 5.1.1.2).
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_PASSWORD_POLICY_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_PASSWORD_POLICY_H_

#include <string_view>

#include "absl/status/status.h"

namespace datamigrate::gateway {

inline constexpr size_t kLongestPassword = 256;

// Errors: kInvalidArgument for fewer than 10 characters, more than 256 bytes, a text that is not
// UTF-8, or one that is easily guessed: common or breached in one of its normalized forms (case,
// digits for letters, digits and signs around), one character or a run of neighbours repeated, or
// the e-mail address or its name part with little around it. The reason quotes nothing of it.
absl::Status CheckPassword(std::string_view password, std::string_view email);

// True when `word`, in lower case, is on the list that ships: some 56,000 passwords of public
// breaches (docs/security/identity.md says where it comes from). One word in 20 million that are
// not on it is taken for one.
bool IsCommonPassword(std::string_view word);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_PASSWORD_POLICY_H_
