#include "gateway/identity/account_recovery.h"

#include <spdlog/spdlog.h>

#include <optional>
#include <vector>

#include "common/crypto/random.h"
#include "gateway/http/retry_after.h"
#include "gateway/identity/password_policy.h"
#include "gateway/mail/templates.h"

namespace datamigrate::gateway {

absl::Status AccountRecovery::Verify(const std::string& token) {
  return parts_.accounts->SpendProof(AccountProof::kVerifyEmail, token).status();
}

absl::Status AccountRecovery::RequestReset(const std::string& email) {
  if (!parts_.office->is_open()) {
    return absl::UnimplementedError(
        "this gateway sends no mail, so it cannot send a link; ask its administrator");
  }
  const absl::StatusOr<std::string> normalized = NormalizeEmail(email);
  if (!normalized.ok()) return normalized.status();
  const bool is_queued = parts_.office->Post(
      [parts = parts_, address = *normalized, lifetime = options_.reset_link_lifetime] {
        const absl::StatusOr<std::optional<User>> user = parts.accounts->FindByEmail(address);
        if (!user.ok() || !user->has_value()) return;
        const std::string token = crypto::RandomToken();
        const absl::Status added =
            parts.accounts->AddProof((*user)->id, AccountProof::kResetPassword, token, lifetime);
        if (added.ok()) {
          return parts.office->Send(ResetMail(address, parts.office->LinkTo("reset", token)));
        }
        spdlog::error("a link was not made: {}", std::string(added.message()));
      });
  return is_queued ? absl::OkStatus() : absl::ResourceExhaustedError("too many mails wait");
}

absl::Status AccountRecovery::Reset(const std::string& token, const std::string& password) {
  if (absl::Status good = CheckPassword(password, ""); !good.ok()) return good;
  absl::StatusOr<User> user = parts_.accounts->SpendProof(AccountProof::kResetPassword, token);
  if (!user.ok()) return user.status();
  return SetPassword(*user, password, "");
}

absl::Status AccountRecovery::ChangePassword(const Principal& principal, const std::string& current,
                                             const std::string& password) {
  const absl::StatusOr<User> user = ProvePassword(principal.user_id, current);
  if (!user.ok()) return user.status();
  if (absl::Status good = CheckPassword(password, user->email); !good.ok()) return good;
  return SetPassword(*user, password, principal.session_id);
}

absl::StatusOr<User> AccountRecovery::ProvePassword(const std::string& user_id,
                                                    const std::string& password) {
  const absl::StatusOr<std::optional<User>> user = parts_.accounts->FindById(user_id);
  if (!user.ok()) return user.status();
  if (!user->has_value()) return absl::NotFoundError("this user is no longer there");
  const std::string subject = "change:" + user_id;
  const absl::StatusOr<absl::Duration> wait = parts_.attempts->Begin({{subject, 5}});
  if (!wait.ok()) return wait.status();
  if (*wait > absl::ZeroDuration()) return RetryAfter("too many wrong passwords", *wait);
  if (password.size() > kLongestPassword ||
      !crypto::PasswordMatches(password, (*user)->password_hash)) {
    return absl::PermissionDeniedError("the present password is wrong");
  }
  parts_.attempts->Succeed({subject}, {}).IgnoreError();
  return **user;
}

absl::Status AccountRecovery::SetPassword(const User& user, const std::string& password,
                                          const std::string& kept_session) {
  const absl::StatusOr<std::string> hash = crypto::HashPassword(password, options_.password_cost);
  if (!hash.ok()) return hash.status();
  const absl::Status replaced = parts_.accounts->ReplacePasswordHash(user.id, *hash);
  if (!replaced.ok()) return replaced;
  const absl::StatusOr<std::vector<std::string>> ended =
      parts_.sessions->EndAll(user.id, kept_session, "password_changed");
  if (!ended.ok()) return ended.status();
  for (const std::string& id : *ended) parts_.ended_sessions->Add(id);
  if (parts_.office->is_open()) {
    const bool is_queued = parts_.office->Post(
        [office = parts_.office, email = user.email] { office->Send(PasswordChangedMail(email)); });
    if (!is_queued) spdlog::warn("a mail about a changed password was not sent: the queue is full");
  }
  return absl::OkStatus();
}

}  // namespace datamigrate::gateway
