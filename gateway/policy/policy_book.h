// Organizations' policies, as last read.
#ifndef DATAMIGRATE_GATEWAY_POLICY_POLICY_BOOK_H_
#define DATAMIGRATE_GATEWAY_POLICY_POLICY_BOOK_H_

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/policy/policy.h"

namespace datamigrate::gateway {

// Thread safe.
class PolicyBook {
 public:
  // The default one for an organization without a policy of its own.
  std::shared_ptr<const Policy> Find(const std::string& organization_id) const {
    static const auto& kDefault = *new std::shared_ptr<const Policy>(std::make_shared<Policy>());
    absl::ReaderMutexLock lock(&mutex_);
    const auto found = policies_.find(organization_id);
    return found == policies_.end() ? kDefault : found->second.policy;
  }

  // Keeps the policy unless a later version is known.
  void Add(const std::string& organization_id, int version, Policy policy) {
    auto shared = std::make_shared<const Policy>(std::move(policy));
    absl::MutexLock lock(&mutex_);
    Entry& entry = policies_[organization_id];
    if (version > entry.version) entry = {version, std::move(shared)};
  }

  int VersionOf(const std::string& organization_id) const {
    absl::ReaderMutexLock lock(&mutex_);
    const auto found = policies_.find(organization_id);
    return found == policies_.end() ? 0 : found->second.version;
  }

 private:
  struct Entry {
    int version = 0;
    std::shared_ptr<const Policy> policy;
  };
  mutable absl::Mutex mutex_;
  std::unordered_map<std::string, Entry> policies_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_POLICY_POLICY_BOOK_H_
