#include "agent_engine/store/model_ledger.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent_engine/routing/model_caller.h"
#include "common/crypto/random.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

constexpr size_t kMaxGroup = 500;
constexpr size_t kMaxWaiting = 100000;
constexpr absl::Duration kGroupPause = absl::Milliseconds(5);
constexpr absl::Duration kRetryPause = absl::Seconds(1);

constexpr pg::Statement kReserve = {
    "reserve_model_budgets",
    "SELECT at_position, spent_of_it, held_of_it FROM reserve_model_budgets("
    "$1::uuid, $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint, $7::interval)"};

// One statement for a group: records travel as one JSON text.
constexpr pg::Statement kInsertUsage = {
    "insert_model_usage",
    "INSERT INTO model_usage (call, tenant, migration, agent, task, model, deployment, "
    "provider_model, outcome, input_tokens, cached_input_tokens, cache_write_tokens, "
    "output_tokens, is_estimated, cost_microdollars, latency_microseconds, "
    "first_token_microseconds, began_at) "
    "SELECT call, tenant, migration, agent, task, model, deployment, provider_model, outcome, "
    "input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, is_estimated, "
    "cost_microdollars, latency_microseconds, first_token_microseconds, began_at "
    "FROM jsonb_to_recordset($1::jsonb) AS r (call uuid, tenant text, migration text, agent text, "
    "task text, model text, deployment text, provider_model text, outcome text, "
    "input_tokens bigint, cached_input_tokens bigint, cache_write_tokens bigint, "
    "output_tokens bigint, is_estimated boolean, cost_microdollars bigint, "
    "latency_microseconds bigint, first_token_microseconds bigint, began_at timestamptz)"};

constexpr pg::Statement kSettle = {"settle_model_budgets",
                                   "SELECT settle_model_budgets($1::uuid, $2::bigint)"};

constexpr pg::Statement kUsage = {
    "model_usage_by_day",
    "SELECT to_char(began_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, model, agent, task, "
    "count(*) AS calls, count(*) FILTER (WHERE outcome = 'answered') AS answered, "
    "count(*) FILTER (WHERE outcome = 'from_cache') AS from_cache, "
    "sum(input_tokens)::bigint AS input_tokens, "
    "sum(cached_input_tokens)::bigint AS cached_input_tokens, "
    "sum(output_tokens)::bigint AS output_tokens, "
    "sum(cost_microdollars)::bigint AS cost_microdollars, "
    "coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY latency_microseconds) "
    "FILTER (WHERE outcome = 'answered'), 0) AS p50, "
    "coalesce(percentile_disc(0.95) WITHIN GROUP (ORDER BY latency_microseconds) "
    "FILTER (WHERE outcome = 'answered'), 0) AS p95 "
    "FROM model_usage WHERE tenant = $1 AND began_at >= $2 AND began_at < $3 "
    "AND ($4 = '' OR migration = $4) GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 2, 3, 4"};

constexpr pg::Statement kBudgets = {
    "model_budgets_of_tenant",
    "SELECT b.budget, b.subject, b.window_name, b.spent, "
    "coalesce((SELECT sum(r.microdollars) FROM model_reservations r WHERE r.budget = b.budget "
    "AND r.subject = b.subject AND r.window_name = b.window_name), 0)::bigint AS held "
    "FROM model_budgets b WHERE b.subject IN ($1, '') OR b.subject IN "
    "(SELECT id::text FROM migrations WHERE tenant = $1) "
    "ORDER BY b.window_name DESC, b.budget, b.subject LIMIT 100"};

nlohmann::json ToJson(const routing::CallRecord& record) {
  return {{"call", record.call},
          {"tenant", pg::ToStorableText(record.tenant)},
          {"migration", pg::ToStorableText(record.migration)},
          {"agent", pg::ToStorableText(record.agent)},
          {"task", pg::ToStorableText(record.task)},
          {"model", record.model},
          {"deployment", record.deployment},
          {"provider_model", pg::ToStorableText(record.provider_model)},
          {"outcome", pg::ToStorableText(record.outcome)},
          {"input_tokens", record.usage.input},
          {"cached_input_tokens", record.usage.cached_input},
          {"cache_write_tokens", record.usage.cache_write},
          {"output_tokens", record.usage.output},
          {"is_estimated", record.usage.is_estimated},
          {"cost_microdollars", record.cost_microdollars},
          {"latency_microseconds", absl::ToInt64Microseconds(record.latency)},
          {"first_token_microseconds", absl::ToInt64Microseconds(record.first_token)},
          {"began_at", absl::FormatTime(absl::RFC3339_full, record.began, absl::UTCTimeZone())}};
}

// Settling twice has the effect of once; a record that is there twice would be counted twice, so an
// unknown outcome is not tried again.
pg::RetryPolicy WritePolicy() {
  return {};
}

pg::RetryPolicy ReadPolicy() {
  pg::RetryPolicy policy;
  policy.retry_unknown_outcome = true;
  return policy;
}

}  // namespace

ModelLedger::ModelLedger(pg::Pool* pool, Trouble on_trouble)
    : pool_(pool), on_trouble_(std::move(on_trouble)), writer_([this] { Run(); }) {}

ModelLedger::~ModelLedger() {
  {
    absl::MutexLock lock(&mutex_);
    is_stopping_ = true;
  }
  writer_.join();
}

absl::StatusOr<std::string> ModelLedger::Reserve(const std::vector<routing::BudgetUse>& uses,
                                                 int64_t microdollars, absl::Time now,
                                                 absl::Time expires) {
  std::vector<std::string> budgets, subjects, windows, limits;
  for (const routing::BudgetUse& use : uses) {
    budgets.push_back(use.budget);
    subjects.push_back(use.subject);
    windows.push_back(use.window);
    limits.push_back(std::to_string(use.limit_microdollars));
  }
  std::string id = crypto::RandomUuid();
  const auto refused =
      pg::Execute(*pool_, ReadPolicy(), kReserve,
                  {id, budgets, subjects, windows, limits, microdollars, expires - now});
  if (!refused.ok()) {
    return routing::Failure(routing::FailureCause::kRecords,
                            std::string(refused.status().message()));
  }
  if (refused->empty()) return id;
  const pg::Row row = refused->front();
  const auto at = static_cast<size_t>(row.Get<int>("at_position") - 1);
  return routing::BudgetSpent(uses[at], row.Get<int64_t>("spent_of_it"),
                              row.Get<int64_t>("held_of_it"), microdollars);
}

void ModelLedger::Settle(std::string_view reservation, routing::CallRecord record) {
  absl::MutexLock lock(&mutex_);
  // Without a database for hours; its reservation then counts as spent.
  if (waiting_.size() >= kMaxWaiting) return;
  waiting_.push_back({std::string(reservation), std::move(record)});
}

void ModelLedger::Flush() {
  absl::MutexLock lock(&mutex_);
  auto is_done = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return waiting_.empty() && !is_writing_;
  };
  mutex_.Await(absl::Condition(&is_done));
}

void ModelLedger::Run() {
  auto has_news = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return is_stopping_ || !waiting_.empty();
  };
  bool has_failed = false;
  while (true) {
    std::vector<Item> group;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&has_news));
      if (waiting_.empty()) return;
      const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kMaxGroup));
      group.assign(std::make_move_iterator(waiting_.begin()),
                   std::make_move_iterator(waiting_.begin() + count));
      waiting_.erase(waiting_.begin(), waiting_.begin() + count);
      is_writing_ = true;
    }
    const absl::Status written = Write(group);
    if (!written.ok() && on_trouble_) on_trouble_("recording the use of models", written);
    // A database that is away comes back; records that it refuses are not tried for ever.
    const bool may_repeat = !written.ok() && absl::IsUnavailable(written);
    absl::MutexLock lock(&mutex_);
    is_writing_ = false;
    auto is_stopping = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return is_stopping_; };
    if (may_repeat && !(is_stopping_ && has_failed)) {
      waiting_.insert(waiting_.begin(), std::make_move_iterator(group.begin()),
                      std::make_move_iterator(group.end()));
      mutex_.AwaitWithTimeout(absl::Condition(&is_stopping), kRetryPause);
    } else if (!is_stopping_) {
      // A moment in which a group gathers.
      mutex_.AwaitWithTimeout(absl::Condition(&is_stopping), kGroupPause);
    }
    has_failed = !written.ok();
  }
}

absl::Status ModelLedger::Write(const std::vector<Item>& items) {
  nlohmann::json records = nlohmann::json::array();
  for (const Item& item : items) records.push_back(ToJson(item.record));
  const std::string text = records.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return pg::InTransaction(*pool_, WritePolicy(), [&](pg::Transaction& transaction) {
    const auto inserted = transaction.Execute(kInsertUsage, {pg::ToStorableJson(text)});
    if (!inserted.ok()) return inserted.status();
    for (const Item& item : items) {
      if (item.reservation.empty()) continue;
      const auto settled =
          transaction.Execute(kSettle, {item.reservation, item.record.cost_microdollars});
      if (!settled.ok()) return settled.status();
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<ModelUsageRow>> ModelLedger::Usage(std::string_view tenant,
                                                              std::string_view migration,
                                                              absl::Time from, absl::Time before) {
  const auto rows = pg::Execute(*pool_, ReadPolicy(), kUsage, {tenant, from, before, migration});
  if (!rows.ok()) return rows.status();
  std::vector<ModelUsageRow> usage;
  for (const pg::Row row : *rows) {
    usage.push_back(
        {row.Get<std::string>("day"), row.Get<std::string>("model"), row.Get<std::string>("agent"),
         row.Get<std::string>("task"), row.Get<int64_t>("calls"), row.Get<int64_t>("answered"),
         row.Get<int64_t>("from_cache"), row.Get<int64_t>("input_tokens"),
         row.Get<int64_t>("cached_input_tokens"), row.Get<int64_t>("output_tokens"),
         row.Get<int64_t>("cost_microdollars"), row.Get<int64_t>("p50"), row.Get<int64_t>("p95")});
  }
  return usage;
}

absl::StatusOr<std::vector<ModelBudgetRow>> ModelLedger::Budgets(std::string_view tenant) {
  const auto rows = pg::Execute(*pool_, ReadPolicy(), kBudgets, {tenant});
  if (!rows.ok()) return rows.status();
  std::vector<ModelBudgetRow> budgets;
  for (const pg::Row row : *rows) {
    budgets.push_back({row.Get<std::string>("budget"), row.Get<std::string>("subject"),
                       row.Get<std::string>("window_name"), row.Get<int64_t>("spent"),
                       row.Get<int64_t>("held")});
  }
  return budgets;
}

}  // namespace datamigrate::store
