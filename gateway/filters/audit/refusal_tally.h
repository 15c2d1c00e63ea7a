// Counts requests that were refused before they came to anything.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_AUDIT_REFUSAL_TALLY_H_
#define DATAMIGRATE_GATEWAY_FILTERS_AUDIT_REFUSAL_TALLY_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/store/audit_log.h"

namespace datamigrate::gateway {

// Whoever is refused can ask again at once, thousands of times a second: a row for each would let
// strangers fill the disk. So rows that say the same (who, from where, action, status) become one
// with their number, and beyond `max_rows` different ones at a time, one for each status.
// Thread safe.
class RefusalTally {
 public:
  // `log` must outlive the tally.
  explicit RefusalTally(AuditLog* log, size_t max_rows = 200) : log_(log), max_rows_(max_rows) {}
  ~RefusalTally() { Flush(); }

  void Add(audit::Row row);

  // Hands the rows on; those that the log does not take now stay for the next time.
  void Flush();

 private:
  AuditLog* const log_;
  const size_t max_rows_;
  absl::Mutex mutex_;
  std::map<std::string, audit::Row> rows_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_AUDIT_REFUSAL_TALLY_H_
