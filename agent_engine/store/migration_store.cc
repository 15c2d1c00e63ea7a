#include "agent_engine/store/migration_store.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "agent_engine/store/migration_rows.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

// Reads, and changes that are the same twice as once.
const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

constexpr pg::Statement kGet = {
    "get_migration",
    "SELECT m.id, m.tenant, m.created_by, m.name,"
    "   coalesce(m.idempotency_key, '') AS idempotency_key, m.request, m.target,"
    "   coalesce(j.priority, 0) AS priority, coalesce(m.schedule_id::text, '') AS schedule_id,"
    "   m.scheduled_at, m.status, m.current_step, m.progress, m.score, m.error,"
    "   m.project_path, m.is_set_aside, m.summary, m.created_at, m.updated_at, m.finished_at"
    " FROM migrations m LEFT JOIN jobs j ON j.run_id = m.id WHERE m.tenant = $1 AND m.id = $2"};
// $3, $4: the last row of the page before, where the order says what is compared with them.
constexpr std::string_view kList =
    "SELECT id, tenant, created_by, name, coalesce(idempotency_key, '') AS idempotency_key,"
    "   ''::bytea AS request, target, status, current_step, progress, score, error, project_path,"
    "   '{}' AS summary, created_at, updated_at, finished_at,"
    "   coalesce((SELECT j.priority FROM jobs j WHERE j.run_id = migrations.id), 0) AS priority,"
    "   coalesce(schedule_id::text, '') AS schedule_id, scheduled_at, is_set_aside"
    " FROM migrations WHERE tenant = $1 AND ($2::text IS NULL OR status = $2)"
    "   AND ($6 = '' OR target = $6) AND ($7 = '' OR position(lower($7) IN lower(name)) > 0)"
    "   AND ($8::timestamptz IS NULL OR created_at >= $8)"
    "   AND ($9::timestamptz IS NULL OR created_at < $9) AND (is_set_aside OR NOT $10::boolean)";
constexpr std::string_view kNewestFirst =
    " AND ($3::timestamptz IS NULL OR (created_at, id) < ($3::timestamptz, $4::uuid))"
    " ORDER BY created_at DESC, id DESC LIMIT $5";
constexpr std::string_view kOldestFirst =
    " AND ($3::timestamptz IS NULL OR (created_at, id) > ($3::timestamptz, $4::uuid))"
    " ORDER BY created_at, id LIMIT $5";
constexpr std::string_view kByName =
    " AND ($3::text IS NULL OR (name, id) > ($3::text, $4::uuid)) ORDER BY name, id LIMIT $5";
constexpr pg::Statement kExists = {"find_migration",
                                   "SELECT 1 FROM migrations WHERE tenant = $1 AND id = $2"};
constexpr pg::Statement kDecisions = {
    "list_decisions",
    "SELECT d.step, d.node, d.question, d.answer, d.decided_by, d.asked_at, d.decided_at,"
    "   d.deadline"
    " FROM user_decisions d JOIN migrations m ON m.id = d.migration_id"
    " WHERE m.tenant = $1 AND m.id = $2 ORDER BY d.step"};
constexpr pg::Statement kEventsSince = {
    "events_since",
    "SELECT e.sequence, e.kind, e.payload, e.at FROM migration_events e"
    " JOIN migrations m ON m.id = e.migration_id"
    " WHERE m.tenant = $1 AND m.id = $2 AND e.sequence > $3 ORDER BY e.sequence LIMIT $4"};
constexpr pg::Statement kListModels = {
    "list_models",
    "SELECT c.name, c.object, c.layer, c.materialization, c.status, '' AS source_sql,"
    "   '' AS target_sql, c.diagnostics, c.updated_at"
    " FROM migration_models c JOIN migrations m ON m.id = c.migration_id"
    " WHERE m.tenant = $1 AND m.id = $2 AND ($3 = '' OR c.status = $3) AND c.name > $4"
    " ORDER BY c.name LIMIT $5"};
constexpr pg::Statement kGetModel = {
    "get_model",
    "SELECT c.name, c.object, c.layer, c.materialization, c.status, c.source_sql, c.target_sql,"
    "   c.diagnostics, c.updated_at"
    " FROM migration_models c JOIN migrations m ON m.id = c.migration_id"
    " WHERE m.tenant = $1 AND m.id = $2 AND c.name = $3"};
constexpr pg::Statement kChunks = {
    "list_chunks",
    "SELECT c.table_name, c.chunk, c.row_count, c.checksum, c.status"
    " FROM data_chunks c JOIN migrations m ON m.id = c.migration_id"
    " WHERE m.tenant = $1 AND m.id = $2 AND ($3 = '' OR c.table_name = $3)"
    " ORDER BY c.table_name, c.chunk"};

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

MigrationRecord ToMigration(const pg::Row& row) {
  return {
      .id = row.Get<std::string>("id"),
      .tenant = row.Get<std::string>("tenant"),
      .created_by = row.Get<std::string>("created_by"),
      .name = row.Get<std::string>("name"),
      .idempotency_key = row.Get<std::string>("idempotency_key"),
      .request = row.Get<pg::Bytes>("request").value,
      .target = row.Get<std::string>("target"),
      .priority = row.Get<int>("priority"),
      // The table's CHECK admits no other words.
      .status =
          ParseMigrationStatus(row.Get<std::string>("status")).value_or(MigrationStatus::kFailed),
      .current_step = row.Get<std::string>("current_step"),
      .progress = row.Get<double>("progress"),
      .score = row.Get<std::optional<double>>("score"),
      .error = row.Get<std::string>("error"),
      .project_path = row.Get<std::string>("project_path"),
      .summary_json = row.Get<std::string>("summary"),
      .created_at = row.Get<absl::Time>("created_at"),
      .updated_at = row.Get<absl::Time>("updated_at"),
      .finished_at = row.Get<std::optional<absl::Time>>("finished_at"),
      .schedule_id = row.Get<std::string>("schedule_id"),
      .scheduled_at = row.Get<std::optional<absl::Time>>("scheduled_at"),
      .is_set_aside = row.Get<bool>("is_set_aside")};
}

ModelRecord ToModel(const pg::Row& row) {
  return {.name = row.Get<std::string>("name"),
          .object = row.Get<std::string>("object"),
          .layer = row.Get<std::string>("layer"),
          .materialization = row.Get<std::string>("materialization"),
          .status = row.Get<std::string>("status"),
          .source_sql = row.Get<std::string>("source_sql"),
          .target_sql = row.Get<std::string>("target_sql"),
          .diagnostics_json = row.Get<std::string>("diagnostics"),
          .updated_at = row.Get<absl::Time>("updated_at")};
}

int ClampPage(int page_size) {
  return std::clamp(page_size, 1, 1000);
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

// The place of a row in the order of List.
struct ListPosition {
  std::optional<absl::Time> created_at = {};
  std::optional<std::string> name = {};
  std::optional<std::string> id = {};
};

// What the row is ordered by, a dot, the id: microseconds since 1970, or "n" and the name in
// hexadecimal.
std::string ToToken(const MigrationRecord& last, MigrationOrder order) {
  if (order == MigrationOrder::kName) return fmt::format("n{}.{}", Hex(last.name), last.id);
  return fmt::format("{}.{}", absl::ToUnixMicros(last.created_at), last.id);
}

std::optional<std::string> FromHex(std::string_view text) {
  if (text.size() % 2 != 0 || !std::ranges::all_of(text, IsHex)) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    int byte = 0;
    std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::optional<absl::Time> TimeOf(std::string_view text) {
  int64_t micros = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), micros);
  // PostgreSQL's timestamps reach from 4713 BC to 294276 AD; ours are of this era.
  const bool is_good = error == std::errc() && end == text.data() + text.size() && micros >= 0 &&
                       micros < 253402300800000000;
  return is_good ? std::optional(absl::FromUnixMicros(micros)) : std::nullopt;
}

absl::StatusOr<ListPosition> ParseToken(std::string_view token, MigrationOrder order) {
  ListPosition position;
  if (token.empty()) return position;
  const size_t dot = token.find('.');
  const std::string_view id = dot == token.npos ? "" : token.substr(dot + 1);
  const std::string_view key = token.substr(0, dot);
  if (order != MigrationOrder::kName) {
    position.created_at = TimeOf(key);
  } else if (key.starts_with('n')) {
    position.name = FromHex(key.substr(1));
  }
  position.id = std::string(id);
  const bool has_key = position.created_at.has_value() || position.name.has_value();
  if (has_key && CheckId(id).ok()) return position;
  return absl::InvalidArgumentError("the page token is not one that was given out for this order");
}

std::string_view TailOf(MigrationOrder order) {
  switch (order) {
    case MigrationOrder::kNewest:
      return kNewestFirst;
    case MigrationOrder::kOldest:
      return kOldestFirst;
    case MigrationOrder::kName:
      return kByName;
  }
  return kNewestFirst;
}

pg::Parameter KeyOf(const ListPosition& position, MigrationOrder order) {
  if (order == MigrationOrder::kName) return position.name;
  return position.created_at;
}

// OK when the tenant has the migration: then an empty list is the answer.
absl::Status CheckExists(pg::Pool& pool, std::string_view tenant, std::string_view id) {
  absl::StatusOr<pg::Result> rows = pg::Execute(pool, kRepeatable, kExists, {tenant, id});
  if (!rows.ok()) return rows.status();
  return rows->empty() ? NoSuchMigration(id) : absl::OkStatus();
}

// Runs a query about one migration; kNotFound only when the migration is not there.
absl::StatusOr<pg::Result> Query(pg::Pool& pool, std::string_view tenant, std::string_view id,
                                 const pg::Statement& statement,
                                 const std::vector<pg::Parameter>& parameters) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  absl::StatusOr<pg::Result> rows = pg::Execute(pool, kRepeatable, statement, parameters);
  if (!rows.ok() || !rows->empty()) return rows;
  if (absl::Status status = CheckExists(pool, tenant, id); !status.ok()) return status;
  return rows;
}

}  // namespace

// 8-4-4-4-12 hexadecimal digits, as PostgreSQL prints them.
absl::Status CheckId(std::string_view id) {
  bool is_uuid = id.size() == 36;
  for (std::size_t i = 0; is_uuid && i < id.size(); ++i) {
    bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    is_uuid = is_dash ? id[i] == '-' : IsHex(id[i]);
  }
  if (is_uuid) return absl::OkStatus();
  return absl::InvalidArgumentError("the migration's id is not a UUID");
}

absl::Status CheckPriority(int priority) {
  if (priority >= kLowestPriority && priority <= kHighestPriority) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("priority must be a whole number from {} to {}",
                                                kLowestPriority, kHighestPriority));
}

absl::StatusOr<MigrationRecord> MigrationStore::Get(std::string_view tenant, std::string_view id) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, kRepeatable, kGet, {tenant, id});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return NoSuchMigration(id);
  return ToMigration(rows->front());
}

absl::StatusOr<Page<MigrationRecord>> MigrationStore::List(std::string_view tenant,
                                                           const MigrationFilter& filter,
                                                           int page_size,
                                                           std::string_view page_token,
                                                           MigrationOrder order) {
  absl::StatusOr<ListPosition> after = ParseToken(page_token, order);
  if (!after.ok()) return after.status();
  std::optional<std::string> status;
  if (filter.status.has_value()) status = std::string(ToString(*filter.status));
  std::size_t size = static_cast<std::size_t>(ClampPage(page_size));
  const std::string sql = fmt::format("{}{}", kList, TailOf(order));
  absl::StatusOr<pg::Result> rows =
      pg::Execute(*pool_, kRepeatable, {"list_migrations", sql},
                  {tenant, status, KeyOf(*after, order), after->id, static_cast<int>(size) + 1,
                   filter.target, pg::ToStorableText(filter.name), filter.created_from,
                   filter.created_before, filter.is_set_aside});
  if (!rows.ok()) return rows.status();
  Page<MigrationRecord> page;
  for (std::size_t i = 0; i < std::min(size, rows->size()); ++i) {
    page.items.push_back(ToMigration((*rows)[i]));
  }
  if (rows->size() > size) page.next_token = ToToken(page.items.back(), order);
  return page;
}

absl::StatusOr<std::vector<DecisionRecord>> MigrationStore::Decisions(std::string_view tenant,
                                                                      std::string_view id) {
  absl::StatusOr<pg::Result> rows = Query(*pool_, tenant, id, kDecisions, {tenant, id});
  if (!rows.ok()) return rows.status();
  std::vector<DecisionRecord> decisions;
  for (pg::Row row : *rows) {
    decisions.push_back({.step = row.Get<int64_t>("step"),
                         .node = row.Get<std::string>("node"),
                         .question_json = row.Get<std::string>("question"),
                         .answer_json = row.Get<std::optional<std::string>>("answer"),
                         .decided_by = row.Get<std::string>("decided_by"),
                         .asked_at = row.Get<absl::Time>("asked_at"),
                         .decided_at = row.Get<std::optional<absl::Time>>("decided_at"),
                         .deadline = row.Get<std::optional<absl::Time>>("deadline")});
  }
  return decisions;
}

absl::StatusOr<int64_t> MigrationStore::AppendEvent(std::string_view tenant, std::string_view id,
                                                    std::string_view kind,
                                                    std::string_view payload_json) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  int64_t sequence = 0;
  absl::Status status =
      pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) -> absl::Status {
        absl::StatusOr<pg::Result> found = transaction.Execute(kExists, {tenant, id});
        if (!found.ok()) return found.status();
        if (found->empty()) return NoSuchMigration(id);
        absl::StatusOr<int64_t> added = InsertEvent(transaction, id, kind, payload_json);
        if (added.ok()) sequence = *added;
        return added.status();
      });
  if (!status.ok()) return status;
  return sequence;
}

absl::StatusOr<std::vector<EventRecord>> MigrationStore::EventsSince(std::string_view tenant,
                                                                     std::string_view id,
                                                                     int64_t sequence, int limit) {
  absl::StatusOr<pg::Result> rows =
      Query(*pool_, tenant, id, kEventsSince, {tenant, id, sequence, std::max(limit, 1)});
  if (!rows.ok()) return rows.status();
  std::vector<EventRecord> events;
  for (pg::Row row : *rows) {
    events.push_back({.sequence = row.Get<int64_t>("sequence"),
                      .kind = row.Get<std::string>("kind"),
                      .payload_json = row.Get<std::string>("payload"),
                      .at = row.Get<absl::Time>("at")});
  }
  return events;
}

absl::StatusOr<Page<ModelRecord>> MigrationStore::ListModels(std::string_view tenant,
                                                             std::string_view id,
                                                             std::string_view status, int page_size,
                                                             std::string_view page_token) {
  std::size_t size = static_cast<std::size_t>(ClampPage(page_size));
  absl::StatusOr<pg::Result> rows =
      Query(*pool_, tenant, id, kListModels,
            {tenant, id, status, pg::ToStorableText(page_token), static_cast<int>(size) + 1});
  if (!rows.ok()) return rows.status();
  Page<ModelRecord> page;
  for (std::size_t i = 0; i < std::min(size, rows->size()); ++i) {
    page.items.push_back(ToModel((*rows)[i]));
  }
  if (rows->size() > size) page.next_token = page.items.back().name;
  return page;
}

absl::StatusOr<ModelRecord> MigrationStore::GetModel(std::string_view tenant, std::string_view id,
                                                     std::string_view name) {
  absl::StatusOr<pg::Result> rows =
      Query(*pool_, tenant, id, kGetModel, {tenant, id, pg::ToStorableText(name)});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) {
    return absl::NotFoundError(fmt::format("migration {} has no model of that name", id));
  }
  return ToModel(rows->front());
}

absl::StatusOr<std::vector<ChunkRecord>> MigrationStore::Chunks(std::string_view tenant,
                                                                std::string_view id,
                                                                std::string_view table) {
  absl::StatusOr<pg::Result> rows =
      Query(*pool_, tenant, id, kChunks, {tenant, id, pg::ToStorableText(table)});
  if (!rows.ok()) return rows.status();
  std::vector<ChunkRecord> chunks;
  for (pg::Row row : *rows) {
    chunks.push_back({.table = row.Get<std::string>("table_name"),
                      .chunk = row.Get<int64_t>("chunk"),
                      .rows = row.Get<int64_t>("row_count"),
                      .checksum = row.Get<std::string>("checksum"),
                      .status = row.Get<std::string>("status")});
  }
  return chunks;
}

}  // namespace datamigrate::store
