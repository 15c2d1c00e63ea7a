// What the process tells its caller. Documented in docs/reference/command_line.md.
#pragma once

namespace datamigrate::cli {

enum ExitCode : int {
  kSuccess = 0,       // Done. Refused objects are part of the result, not a failure.
  kFailed = 1,        // The operation failed; the reason is on standard error.
  kWrongUse = 2,      // The command line could not be understood.
  kInputHasErrors = 3,  // `parse` and `transpile` of files: some statement was not understood or was refused.
  kNotApproved = 4,   // `migrate`, `watch`: the migration ended as failed, cancelled, or below the score it needs.
  kUnavailable = 5,   // No engine answers at the address.
  kAuditBroken = 6,   // `audit verify`: rows were changed, added or taken away.
};

}  // namespace datamigrate::cli
