// SQLSTATE → absl::Status: one table, with what may be tried again as a column.
#ifndef DATAMIGRATE_COMMON_PG_SQL_STATE_H_
#define DATAMIGRATE_COMMON_PG_SQL_STATE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace datamigrate::pg {

// Pseudo states, from the class that the SQL standard leaves to implementations, for failures
// that the client sees and the server cannot name.
inline constexpr std::string_view kConnectionFailure = "08006";  // the connection is gone
inline constexpr std::string_view kCannotConnect = "08001";      // there never was one
inline constexpr std::string_view kOutcomeUnknown = "08007";     // lost while COMMIT was under way

// What a SQLSTATE means to a caller.
struct SqlStateMeaning {
  absl::StatusCode code;
  // The same transaction, run again from its start, may succeed, and the first one left nothing.
  bool is_retryable;
  // The server's message may quote a bound value, so it is not repeated.
  bool quotes_values;
};

// Looks up the full state, then its class (first two characters). Unknown states are kUnknown.
SqlStateMeaning MeaningOf(std::string_view sql_state);

// A status that carries `sql_state`. The text names the statement and never a bound value.
absl::Status SqlError(std::string_view sql_state, std::string_view statement,
                      std::string_view message);

// The SQLSTATE that SqlError put in, or "" for any other status.
std::string SqlStateOf(const absl::Status& status);

// True when the failed transaction may be run again from its start.
bool IsRetryable(const absl::Status& status);

// True for a violated unique constraint (23505).
bool IsUniqueViolation(const absl::Status& status);

}  // namespace datamigrate::pg

#endif  // DATAMIGRATE_COMMON_PG_SQL_STATE_H_
