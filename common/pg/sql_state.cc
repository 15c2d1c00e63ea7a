#include "common/pg/sql_state.h"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "common/errors/error_context.h"

namespace datamigrate::pg {
namespace {

struct SqlStateRule {
  std::string_view state;  // five characters, or two for the rest of a class
  SqlStateMeaning meaning;
};

using Code = absl::StatusCode;

// PostgreSQL documentation, appendix A "PostgreSQL Error Codes".
//                                        state    code                 retryable  quotes values
constexpr auto kSqlStateRules = std::to_array<SqlStateRule>({
    {"08001", {Code::kUnavailable, true, false}},          // cannot connect
    {"08006", {Code::kUnavailable, true, false}},          // connection failure
    {"08007", {Code::kUnknown, false, false}},             // transaction resolution unknown
    {"08", {Code::kUnavailable, true, false}},             // other connection exceptions
    {"22", {Code::kInvalidArgument, false, true}},         // data exceptions
    {"23505", {Code::kAlreadyExists, false, false}},       // unique violation
    {"23503", {Code::kFailedPrecondition, false, false}},  // foreign key violation
    {"23", {Code::kInvalidArgument, false, false}},        // other integrity violations
    {"25006", {Code::kUnavailable, true, false}},          // read-only: a standby, for now
    {"25P03", {Code::kUnavailable, true, false}},          // idle in transaction timeout
    {"25", {Code::kInternal, false, false}},               // invalid transaction state
    {"28", {Code::kUnauthenticated, false, false}},        // invalid authorization
    {"3D000", {Code::kNotFound, false, false}},            // no such database
    {"40001", {Code::kAborted, true, false}},              // serialization failure
    {"40P01", {Code::kAborted, true, false}},              // deadlock
    {"40", {Code::kAborted, true, false}},                 // other rollbacks
    {"42501", {Code::kPermissionDenied, false, false}},    // insufficient privilege
    {"42P01", {Code::kFailedPrecondition, false, false}},  // undefined table: schema not applied
    {"42", {Code::kInternal, false, true}},                // syntax or access rule
    {"53100", {Code::kResourceExhausted, false, false}},   // disk full
    {"53300", {Code::kUnavailable, true, false}},          // too many connections
    {"53", {Code::kResourceExhausted, true, false}},       // other resources
    {"54", {Code::kResourceExhausted, false, false}},      // program limits
    {"55P03", {Code::kAborted, true, false}},              // lock not available
    {"55", {Code::kFailedPrecondition, false, false}},     // not in prerequisite state
    {"57014", {Code::kDeadlineExceeded, false, false}},    // statement timeout or cancel
    {"57P01", {Code::kUnavailable, true, false}},          // admin shutdown
    {"57P02", {Code::kUnavailable, true, false}},          // crash shutdown
    {"57P03", {Code::kUnavailable, true, false}},          // starting up or shutting down
    {"57", {Code::kUnavailable, true, false}},             // other operator interventions
    {"58", {Code::kUnavailable, false, false}},            // system errors: I/O
    {"P0", {Code::kFailedPrecondition, false, false}},     // raised by our own PL/pgSQL
    {"XX", {Code::kInternal, false, false}},               // corrupted, internal error
});

std::optional<SqlStateMeaning> Find(std::string_view state) {
  for (const SqlStateRule& rule : kSqlStateRules) {
    if (rule.state == state) return rule.meaning;
  }
  return std::nullopt;
}

}  // namespace

SqlStateMeaning MeaningOf(std::string_view sql_state) {
  if (auto exact = Find(sql_state)) return *exact;
  if (auto of_class = Find(sql_state.substr(0, 2))) return *of_class;
  return {Code::kUnknown, false, true};
}

absl::Status SqlError(std::string_view sql_state, std::string_view statement,
                      std::string_view message) {
  SqlStateMeaning meaning = MeaningOf(sql_state);
  std::string_view shown = meaning.quotes_values ? "the server refused it" : message;
  absl::Status status(meaning.code, fmt::format("PostgreSQL, statement {}: {} (SQLSTATE {})",
                                                statement, shown, sql_state));
  return errors::WithContext(status,
                             {.operation = fmt::format("PostgreSQL statement {}", statement),
                              .sql_state = std::string(sql_state)});
}

std::string SqlStateOf(const absl::Status& status) {
  return errors::ContextOf(status).sql_state;
}

bool IsRetryable(const absl::Status& status) {
  std::string state = SqlStateOf(status);
  return !state.empty() && MeaningOf(state).is_retryable;
}

bool IsUniqueViolation(const absl::Status& status) {
  return SqlStateOf(status) == "23505";
}

}  // namespace datamigrate::pg
