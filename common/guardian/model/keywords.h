// The words that have a shape of their own: what SQL, markup and shells are made of.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_MODEL_KEYWORDS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_MODEL_KEYWORDS_H_

#include <cstdint>

namespace datamigrate::guardian {

// True when `word_hash` (WordHash of a word in lower case) is that of a keyword.
bool IsKeyword(uint64_t word_hash);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_MODEL_KEYWORDS_H_
