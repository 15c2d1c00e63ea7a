// Secrets whose format has no literal to look for.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_UNANCHORED_SECRETS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_UNANCHORED_SECRETS_H_

#include <string_view>
#include <vector>

#include "common/guardian/rule.h"

namespace datamigrate::guardian {

// Appends the tokens of Discord bots in `text`, in order: a user's id, a time and a signature in
// base64url with points between, of 24 to 26, 6 and 27 to 38 characters. Each points to a row of
// SecretRules() whose anchors are "". Looks at the points only: linear in `text`, and safe from any
// thread.
void FindUnanchoredSecrets(std::string_view text, std::vector<Finding>& findings);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_UNANCHORED_SECRETS_H_
