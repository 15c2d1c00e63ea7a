// What each function of T-SQL becomes for each target: whether it translates, and what is said of
// it.
#pragma once

#include "nlohmann/json.hpp"

namespace datamigrate::docs {

// An array of {"function": "LEN", "<target>": {"ok": true, "codes": ["TP0211"], "refused":
// ["nanosecond"]}, ...}: the codes of warnings and notes, or of the error where it is refused; the
// date parts that are refused.
nlohmann::ordered_json FunctionTable();

}  // namespace datamigrate::docs
