// The built-in functions that scripts use in data: texts, numbers, dates, the session.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/source/scripts/rows/evaluator.h"

namespace datamigrate::source {

// `name` is folded. `date_part` is the word that DATEADD and its like take before their arguments,
// folded; empty for others. Errors: kUnimplemented for a function that is not known here;
// kInvalidArgument for arguments that the server refuses.
absl::StatusOr<SqlValue> CallBuiltIn(const std::string& name, const std::string& date_part,
                                     const std::vector<SqlValue>& arguments, Session& session,
                                     EvaluationHost& host);

// Whether the first argument of `name` is a date part and no expression.
bool TakesDatePart(const std::string& name);
// Whether the function gives another value at each run: GETDATE, NEWID, ...
bool DependsOnRun(const std::string& name);

}  // namespace datamigrate::source
