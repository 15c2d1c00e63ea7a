// What the stores of this folder share in running statements.
#ifndef DATAMIGRATE_GATEWAY_STORE_STATEMENTS_H_
#define DATAMIGRATE_GATEWAY_STORE_STATEMENTS_H_

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/pg/transaction.h"

namespace datamigrate::gateway {

// For statements that have the same effect twice as once.
pg::RetryPolicy Repeatable();

// Runs the steps in order until one fails.
absl::Status RunAll(
    pg::Transaction& transaction,
    std::initializer_list<std::pair<pg::Statement, std::vector<pg::Parameter>>> steps);

// What `read` makes of each row.
template <typename Read>
auto ReadEach(const absl::StatusOr<pg::Result>& rows, Read read)
    -> absl::StatusOr<std::vector<decltype(read(std::declval<pg::Row>()))>> {
  if (!rows.ok()) return rows.status();
  std::vector<decltype(read(std::declval<pg::Row>()))> all;
  for (const pg::Row row : *rows) all.push_back(read(row));
  return all;
}

// What `read` makes of the first row; nothing where there is none.
template <typename Read>
auto ReadFirst(const absl::StatusOr<pg::Result>& rows, Read read)
    -> absl::StatusOr<std::optional<decltype(read(std::declval<pg::Row>()))>> {
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::optional<decltype(read(std::declval<pg::Row>()))>();
  return std::optional(read(rows->front()));
}

std::string ReadId(const pg::Row& row);

// True for 36 characters that PostgreSQL reads as a uuid: ids come from paths, and a text that is
// none must be "not found", not an error of the database.
bool IsUuid(std::string_view text);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_STATEMENTS_H_
