#include "gateway/store/second_factor_store.h"

#include "common/crypto/digest.h"
#include "common/pg/transaction.h"
#include "gateway/store/statements.h"

namespace datamigrate::gateway {
namespace {

constexpr pg::Statement kFind = {
    "find_totp",
    "SELECT sealed_secret, confirmed_at IS NOT NULL AS is_confirmed FROM totp WHERE user_id = $1"};
constexpr pg::Statement kBegin = {
    "begin_totp",
    "INSERT INTO totp (user_id, sealed_secret) VALUES ($1, $2) ON CONFLICT (user_id)"
    " DO UPDATE SET sealed_secret = excluded.sealed_secret WHERE totp.confirmed_at IS NULL"};
constexpr pg::Statement kConfirm = {"confirm_totp",
                                    "UPDATE totp SET confirmed_at = now(), last_step = $2"
                                    " WHERE user_id = $1 AND confirmed_at IS NULL"};
constexpr pg::Statement kForgetCodes = {"forget_recovery_codes",
                                        "DELETE FROM recovery_codes WHERE user_id = $1"};
constexpr pg::Statement kKeepCode = {
    "keep_recovery_code", "INSERT INTO recovery_codes (user_id, code_sha256) VALUES ($1, $2)"};
constexpr pg::Statement kSpendStep = {
    "spend_totp_step", "UPDATE totp SET last_step = $2 WHERE user_id = $1 AND last_step < $2"};
constexpr pg::Statement kSpendCode = {
    "spend_recovery_code", "DELETE FROM recovery_codes WHERE user_id = $1 AND code_sha256 = $2"};
constexpr pg::Statement kRemove = {"remove_totp", "DELETE FROM totp WHERE user_id = $1"};

}  // namespace

absl::StatusOr<std::optional<StoredTotp>> SecondFactorStore::Find(const std::string& user_id) {
  return ReadFirst(pg::Execute(*pool_, Repeatable(), kFind, {user_id}), [](const pg::Row& row) {
    return StoredTotp{row.Get<pg::Bytes>("sealed_secret").value, row.Get<bool>("is_confirmed")};
  });
}

absl::Status SecondFactorStore::Begin(const std::string& user_id,
                                      const std::string& sealed_secret) {
  auto rows = pg::Execute(*pool_, Repeatable(), kBegin, {user_id, pg::Bytes{sealed_secret}});
  if (!rows.ok()) return rows.status();
  if (rows->affected_rows() == 1) return absl::OkStatus();
  return absl::FailedPreconditionError("you have a second factor already; remove it first");
}

absl::Status SecondFactorStore::Confirm(const std::string& user_id, int64_t step,
                                        const std::vector<std::string>& codes) {
  return pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) {
    const auto confirmed = transaction.Execute(kConfirm, {user_id, step});
    if (!confirmed.ok()) return confirmed.status();
    if (confirmed->affected_rows() == 0) {
      return absl::FailedPreconditionError("there is no second factor to confirm");
    }
    if (absl::Status done = RunAll(transaction, {{kForgetCodes, {user_id}}}); !done.ok()) {
      return done;
    }
    for (const std::string& code : codes) {
      const auto kept = transaction.Execute(kKeepCode, {user_id, pg::Bytes{crypto::Sha256(code)}});
      if (!kept.ok()) return kept.status();
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<bool> SecondFactorStore::SpendStep(const std::string& user_id, int64_t step) {
  auto rows = pg::Execute(*pool_, {}, kSpendStep, {user_id, step});
  if (!rows.ok()) return rows.status();
  return rows->affected_rows() == 1;
}

absl::StatusOr<bool> SecondFactorStore::SpendCode(const std::string& user_id,
                                                  const std::string& code) {
  auto rows = pg::Execute(*pool_, {}, kSpendCode, {user_id, pg::Bytes{crypto::Sha256(code)}});
  if (!rows.ok()) return rows.status();
  return rows->affected_rows() == 1;
}

absl::Status SecondFactorStore::Remove(const std::string& user_id) {
  return pg::InTransaction(*pool_, Repeatable(), [&](pg::Transaction& transaction) {
    return RunAll(transaction, {{kForgetCodes, {user_id}}, {kRemove, {user_id}}});
  });
}

}  // namespace datamigrate::gateway
