// Personal data without a literal to look for: payment cards, bank accounts, phone numbers,
// national ids, e-mail addresses, addresses of networks and wallets. One scan over the digits of a
// text and one over its "@" find them.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_PERSONAL_NUMBERS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_PERSONAL_NUMBERS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/guardian/rule.h"

namespace datamigrate::guardian {

// Appends what it finds in `text`; each points to a row of PersonalDataRules() whose anchors are
// "". Numbers come in order and without overlap, and the e-mail addresses after them.
//
// A number counts for its shape and check digits. Where those are common in other data too, as
// nine bare digits are, a word that names it must stand within 40 bytes, in one of several
// languages, or the text must be nothing but the number.
//
// Linear in `text`: no candidate is longer than 64 bytes or looked at more than 12 times. Safe from
// any thread.
void FindPersonalNumbers(std::string_view text, std::vector<Finding>& findings);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_PERSONAL_NUMBERS_H_
