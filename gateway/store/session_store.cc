#include "gateway/store/session_store.h"

#include <utility>

#include "common/crypto/digest.h"
#include "common/crypto/random.h"
#include "common/pg/transaction.h"
#include "gateway/store/statements.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kLongestUserAgent = 200;

constexpr pg::Statement kInsertSession = {
    "insert_session",
    "INSERT INTO sessions (id, user_id, organization_id, csrf_sha256, remote_address, user_agent,"
    " expires_at) VALUES ($1, $2, $3, $4, $5, $6, now() + $7::interval)"};
constexpr pg::Statement kTouchUser = {"touch_user",
                                      "UPDATE users SET last_sign_in_at = now() WHERE id = $1"};
constexpr pg::Statement kInsertToken = {
    "insert_refresh_token",
    "INSERT INTO refresh_tokens (token_sha256, session_id) VALUES ($1, $2)"};
constexpr pg::Statement kLockToken = {
    "lock_refresh_token",
    "SELECT s.id, s.user_id, s.organization_id, s.generation, s.csrf_sha256,"
    " t.used_at IS NOT NULL AS is_spent,"
    " s.ended_at IS NOT NULL OR s.expires_at <= now() AS is_over"
    " FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id"
    " WHERE t.token_sha256 = $1 FOR UPDATE OF t, s"};
constexpr pg::Statement kSpendToken = {
    "spend_refresh_token", "UPDATE refresh_tokens SET used_at = now() WHERE token_sha256 = $1"};
constexpr pg::Statement kTouchSession = {"touch_session",
                                         "UPDATE sessions SET last_used_at = now() WHERE id = $1"};
constexpr pg::Statement kMove = {
    "move_session",
    "WITH moved AS (UPDATE sessions SET organization_id = $2, generation = generation + 1,"
    " generation_at = now() WHERE id = $1 AND ended_at IS NULL"
    " RETURNING id, user_id, organization_id, generation, csrf_sha256),"
    " preferred AS (UPDATE users SET organization_id = $2 FROM moved WHERE users.id = user_id)"
    " SELECT * FROM moved"};
constexpr pg::Statement kEnd = {
    "end_session",
    "UPDATE sessions SET ended_at = now(), end_reason = $2 WHERE id = $1 AND ended_at IS NULL"};
constexpr pg::Statement kEndOwn = {
    "end_own_session",
    "UPDATE sessions SET ended_at = now(), end_reason = $3"
    " WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > now()"};
constexpr pg::Statement kEndAll = {
    "end_all_sessions",
    "UPDATE sessions SET ended_at = now(), end_reason = $3"
    " WHERE user_id = $1 AND id::text <> $2 AND ended_at IS NULL RETURNING id"};
constexpr pg::Statement kList = {
    "list_sessions",
    "SELECT id, remote_address, user_agent, created_at, last_used_at, expires_at FROM sessions"
    " WHERE user_id = $1 AND ended_at IS NULL AND expires_at > now()"
    " ORDER BY last_used_at DESC LIMIT 100"};
constexpr pg::Statement kChanged = {
    "changed_sessions",
    "SELECT id, CASE WHEN ended_at IS NULL THEN generation ELSE 2147483647 END AS generation"
    " FROM sessions WHERE ended_at >= now() - $1::interval OR generation_at >= now() - "
    "$1::interval"};

Session ReadSession(const pg::Row& row) {
  return {row.Get<std::string>("id"), row.Get<std::string>("user_id"),
          row.Get<std::string>("organization_id"), row.Get<int>("generation"),
          row.Get<std::string>("csrf_sha256")};
}

pg::Bytes HashOf(const std::string& token) {
  return pg::Bytes{crypto::Sha256(token)};
}

}  // namespace

absl::StatusOr<Session> SessionStore::Start(const NewSession& session) {
  const Session started = {.id = crypto::RandomUuid(),
                           .user_id = session.user_id,
                           .organization_id = session.organization_id,
                           .csrf_sha256 = session.csrf_sha256};
  const std::string agent =
      pg::ToStorableText(std::string_view(session.place.user_agent).substr(0, kLongestUserAgent));
  const absl::Status written = pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) {
    return RunAll(transaction,
                  {{kInsertSession,
                    {started.id, started.user_id, started.organization_id, started.csrf_sha256,
                     session.place.remote_address, agent, session.lifetime}},
                   {kInsertToken, {HashOf(session.refresh_token), started.id}},
                   {kTouchUser, {started.user_id}}});
  });
  if (!written.ok()) return written;
  return started;
}

absl::StatusOr<Session> SessionStore::Rotate(const std::string& used, const std::string& next) {
  Session session;
  bool is_accepted = false;
  const absl::Status done = pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) {
    is_accepted = false;
    absl::StatusOr<pg::Result> rows = transaction.Execute(kLockToken, {HashOf(used)});
    if (!rows.ok()) return rows.status();
    if (rows->empty() || rows->front().Get<bool>("is_over")) return absl::OkStatus();
    const pg::Row row = rows->front();
    session = ReadSession(row);
    if (row.Get<bool>("is_spent")) {
      return RunAll(transaction, {{kEnd, {session.id, "token_reused"}}});
    }
    is_accepted = true;
    return RunAll(transaction, {{kSpendToken, {HashOf(used)}},
                                {kInsertToken, {HashOf(next), session.id}},
                                {kTouchSession, {session.id}}});
  });
  if (!done.ok()) return done;
  if (!is_accepted) {
    return absl::UnauthenticatedError("the refresh token is not valid; sign in again");
  }
  return session;
}

absl::StatusOr<Session> SessionStore::Move(const std::string& session_id,
                                           const std::string& organization_id) {
  absl::StatusOr<pg::Result> rows =
      pg::Execute(*pool_, Repeatable(), kMove, {session_id, organization_id});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return absl::UnauthenticatedError("the session has ended");
  return ReadSession(rows->front());
}

absl::Status SessionStore::End(const std::string& session_id, std::string_view reason) {
  return pg::Execute(*pool_, Repeatable(), kEnd, {session_id, reason}).status();
}

absl::Status SessionStore::EndOwn(const std::string& user_id, const std::string& session_id,
                                  std::string_view reason) {
  const absl::Status missing = absl::NotFoundError("you have no such open session");
  if (!IsUuid(session_id)) return missing;
  absl::StatusOr<pg::Result> ended =
      pg::Execute(*pool_, Repeatable(), kEndOwn, {session_id, user_id, reason});
  if (!ended.ok()) return ended.status();
  return ended->affected_rows() == 0 ? missing : absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> SessionStore::EndAll(const std::string& user_id,
                                                              const std::string& kept,
                                                              std::string_view reason) {
  return ReadEach(pg::Execute(*pool_, Repeatable(), kEndAll, {user_id, kept, reason}), ReadId);
}

absl::StatusOr<std::vector<ListedSession>> SessionStore::List(const std::string& user_id) {
  return ReadEach(
      pg::Execute(*pool_, Repeatable(), kList, {user_id}), [](const pg::Row& row) -> ListedSession {
        return {row.Get<std::string>("id"),
                {row.Get<std::string>("remote_address"), row.Get<std::string>("user_agent")},
                row.Get<absl::Time>("created_at"),
                row.Get<absl::Time>("last_used_at"),
                row.Get<absl::Time>("expires_at")};
      });
}

absl::StatusOr<std::vector<ChangedSession>> SessionStore::ChangedWithin(absl::Duration last) {
  return ReadEach(pg::Execute(*pool_, Repeatable(), kChanged, {last}),
                  [](const pg::Row& row) -> ChangedSession {
                    return {row.Get<std::string>("id"), row.Get<int>("generation")};
                  });
}

}  // namespace datamigrate::gateway
