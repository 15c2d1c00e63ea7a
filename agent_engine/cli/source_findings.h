// Findings and failures as people read them, on standard error.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::cli {

// One paragraph a finding: file:line:column, severity, code, message, hint. Positions as in ToJson (json_line.h).
void PrintFindings(const std::vector<diagnostics::Diagnostic>& findings,
                   const diagnostics::SourceFile* text);

// Prints why the operation failed and returns the exit code for it.
int ReportFailure(const absl::Status& status);

}  // namespace datamigrate::cli
