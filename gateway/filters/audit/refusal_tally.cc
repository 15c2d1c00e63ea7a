#include "gateway/filters/audit/refusal_tally.h"

#include <fmt/format.h>

#include <utility>

namespace datamigrate::gateway {
namespace {

std::string KeyOf(const audit::Row& row) {
  return fmt::format("{} {} {} {} {} {}", row.organization_id, row.user_id, row.key_id,
                     row.remote_address, row.action, row.status);
}

audit::Row Crowd(const audit::Row& row) {
  audit::Row crowd;
  crowd.action = "refusedOthers";
  crowd.status = row.status;
  return crowd;
}

}  // namespace

void RefusalTally::Add(audit::Row row) {
  std::string key = KeyOf(row);
  absl::MutexLock lock(&mutex_);
  auto found = rows_.find(key);
  if (found == rows_.end() && rows_.size() >= max_rows_) {
    row = Crowd(row);
    key = KeyOf(row);
    found = rows_.find(key);
  }
  if (found != rows_.end()) {
    ++found->second.occurrences;
    return;
  }
  // What differs from one request to the next says nothing of them all.
  row.text_sha256.clear();
  rows_.emplace(std::move(key), std::move(row));
}

void RefusalTally::Flush() {
  absl::MutexLock lock(&mutex_);
  while (!rows_.empty() && log_->Append(rows_.begin()->second, nullptr)) {
    rows_.erase(rows_.begin());
  }
}

}  // namespace datamigrate::gateway
