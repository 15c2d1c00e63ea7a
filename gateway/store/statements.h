// What the stores of this folder share in running statements.
#ifndef DATAMIGRATE_GATEWAY_STORE_STATEMENTS_H_
#define DATAMIGRATE_GATEWAY_STORE_STATEMENTS_H_

#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/pg/transaction.h"

namespace datamigrate::gateway {

// For statements that have the same effect twice as once.
pg::RetryPolicy Repeatable();

// Runs the steps in order until one fails.
absl::Status RunAll(
    pg::Transaction& transaction,
    std::initializer_list<std::pair<pg::Statement, std::vector<pg::Parameter>>> steps);

// True for 36 characters that PostgreSQL reads as a uuid: ids come from paths, and a text that is
// none must be "not found", not an error of the database.
bool IsUuid(std::string_view text);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_STATEMENTS_H_
