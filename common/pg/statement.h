// What a statement is called, what is bound to it, and nothing of libpq.
#ifndef DATAMIGRATE_COMMON_PG_STATEMENT_H_
#define DATAMIGRATE_COMMON_PG_STATEMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace datamigrate::pg {

// SQL text with the name that errors call it by. Both must outlive the call; they are usually
// constants. Values are never part of the text: they are bound to $1, $2, ...
struct Statement {
  std::string_view name;
  std::string_view sql;
  // Keeps the parsed statement, and after some runs its plan, on each connection that ran it
  // (PostgreSQL documentation, 55.2.3 Extended Query): for few texts that run by the thousand and
  // whose best plan is the same for all values.
  bool is_prepared = false;
  // Rows come in PostgreSQL's binary form, so that bytes are not written out and read as digits:
  // for those that carry many. Columns of other types than Row::Get takes cannot be read then.
  bool has_binary_rows = false;
};

// Binary text for a bytea parameter or column.
struct Bytes {
  std::string value;
};

// One value bound to a statement. Implicit, so that calls read
//   connection.Execute(kInsertRun, {run_id, step, pg::Bytes{state}, absl::Now(), std::nullopt});
// The server infers the type of text parameters; bytes are sent as bytea in binary form.
// Strings are bound as text and must be UTF-8 without NUL bytes: a NUL is refused by Execute.
class Parameter {
 public:
  Parameter(std::nullopt_t) {}                                       // NOLINT: SQL NULL
  Parameter(std::string value) : value_(std::move(value)) {}         // NOLINT
  Parameter(std::string_view value) : value_(std::string(value)) {}  // NOLINT
  Parameter(const char* value) : value_(value) {}                    // NOLINT
  Parameter(bool value) : value_(value ? "true" : "false") {}        // NOLINT
  Parameter(int value) : value_(std::to_string(value)) {}            // NOLINT
  Parameter(int64_t value) : value_(std::to_string(value)) {}        // NOLINT
  Parameter(double value);                                           // NOLINT
  Parameter(absl::Time value);                                       // NOLINT: timestamptz
  Parameter(absl::Duration value);                                   // NOLINT: interval
  Parameter(Bytes value) : value_(std::move(value.value)), is_binary_(true) {}  // NOLINT
  // A PostgreSQL text[] literal; elements may hold any character but NUL.
  Parameter(const std::vector<std::string>& values);  // NOLINT
  template <typename T>
  Parameter(const std::optional<T>& value) {  // NOLINT
    if (value.has_value()) *this = Parameter(*value);
  }

  bool is_null() const { return !value_.has_value(); }
  bool is_binary() const { return is_binary_; }
  const std::string& value() const { return *value_; }  // precondition: !is_null()

 private:
  std::optional<std::string> value_;
  bool is_binary_ = false;
};

// Text that a PostgreSQL text column accepts: invalid UTF-8 and NUL become U+FFFD.
std::string ToStorableText(std::string_view text);

// JSON that a jsonb column accepts: as ToStorableText, and \u0000 escapes become \ufffd.
std::string ToStorableJson(std::string_view json);

}  // namespace datamigrate::pg

#endif  // DATAMIGRATE_COMMON_PG_STATEMENT_H_
