#include "agent_engine/service/caller.h"

#include <utility>

#include "common/crypto/engine_token.h"
#include "fmt/format.h"

namespace datamigrate::service {
namespace {

constexpr char kLocal[] = "local";
constexpr absl::Duration kLongestWatch = absl::Hours(1);

constexpr char kHowToGetOne[] =
    "get one for an API key by POST /api/v1/engine-tokens of the gateway, and send it as metadata "
    "\"authorization: Bearer TOKEN\"; datamigrate does so when it has --gateway and "
    "DATAMIGRATE_API_KEY";

std::string OrLocal(std::string_view text) {
  return text.empty() ? kLocal : std::string(text);
}

}  // namespace

std::string_view PermissionOf(Right right) {
  switch (right) {
    case Right::kRead:
      return "migrations:read";
    case Right::kWrite:
      return "migrations:write";
    case Right::kDecide:
      return "migrations:decide";
    case Right::kLimit:
      return "policies:write";
    case Right::kReadModels:
      return "models:read";
    case Right::kUseModels:
      return "models:use";
    case Right::kWriteModels:
      return "models:write";
  }
  return "";
}

absl::StatusOr<Caller> CallerCheck::Check(const Claim& claim, Right right) {
  if (keys_ == nullptr) return Caller{OrLocal(claim.tenant), OrLocal(claim.user)};
  if (claim.token.empty()) {
    return absl::UnauthenticatedError(
        fmt::format("this engine asks for an engine token: {}", kHowToGetOne));
  }
  absl::StatusOr<Verified> verified = Open(claim.token);
  if (!verified.ok()) return verified.status();
  if (!crypto::HasPermission(verified->scope, PermissionOf(right))) {
    return absl::PermissionDeniedError(fmt::format(
        "the engine token lacks {}: use an API key that has this scope, of a user whose "
        "role has it",
        PermissionOf(right)));
  }
  return std::move(verified->caller);
}

absl::StatusOr<CallerCheck::Verified> CallerCheck::Open(std::string_view token) {
  const absl::Time now = now_();
  {
    absl::ReaderMutexLock lock(&mutex_);
    const auto found = verified_.find(absl::string_view(token.data(), token.size()));
    if (found != verified_.end() && found->second.expires_at > now) return found->second;
  }
  absl::StatusOr<Verified> verified = Verify(token, now);
  if (!verified.ok()) return verified;
  absl::MutexLock lock(&mutex_);
  if (verified_.size() >= kMostVerified) {
    absl::erase_if(verified_, [&](const auto& entry) { return entry.second.expires_at <= now; });
    if (verified_.size() >= kMostVerified) verified_.clear();
  }
  verified_.insert_or_assign(std::string(token), *verified);
  return verified;
}

absl::StatusOr<CallerCheck::Verified> CallerCheck::Verify(std::string_view token, absl::Time now) {
  const auto keys = keys_->keys();
  if (keys == nullptr) {
    keys_->ReadSooner();
    return absl::UnavailableError(
        "the engine has not read the gateway's keys yet; its log says why");
  }
  const absl::StatusOr<crypto::EngineClaims> claims = crypto::VerifyEngineToken(*keys, token, now);
  if (!claims.ok()) {
    if (crypto::IsKeyUnknown(claims.status())) keys_->ReadSooner();
    return absl::UnauthenticatedError(
        fmt::format("{}: {}", std::string(claims.status().message()), kHowToGetOne));
  }
  return Verified{{claims->organization_id, claims->user_id, claims->expires_at + kLongestWatch,
                   claims->is_client, claims->api_key_id},
                  claims->scope,
                  claims->expires_at};
}

}  // namespace datamigrate::service
