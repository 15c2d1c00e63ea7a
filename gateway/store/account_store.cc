#include "gateway/store/account_store.h"

#include <string_view>

#include "common/crypto/digest.h"
#include "common/crypto/random.h"
#include "common/pg/sql_state.h"
#include "common/pg/transaction.h"

namespace datamigrate::gateway {
namespace {

constexpr pg::Statement kInsertOrganization = {
    "insert_organization", "INSERT INTO organizations (id, name) VALUES ($1, $2)"};
constexpr pg::Statement kInsertUser = {
    "insert_user",
    "INSERT INTO users (id, organization_id, email, name, role, password_hash)"
    " VALUES ($1, $2, $3, $4, $5, $6)"};
constexpr pg::Statement kFindByEmail = {
    "find_user_by_email",
    "SELECT id, organization_id, email, name, role, password_hash FROM users WHERE email = $1"};
constexpr pg::Statement kFindById = {
    "find_user_by_id",
    "SELECT id, organization_id, email, name, role, password_hash FROM users WHERE id = $1"};
constexpr pg::Statement kReplaceHash = {"replace_password_hash",
                                        "UPDATE users SET password_hash = $2 WHERE id = $1"};
constexpr pg::Statement kTouchUser = {"touch_user",
                                      "UPDATE users SET last_sign_in_at = now() WHERE id = $1"};
constexpr pg::Statement kInsertSession = {
    "insert_session",
    "INSERT INTO sessions (id, user_id, expires_at) VALUES ($1, $2, now() + $3::interval)"};
constexpr pg::Statement kInsertToken = {
    "insert_refresh_token",
    "INSERT INTO refresh_tokens (token_sha256, session_id) VALUES ($1, $2)"};
constexpr pg::Statement kLockToken = {
    "lock_refresh_token",
    "SELECT s.id, s.user_id, u.organization_id, t.used_at IS NOT NULL AS is_spent,"
    " s.ended_at IS NOT NULL OR s.expires_at <= now() AS is_over"
    " FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id"
    " WHERE t.token_sha256 = $1 FOR UPDATE OF t, s"};
constexpr pg::Statement kSpendToken = {
    "spend_refresh_token", "UPDATE refresh_tokens SET used_at = now() WHERE token_sha256 = $1"};
constexpr pg::Statement kEndSession = {
    "end_session",
    "UPDATE sessions SET ended_at = now(), end_reason = $2 WHERE id = $1 AND ended_at IS NULL"};
constexpr pg::Statement kEndedSessions = {
    "ended_sessions",
    "SELECT id FROM sessions WHERE ended_at IS NOT NULL AND ended_at >= now() - $1::interval"};
constexpr pg::Statement kPing = {"ping", "SELECT 1 AS one"};

// For statements that have the same effect twice as once.
pg::RetryPolicy Repeatable() {
  pg::RetryPolicy policy;
  policy.retry_unknown_outcome = true;
  return policy;
}

pg::Bytes HashOf(const std::string& token) {
  return pg::Bytes{crypto::Sha256(token)};
}

User ReadUser(const pg::Row& row) {
  return {.id = row.Get<std::string>("id"),
          .organization_id = row.Get<std::string>("organization_id"),
          .email = row.Get<std::string>("email"),
          .name = row.Get<std::string>("name"),
          .role = row.Get<std::string>("role"),
          .password_hash = row.Get<std::string>("password_hash")};
}

absl::StatusOr<std::optional<User>> FindUser(pg::Pool& pool, const pg::Statement& statement,
                                             const std::string& key) {
  absl::StatusOr<pg::Result> rows = pg::Execute(pool, Repeatable(), statement, {key});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::optional<User>();
  return std::optional<User>(ReadUser(rows->front()));
}

absl::Status RunAll(
    pg::Transaction& transaction,
    std::initializer_list<std::pair<pg::Statement, std::vector<pg::Parameter>>> steps) {
  for (const auto& [statement, parameters] : steps) {
    if (auto done = transaction.Execute(statement, parameters); !done.ok()) return done.status();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<User> AccountStore::CreateUser(const NewUser& user) {
  const User created = {.id = crypto::RandomUuid(),
                        .organization_id = crypto::RandomUuid(),
                        .email = user.email,
                        .name = user.name,
                        .role = "owner",
                        .password_hash = user.password_hash};
  const absl::Status written = pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) {
    return RunAll(transaction,
                  {{kInsertOrganization, {created.organization_id, user.organization_name}},
                   {kInsertUser,
                    {created.id, created.organization_id, created.email, created.name, created.role,
                     created.password_hash}}});
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

absl::StatusOr<Session> AccountStore::StartSession(const User& user,
                                                   const std::string& refresh_token,
                                                   absl::Duration lifetime) {
  const Session session = {crypto::RandomUuid(), user.id, user.organization_id};
  const absl::Status written = pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) {
    return RunAll(transaction, {{kInsertSession, {session.id, user.id, lifetime}},
                                {kInsertToken, {HashOf(refresh_token), session.id}},
                                {kTouchUser, {user.id}}});
  });
  if (!written.ok()) return written;
  return session;
}

absl::StatusOr<Session> AccountStore::RotateRefreshToken(const std::string& used,
                                                         const std::string& next) {
  Session session;
  bool is_accepted = false;
  const absl::Status done = pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) {
    is_accepted = false;
    absl::StatusOr<pg::Result> rows = transaction.Execute(kLockToken, {HashOf(used)});
    if (!rows.ok()) return rows.status();
    if (rows->empty() || rows->front().Get<bool>("is_over")) return absl::OkStatus();
    const pg::Row row = rows->front();
    session = {row.Get<std::string>("id"), row.Get<std::string>("user_id"),
               row.Get<std::string>("organization_id")};
    if (row.Get<bool>("is_spent")) {
      return RunAll(transaction, {{kEndSession, {session.id, "token_reused"}}});
    }
    is_accepted = true;
    return RunAll(transaction,
                  {{kSpendToken, {HashOf(used)}}, {kInsertToken, {HashOf(next), session.id}}});
  });
  if (!done.ok()) return done;
  if (!is_accepted) {
    return absl::UnauthenticatedError("the refresh token is not valid; sign in again");
  }
  return session;
}

absl::Status AccountStore::EndSession(const std::string& session_id) {
  return pg::Execute(*pool_, Repeatable(), kEndSession, {session_id, "signed_out"}).status();
}

absl::StatusOr<std::vector<std::string>> AccountStore::SessionsEndedWithin(absl::Duration last) {
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, Repeatable(), kEndedSessions, {last});
  if (!rows.ok()) return rows.status();
  std::vector<std::string> ids;
  for (const pg::Row row : *rows) ids.push_back(row.Get<std::string>("id"));
  return ids;
}

absl::Status AccountStore::Ping(absl::Time deadline) {
  absl::StatusOr<pg::Pool::Borrowed> connection = pool_->Acquire(deadline);
  if (!connection.ok()) return connection.status();
  return (*connection)->Execute(kPing).status();
}

}  // namespace datamigrate::gateway
