// Words that name a number near it: "SSN: 078-05-1123", "CustomerPhone".
#ifndef DATAMIGRATE_COMMON_GUARDIAN_NAMING_WORDS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_NAMING_WORDS_H_

#include <cstddef>
#include <string_view>

namespace datamigrate::guardian {

// True if one of `words` (lower case, "|" between) stands within 40 bytes of [begin, end). ASCII
// words are compared without regard to case and must begin where a word begins, be it by a capital
// in the middle of a name; those of at most four letters must end there too. Thread-safe.
bool IsWordNear(std::string_view text, size_t begin, size_t end, std::string_view words);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_NAMING_WORDS_H_
