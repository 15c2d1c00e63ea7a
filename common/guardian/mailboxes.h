// E-mail addresses.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_MAILBOXES_H_
#define DATAMIGRATE_COMMON_GUARDIAN_MAILBOXES_H_

#include <string_view>
#include <vector>

#include "common/guardian/rule.h"

namespace datamigrate::guardian {

// Appends every mailbox of RFC 5321 section 4.1.2 without quoted local parts, but for those at
// domains for examples. Linear in `text`. Safe from any thread.
void FindMailboxes(std::string_view text, std::vector<Finding>& findings);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_MAILBOXES_H_
