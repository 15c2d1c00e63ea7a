// What was under way when something failed. It travels inside an absl::Status from where the
// failure happens to where a person reads of it; each layer on the way adds what it knows.
//
//   if (!loaded.ok()) {
//     return errors::WithContext(loaded, {.operation = "load a chunk", .object = "dbo.Orders",
//                                         .batch = "chunk 3", .rows = 200'000});
//   }
#ifndef DATAMIGRATE_COMMON_ERRORS_ERROR_CONTEXT_H_
#define DATAMIGRATE_COMMON_ERRORS_ERROR_CONTEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace datamigrate::errors {

// No values of rows, no secrets: all of this is shown and stored.
struct ErrorContext {
  std::string agent = {};               // the node at work: "load", "outer/inner"
  std::string phase = {};               // of its work: "item", "join", "undo", or a word of its own
  std::string operation = {};           // what failed: "PostgreSQL statement insert_model"
  std::string object = {};              // what it was about: "dbo.Orders"
  std::string batch = {};               // which part of the object
  std::optional<int64_t> rows = {};     // of the object that were done before
  std::string sql_state = {};           // five characters
  std::string strategy = {};            // the one under way
  int attempt = 0;                      // of that strategy, from 1; 0: not known
  std::vector<std::string> tried = {};  // strategies before it and how they ended, oldest first
  int64_t step = -1;      // of the checkpoint whose state was worked on; -1: not known
  std::string code = {};  // the status code's name: "UNAVAILABLE"
  std::string message = {};
};

// The status with the context added. What an inner layer has said stays: it knows better. An OK
// status stays as it is.
absl::Status WithContext(const absl::Status& status, const ErrorContext& context);

// Everything that is known of the error; `code` and `message` are the status's. Texts are cut to
// 2,000 bytes.
ErrorContext ContextOf(const absl::Status& status);

// The status with `place` and a colon before its message; what it carries stays.
absl::Status At(std::string_view place, const absl::Status& status);

// "during PostgreSQL statement x, dbo.Orders, chunk 3, after 200000 rows; tried before: a (why)";
// "" where nothing is known that the message does not say.
std::string Describe(const ErrorContext& context);

// The message, with the description behind it where there is one.
std::string Summary(const ErrorContext& context);

// The status with its summary as message, for who sees nothing else; what it carries stays.
absl::Status InFull(const absl::Status& status);

// The error that a context is of: its code (kUnknown for none), its message, and itself.
absl::Status StatusOf(const ErrorContext& context);

// A JSON object without what is not known; and back, where what is no such object gives an empty
// context.
std::string ToJson(const ErrorContext& context);
ErrorContext FromJson(std::string_view json);

}  // namespace datamigrate::errors

#endif  // DATAMIGRATE_COMMON_ERRORS_ERROR_CONTEXT_H_
