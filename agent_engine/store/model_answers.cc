#include "agent_engine/store/model_answers.h"

#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

constexpr pg::Statement kFind = {
    "find_model_answer",
    "SELECT value FROM model_answers WHERE tenant = $1 AND key = $2 AND expires_at > $3"};

constexpr pg::Statement kStore = {
    "store_model_answer",
    "INSERT INTO model_answers AS a (tenant, key, value, expires_at) VALUES ($1, $2, $3, $5) "
    "ON CONFLICT (tenant, key) DO UPDATE SET value = excluded.value, "
    "expires_at = excluded.expires_at WHERE a.expires_at <= $4"};

constexpr pg::Statement kDrop = {
    "drop_model_answers",
    "DELETE FROM model_answers WHERE (tenant, key) IN "
    "(SELECT tenant, key FROM model_answers WHERE expires_at <= $1 LIMIT $2)"};

// Each of them has the same effect twice as once.
pg::RetryPolicy Policy() {
  pg::RetryPolicy policy;
  policy.retry_unknown_outcome = true;
  return policy;
}

}  // namespace

absl::StatusOr<std::optional<std::string>> ModelAnswers::Find(std::string_view tenant,
                                                              std::string_view key,
                                                              absl::Time now) {
  const auto rows = pg::Execute(*pool_, Policy(), kFind, {tenant, key, now});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::nullopt;
  return rows->front().Get<pg::Bytes>("value").value;
}

absl::Status ModelAnswers::Store(std::string_view tenant, std::string_view key,
                                 std::string_view value, absl::Time now, absl::Time expires) {
  return pg::Execute(*pool_, Policy(), kStore,
                     {tenant, key, pg::Bytes{std::string(value)}, now, expires})
      .status();
}

absl::StatusOr<int64_t> ModelAnswers::DropExpired(absl::Time now, int most) {
  const auto dropped = pg::Execute(*pool_, Policy(), kDrop, {now, most});
  if (!dropped.ok()) return dropped.status();
  return dropped->affected_rows();
}

}  // namespace datamigrate::store
