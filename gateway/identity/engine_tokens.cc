#include "gateway/identity/engine_tokens.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "common/crypto/engine_token.h"

namespace datamigrate::gateway {
namespace {

PermissionSet KnownToTheEngine() {
  PermissionSet set;
  for (const Permission permission :
       {Permission::kMigrationsRead, Permission::kMigrationsWrite, Permission::kMigrationsDecide,
        Permission::kPoliciesWrite, Permission::kModelsRead, Permission::kModelsUse,
        Permission::kModelsWrite}) {
    set.Add(permission);
  }
  return set;
}

EngineToken Sign(const crypto::TokenKey& key, const EngineCaller& caller, absl::Duration lifetime,
                 bool is_client, absl::Time now) {
  crypto::EngineClaims claims;
  claims.user_id = caller.user_id;
  claims.organization_id = caller.organization_id;
  claims.scope = caller.permissions.And(KnownToTheEngine()).ToScope();
  claims.api_key_id = caller.api_key_id;
  claims.is_client = is_client;
  claims.issued_at = now;
  claims.expires_at = now + lifetime;
  std::string text = crypto::SignEngineToken(key, claims);
  return {std::move(text), std::move(claims.scope), claims.expires_at};
}

bool IsForEngines(const crypto::TokenKey& key) {
  return key.algorithm() == crypto::TokenAlgorithm::kEdDsa;
}

}  // namespace

std::string EngineTokens::For(const EngineCaller& caller, absl::Time now) {
  const std::string name = fmt::format("{} {} {} {}", caller.user_id, caller.organization_id,
                                       caller.api_key_id, caller.permissions.bits());
  {
    absl::ReaderMutexLock lock(&mutex_);
    const auto found = kept_.find(name);
    if (found != kept_.end() && found->second.good_until > now) return found->second.text;
  }
  const std::shared_ptr<const crypto::TokenKeys> keys = keys_->keys();
  const crypto::TokenKey& key = keys->Signing(now);
  if (!IsForEngines(key)) return "";
  EngineToken token = Sign(key, caller, kLifetime, /*is_client=*/false, now);
  absl::MutexLock lock(&mutex_);
  if (kept_.size() >= kMostKept) {
    std::erase_if(kept_, [&](const auto& entry) { return entry.second.good_until <= now; });
    if (kept_.size() >= kMostKept) kept_.clear();
  }
  kept_.insert_or_assign(name, Kept{token.text, token.expires_at - kLeft});
  return std::move(token.text);
}

absl::StatusOr<EngineToken> EngineTokens::Grant(const EngineCaller& caller, absl::Time now) const {
  if (caller.permissions.And(KnownToTheEngine()).empty()) {
    return absl::PermissionDeniedError(
        fmt::format("the engine does nothing without one of the permissions {}: use an API key "
                    "that has it among its scopes",
                    KnownToTheEngine().ToScope()));
  }
  const std::shared_ptr<const crypto::TokenKeys> keys = keys_->keys();
  const crypto::TokenKey& key = keys->Signing(now);
  if (!IsForEngines(key)) {
    return absl::FailedPreconditionError(
        "this gateway signs with HS256, which engines cannot check; its operator can change that "
        "by --jwt-algorithm EdDSA and --rotate-jwt-key");
  }
  return Sign(key, caller, kClientLifetime, /*is_client=*/true, now);
}

}  // namespace datamigrate::gateway
