// Secrets that a literal and a window around it cannot find: without a literal, or of any length.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_UNANCHORED_SECRETS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_UNANCHORED_SECRETS_H_

#include <string_view>
#include <vector>

#include "common/guardian/rule.h"

namespace datamigrate::guardian {

// Appends what it finds in `text`: JSON web tokens, tokens of Discord bots (a user's id, a time and
// a signature in base64url with points between, of 24 to 26, 6 and 27 to 38 characters) and private
// keys in armour with a body. Each points to a row of SecretRules() whose anchors are "". Linear in
// `text`, whatever it holds; safe from any thread.
void FindUnanchoredSecrets(std::string_view text, std::vector<Finding>& findings);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_UNANCHORED_SECRETS_H_
