// Reads rows of audit_logs.
#ifndef DATAMIGRATE_COMMON_AUDIT_STORED_ROWS_H_
#define DATAMIGRATE_COMMON_AUDIT_STORED_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/audit/audit_row.h"
#include "common/pg/transaction.h"

namespace datamigrate::audit {

// Which rows of one chain; what is not given does not restrict. Values compare whole.
struct RowFilter {
  std::string organization_id = "";
  std::optional<std::string> action = std::nullopt;
  std::optional<std::string> user_id = std::nullopt;
  std::optional<std::string> object = std::nullopt;
  std::optional<std::string> remote_address = std::nullopt;
  std::optional<std::string> verdict = std::nullopt;
  std::optional<std::string> rule = std::nullopt;  // one of the row's
  std::optional<int> status = std::nullopt;
  std::optional<absl::Time> from = std::nullopt;
  std::optional<absl::Time> to = std::nullopt;  // before
};

// At most `limit` rows with a sequence after `after`, the oldest first.
absl::StatusOr<std::vector<Row>> ReadOldestRows(pg::Transaction& transaction,
                                                const RowFilter& filter, int64_t after, int limit);

// At most `limit` rows with a sequence before `before`, the newest first.
absl::StatusOr<std::vector<Row>> ReadNewestRows(pg::Transaction& transaction,
                                                const RowFilter& filter, int64_t before, int limit);

}  // namespace datamigrate::audit

#endif  // DATAMIGRATE_COMMON_AUDIT_STORED_ROWS_H_
