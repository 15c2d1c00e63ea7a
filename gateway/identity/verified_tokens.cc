#include "gateway/identity/verified_tokens.h"

#include <utility>

namespace datamigrate::gateway {

std::optional<Principal> VerifiedTokens::Find(std::string_view token, absl::Time now) const {
  const std::string key(token);
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.expires_at <= now) return std::nullopt;
  return found->second.principal;
}

void VerifiedTokens::Add(std::string_view token, Principal principal, absl::Time expires_at,
                         absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (entries_.size() >= max_tokens_) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.expires_at <= now; });
    if (entries_.size() >= max_tokens_) entries_.clear();
  }
  entries_.insert_or_assign(std::string(token), Entry{std::move(principal), expires_at});
}

size_t VerifiedTokens::size() const {
  absl::ReaderMutexLock lock(&mutex_);
  return entries_.size();
}

}  // namespace datamigrate::gateway
