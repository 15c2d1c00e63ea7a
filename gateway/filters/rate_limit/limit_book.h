// Organizations' own limits, as last read.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_LIMIT_BOOK_H_
#define DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_LIMIT_BOOK_H_

#include <string>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/store/limit_store.h"

namespace datamigrate::gateway {

// Thread safe.
class LimitBook {
 public:
  // All members empty for an organization without limits of its own.
  OrganizationLimits Find(const std::string& organization_id) const {
    absl::ReaderMutexLock lock(&mutex_);
    const auto found = limits_.find(organization_id);
    return found == limits_.end() ? OrganizationLimits() : found->second;
  }

  void Set(const std::string& organization_id, const OrganizationLimits& limits) {
    absl::MutexLock lock(&mutex_);
    limits_[organization_id] = limits;
  }

  void Replace(std::unordered_map<std::string, OrganizationLimits> limits) {
    absl::MutexLock lock(&mutex_);
    limits_.swap(limits);
  }

 private:
  mutable absl::Mutex mutex_;
  std::unordered_map<std::string, OrganizationLimits> limits_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_LIMIT_BOOK_H_
