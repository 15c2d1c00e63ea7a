#include "gateway/identity/api_keys.h"

#include <algorithm>
#include <utility>

#include "common/crypto/api_key.h"
#include "common/crypto/digest.h"

namespace datamigrate::gateway {
namespace {

absl::Status NoSuchKey() {
  return absl::UnauthenticatedError("the API key is unknown, revoked or has expired");
}

}  // namespace

bool ApiKeys::NeedsLookup(std::string_view text, absl::Time now) const {
  if (!crypto::IsApiKey(text)) return false;
  const std::string hash = crypto::Sha256(text);
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = entries_.find(hash);
  return found == entries_.end() || found->second.fresh_until <= now;
}

absl::StatusOr<Principal> ApiKeys::Check(std::string_view text, absl::Time now) {
  if (!crypto::IsApiKey(text)) return NoSuchKey();
  const std::string hash = crypto::Sha256(text);
  {
    absl::MutexLock lock(&mutex_);
    const auto found = entries_.find(hash);
    if (found != entries_.end() && found->second.fresh_until > now) {
      if (!found->second.principal.has_value()) return NoSuchKey();
      uses_[found->second.principal->key_id] = now;
      return *found->second.principal;
    }
  }
  absl::StatusOr<std::optional<Principal>> principal = Look(std::string(text));
  if (!principal.ok()) return principal.status();
  absl::MutexLock lock(&mutex_);
  if (entries_.size() >= kMostKept) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.fresh_until <= now; });
    if (entries_.size() >= kMostKept) entries_.clear();
  }
  entries_.insert_or_assign(hash, Entry{*principal, now + kFreshFor});
  if (!principal->has_value()) return NoSuchKey();
  uses_[(*principal)->key_id] = now;
  return **principal;
}

absl::StatusOr<std::optional<Principal>> ApiKeys::Look(const std::string& text) {
  absl::StatusOr<std::optional<ApiKey>> key = store_->FindByText(text);
  if (!key.ok()) return key.status();
  if (!key->has_value()) return std::optional<Principal>();
  const ApiKey& found = **key;
  const auto membership = organizations_->MembershipOf(found.user_id, found.organization_id);
  if (!membership.ok()) return membership.status();
  if (!membership->has_value() || (*membership)->organization.id != found.organization_id) {
    return std::optional<Principal>();
  }
  return std::optional(Principal{.user_id = found.user_id,
                                 .organization_id = found.organization_id,
                                 .session_id = "",
                                 .role = "",
                                 .permissions = found.scopes.And((*membership)->permissions),
                                 .key_id = found.id});
}

void ApiKeys::Forget(const std::string& key_id) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(entries_, [&](const auto& entry) {
    return entry.second.principal.has_value() && entry.second.principal->key_id == key_id;
  });
}

absl::Status ApiKeys::Refresh() {
  std::map<std::string, absl::Time> uses;
  {
    absl::MutexLock lock(&mutex_);
    uses.swap(uses_);
  }
  if (!uses.empty()) {
    if (absl::Status noted = store_->NoteUses(uses); !noted.ok()) return noted;
  }
  const auto revoked = store_->RevokedWithin(2 * kFreshFor);
  if (!revoked.ok()) return revoked.status();
  for (const std::string& id : *revoked) Forget(id);
  return absl::OkStatus();
}

}  // namespace datamigrate::gateway
