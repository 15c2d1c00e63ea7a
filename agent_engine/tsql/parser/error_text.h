// The wording of what the parser reports.
#pragma once

#include <string_view>
#include <vector>

#include "agent_engine/tsql/lexer/token.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::tsql {

// Whether `word` would be `keyword`, which is in upper case, were one letter not left out, put in,
// changed, or swapped with its neighbour.
bool IsOneSlipAway(std::string_view word, std::string_view keyword);

// TS0210 at `found`: `expected` would have fitted, and so would what is in `others`.
diagnostics::Diagnostic ExpectedError(std::string_view text, const Token& found,
                                      std::string_view expected,
                                      const std::vector<std::string_view>& others);

// TS0211 at `found`.
diagnostics::Diagnostic NestingError(const Token& found, int max_depth);

}  // namespace datamigrate::tsql
