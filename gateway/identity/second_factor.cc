#include "gateway/identity/second_factor.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/crypto/random.h"
#include "common/crypto/totp.h"
#include "gateway/http/target.h"

namespace datamigrate::gateway {
namespace {

constexpr int kRecoveryCodes = 10;
constexpr size_t kRecoveryBytes = 10;  // 80 bits: 16 characters

// "ABCD-EFGH-IJKL-MNOP".
std::string RandomRecoveryCode() {
  std::string code = crypto::Base32Encode(crypto::RandomBytes(kRecoveryBytes));
  for (const size_t dash : {4, 9, 14}) code.insert(dash, 1, '-');
  return code;
}

bool IsDigits(const std::string& code) {
  return std::ranges::all_of(code, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

absl::StatusOr<SecondFactor::Enrollment> SecondFactor::Begin(const std::string& user_id,
                                                             const std::string& email) {
  const std::string secret = crypto::RandomTotpSecret();
  const absl::Status begun = store_->Begin(user_id, key_.Seal(secret, user_id));
  if (!begun.ok()) return begun;
  const std::string text = crypto::Base32Encode(secret);
  return Enrollment{text, fmt::format("otpauth://totp/DataMigrate:{}?secret={}&issuer=DataMigrate",
                                      PercentEncode(email), text)};
}

absl::StatusOr<std::vector<std::string>> SecondFactor::Confirm(const std::string& user_id,
                                                               const std::string& code,
                                                               absl::Time now) {
  const auto stored = store_->Find(user_id);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value() || (*stored)->is_confirmed) {
    return absl::FailedPreconditionError("there is no second factor to confirm");
  }
  const auto secret = key_.Open((*stored)->sealed_secret, user_id);
  if (!secret.ok()) return secret.status();
  const std::optional<int64_t> step = crypto::MatchTotp(*secret, code, now);
  if (!step.has_value()) return absl::PermissionDeniedError("\"code\" is wrong");
  std::vector<std::string> codes;
  for (int i = 0; i < kRecoveryCodes; ++i) codes.push_back(RandomRecoveryCode());
  const absl::Status confirmed = store_->Confirm(user_id, *step, codes);
  if (!confirmed.ok()) return confirmed;
  return codes;
}

absl::StatusOr<bool> SecondFactor::IsAsked(const std::string& user_id) {
  const auto stored = store_->Find(user_id);
  if (!stored.ok()) return stored.status();
  return stored->has_value() && (*stored)->is_confirmed;
}

absl::StatusOr<bool> SecondFactor::Spend(const std::string& user_id, const std::string& code,
                                         absl::Time now) {
  if (!IsDigits(code)) return store_->SpendCode(user_id, code);
  const auto stored = store_->Find(user_id);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return false;
  const auto secret = key_.Open((*stored)->sealed_secret, user_id);
  if (!secret.ok()) return secret.status();
  const std::optional<int64_t> step = crypto::MatchTotp(*secret, code, now);
  if (!step.has_value()) return false;
  return store_->SpendStep(user_id, *step);
}

}  // namespace datamigrate::gateway
