#include "gateway/store/account_store.h"

#include <string_view>

#include "common/crypto/digest.h"
#include "common/crypto/random.h"
#include "common/pg/sql_state.h"
#include "common/pg/transaction.h"
#include "gateway/store/statements.h"

namespace datamigrate::gateway {
namespace {

constexpr pg::Statement kInsertOrganization = {
    "insert_organization", "INSERT INTO organizations (id, name) VALUES ($1, $2)"};
constexpr pg::Statement kInsertUser = {
    "insert_user",
    "INSERT INTO users (id, organization_id, email, name, password_hash)"
    " VALUES ($1, $2, $3, $4, $5)"};
constexpr pg::Statement kInsertOwner = {
    "insert_owner",
    "INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, 'owner')"};
constexpr pg::Statement kFindByEmail = {
    "find_user_by_email",
    "SELECT id, organization_id, email, name, password_hash,"
    " email_verified_at IS NOT NULL AS is_verified FROM users WHERE email = $1"};
constexpr pg::Statement kFindById = {
    "find_user_by_id",
    "SELECT id, organization_id, email, name, password_hash,"
    " email_verified_at IS NOT NULL AS is_verified FROM users WHERE id = $1"};
constexpr pg::Statement kReplaceHash = {"replace_password_hash",
                                        "UPDATE users SET password_hash = $2 WHERE id = $1"};
constexpr pg::Statement kForgetProofs = {
    "forget_proofs", "DELETE FROM account_tokens WHERE user_id = $1 AND purpose = $2"};
constexpr pg::Statement kInsertProof = {
    "insert_proof",
    "INSERT INTO account_tokens (token_sha256, user_id, purpose, expires_at)"
    " VALUES ($1, $2, $3, now() + $4::interval)"};
constexpr pg::Statement kSpendProof = {
    "spend_proof",
    "WITH spent AS (DELETE FROM account_tokens WHERE token_sha256 = $1 AND purpose = $2"
    " RETURNING user_id, expires_at)"
    " UPDATE users SET email_verified_at = coalesce(email_verified_at, now()) FROM spent"
    " WHERE id = spent.user_id AND spent.expires_at > now()"
    " RETURNING id, organization_id, email, name, password_hash, true AS is_verified"};
constexpr pg::Statement kFindFederated = {
    "find_federated_user",
    "SELECT u.id, u.organization_id, u.email, u.name, u.password_hash,"
    " u.email_verified_at IS NOT NULL AS is_verified FROM federated_identities f"
    " JOIN users u ON u.id = f.user_id WHERE f.issuer = $1 AND f.subject = $2"};
constexpr pg::Statement kLinkFederated = {
    "link_federated_user",
    "INSERT INTO federated_identities (issuer, subject, user_id) VALUES ($1, $2, $3)"
    " ON CONFLICT DO NOTHING"};
constexpr pg::Statement kVerifyUser = {
    "verify_user",
    "UPDATE users SET email_verified_at = coalesce(email_verified_at, now()) WHERE id = $1"};
constexpr pg::Statement kPing = {"ping", "SELECT 1 AS one"};

pg::Bytes HashOf(const std::string& token) {
  return pg::Bytes{crypto::Sha256(token)};
}

User ReadUser(const pg::Row& row) {
  return {.id = row.Get<std::string>("id"),
          .organization_id = row.Get<std::string>("organization_id"),
          .email = row.Get<std::string>("email"),
          .name = row.Get<std::string>("name"),
          .password_hash = row.Get<std::string>("password_hash"),
          .is_verified = row.Get<bool>("is_verified")};
}

absl::StatusOr<std::optional<User>> FindUser(pg::Pool& pool, const pg::Statement& statement,
                                             const std::string& key) {
  return ReadFirst(pg::Execute(pool, Repeatable(), statement, {key}), ReadUser);
}

std::string_view PurposeOf(AccountProof proof) {
  return proof == AccountProof::kVerifyEmail ? "verify_email" : "reset_password";
}

}  // namespace

absl::StatusOr<User> AccountStore::CreateUser(const NewUser& user) {
  const User created = {.id = crypto::RandomUuid(),
                        .organization_id = crypto::RandomUuid(),
                        .email = user.email,
                        .name = user.name,
                        .password_hash = user.password_hash};
  const absl::Status written = pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) {
    return RunAll(transaction,
                  {{kInsertOrganization, {created.organization_id, user.organization_name}},
                   {kInsertUser,
                    {created.id, created.organization_id, created.email, created.name,
                     created.password_hash}},
                   {kInsertOwner, {created.organization_id, created.id}}});
  });
  if (pg::IsUniqueViolation(written)) {
    return absl::AlreadyExistsError("a user with this e-mail address exists already");
  }
  if (!written.ok()) return written;
  return created;
}

absl::StatusOr<std::optional<User>> AccountStore::FindByEmail(const std::string& email) {
  return FindUser(*pool_, kFindByEmail, email);
}

absl::StatusOr<std::optional<User>> AccountStore::FindById(const std::string& id) {
  return FindUser(*pool_, kFindById, id);
}

absl::Status AccountStore::ReplacePasswordHash(const std::string& user_id,
                                               const std::string& hash) {
  return pg::Execute(*pool_, Repeatable(), kReplaceHash, {user_id, hash}).status();
}

absl::Status AccountStore::AddProof(const std::string& user_id, AccountProof proof,
                                    const std::string& token, absl::Duration lifetime) {
  return pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) {
    return RunAll(transaction,
                  {{kForgetProofs, {user_id, PurposeOf(proof)}},
                   {kInsertProof, {HashOf(token), user_id, PurposeOf(proof), lifetime}}});
  });
}

absl::StatusOr<User> AccountStore::SpendProof(AccountProof proof, const std::string& token) {
  absl::StatusOr<pg::Result> rows =
      pg::Execute(*pool_, {}, kSpendProof, {HashOf(token), PurposeOf(proof)});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) {
    return absl::InvalidArgumentError(
        "the link is not valid: it was used or has expired; ask for a new one");
  }
  return ReadUser(rows->front());
}

absl::StatusOr<std::optional<User>> AccountStore::FindFederated(const std::string& issuer,
                                                                const std::string& subject) {
  return ReadFirst(pg::Execute(*pool_, Repeatable(), kFindFederated, {issuer, subject}), ReadUser);
}

absl::Status AccountStore::LinkFederated(const std::string& issuer, const std::string& subject,
                                         const std::string& user_id) {
  return pg::InTransaction(*pool_, Repeatable(), [&](pg::Transaction& transaction) {
    return RunAll(transaction,
                  {{kLinkFederated, {issuer, subject, user_id}}, {kVerifyUser, {user_id}}});
  });
}

absl::Status AccountStore::Ping(absl::Time deadline) {
  absl::StatusOr<pg::Pool::Borrowed> connection = pool_->Acquire(deadline);
  if (!connection.ok()) return connection.status();
  return (*connection)->Execute(kPing).status();
}

}  // namespace datamigrate::gateway
