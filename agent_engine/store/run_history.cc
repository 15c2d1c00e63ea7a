#include "agent_engine/store/run_history.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

constexpr std::string_view kRun =
    "SELECT m.id, m.name, m.status, m.current_step, coalesce((SELECT max(step)"
    "     FROM workflow_checkpoints c WHERE c.run_id = m.id), 0) AS steps,"
    "   coalesce(j.attempts, 0) AS attempts,"
    "   CASE WHEN j.status = 'running' THEN coalesce(j.owner, '') ELSE '' END AS owner, m.error,"
    "   coalesce(m.parent_run::text, '') AS parent_run, coalesce(m.parent_step, 0) AS parent_step,"
    "   m.created_at, m.updated_at FROM migrations m LEFT JOIN jobs j ON j.run_id = m.id"
    " WHERE m.tenant = $1";
constexpr std::string_view kPage =
    " AND ($2::timestamptz IS NULL OR (m.created_at, m.id) < ($2::timestamptz, $3::uuid))"
    " ORDER BY m.created_at DESC, m.id DESC LIMIT $4";
constexpr pg::Statement kSteps = {
    "run_steps",
    "SELECT c.step, c.node, c.next_node, c.status, c.created_at, length(c.state) AS state_bytes,"
    "   coalesce(d.question, '') AS question, coalesce(d.answer, '') AS answer,"
    "   coalesce(d.decided_by, '') AS decided_by"
    " FROM migrations m JOIN workflow_checkpoints c ON c.run_id = m.id"
    " LEFT JOIN user_decisions d ON d.migration_id = c.run_id AND d.step = c.step"
    " WHERE m.tenant = $1 AND m.id = $2 ORDER BY c.step"};
constexpr pg::Statement kEffects = {
    "run_effects",
    "SELECT j.step, j.key, j.started_at, j.completed_at, j.is_reused FROM migrations m"
    " JOIN journal j ON j.run_id = m.id"
    " WHERE m.tenant = $1 AND m.id = $2 ORDER BY j.step, j.started_at, j.key"};
constexpr pg::Statement kState = {
    "run_state",
    "SELECT c.step, c.node, c.next_node, c.state FROM migrations m"
    " JOIN workflow_checkpoints c ON c.run_id = m.id"
    " WHERE m.tenant = $1 AND m.id = $2 AND ($3::bigint < 0 OR c.step = $3::bigint)"
    " ORDER BY c.step DESC LIMIT 1"};

// $1: tenant, $2: run, $3: step, $4: the fork's id, $5: created_by. The job's token begins at 1, as
// there are checkpoints already (RunStore::Latest).
constexpr pg::Statement kForkRun = {
    "fork_run",
    "WITH parent AS (SELECT m.* FROM migrations m JOIN workflow_checkpoints c ON c.run_id = m.id"
    "   WHERE m.tenant = $1 AND m.id = $2 AND c.step = $3 AND c.status <> 'completed'"
    "     AND c.next_node NOT LIKE 'undo:%'),"
    " forked AS (INSERT INTO migrations (id, tenant, created_by, name, request, target,"
    "     current_step, last_event, parent_run, parent_step)"
    "   SELECT $4::uuid, tenant, $5, name, request, target, current_step, 1, id, $3::bigint"
    "   FROM parent RETURNING id, tenant),"
    " told AS (INSERT INTO migration_events (migration_id, sequence, kind, payload)"
    "   SELECT id, 1, 'created', '{\"status\": \"pending\"}' FROM forked)"
    " INSERT INTO jobs (id, run_id, kind, priority, tenant, fencing_token)"
    " SELECT f.id, f.id, j.kind, j.priority, f.tenant, 1 FROM forked f, jobs j WHERE j.run_id = $2"
    " RETURNING id"};
constexpr pg::Statement kForkSteps = {
    "fork_steps",
    "INSERT INTO workflow_checkpoints (run_id, step, node, next_node, status, state, effects_step,"
    "   fencing_token, created_at, frame)"
    " SELECT $3::uuid, step, node, next_node, status,"
    "   CASE WHEN step = $2::bigint THEN $4::bytea ELSE state END, effects_step, 0, created_at,"
    "   frame"
    " FROM workflow_checkpoints WHERE run_id = $1 AND step <= $2::bigint"};
// Of a question that is open again, what its node did before it asked is done.
constexpr pg::Statement kForkReceipts = {
    "fork_receipts",
    "INSERT INTO journal (run_id, step, key, started_at, receipt, completed_at, input_sha256,"
    "   is_reused)"
    " SELECT $3::uuid, step, key, started_at, receipt, completed_at, input_sha256, true"
    " FROM journal WHERE run_id = $1 AND step <= $2 AND receipt IS NOT NULL"};
constexpr pg::Statement kForkDecisions = {
    "fork_decisions",
    "INSERT INTO user_decisions (migration_id, step, node, question, answer, decided_by, asked_at,"
    "   decided_at)"
    " SELECT $3::uuid, step, node, question, CASE WHEN step < $2::bigint THEN answer END,"
    "   CASE WHEN step < $2::bigint THEN decided_by ELSE '' END, asked_at,"
    "   CASE WHEN step < $2::bigint THEN decided_at END"
    " FROM user_decisions WHERE migration_id = $1 AND step <= $2::bigint"};

// What was taken after the step is open again.
constexpr pg::Statement kForkMessages = {
    "fork_messages",
    "INSERT INTO agent_messages (run_id, number, from_agent, to_agent, kind, priority, deadline,"
    "   reply_expected, reply_to, body, sent_step, sent_at, taken_step, taken_at, answered_step,"
    "   answered_at)"
    " SELECT $3::uuid, number, from_agent, to_agent, kind, priority, deadline, reply_expected,"
    "   reply_to, body, sent_step, sent_at,"
    "   CASE WHEN taken_step <= $2::bigint THEN taken_step END,"
    "   CASE WHEN taken_step <= $2::bigint THEN taken_at END,"
    "   CASE WHEN answered_step <= $2::bigint THEN answered_step END,"
    "   CASE WHEN answered_step <= $2::bigint THEN answered_at END"
    " FROM agent_messages WHERE run_id = $1 AND sent_step <= $2::bigint"};

constexpr pg::Statement kFailures = {
    "run_failures",
    "SELECT * FROM (SELECT f.id, f.step, f.at, f.context FROM migrations m"
    "   JOIN run_failures f ON f.run_id = m.id"
    "   WHERE m.tenant = $1 AND m.id = $2 ORDER BY f.id DESC LIMIT 1000) AS last ORDER BY id"};
constexpr pg::Statement kMessages = {
    "run_messages",
    "SELECT a.number, a.from_agent, a.to_agent, a.kind, a.priority, a.deadline, a.reply_expected,"
    "   coalesce(a.reply_to, 0) AS reply_to, a.body, a.sent_step, a.sent_at, a.taken_at,"
    "   a.answered_at"
    " FROM migrations m JOIN agent_messages a ON a.run_id = m.id"
    " WHERE m.tenant = $1 AND m.id = $2 AND a.number > $3::bigint ORDER BY a.number LIMIT 1000"};
constexpr pg::Statement kMemories = {
    "agent_memories",
    "SELECT agent, key, value, updated_at FROM agent_memory"
    " WHERE tenant = $1 AND ($2::text = '' OR agent = $2::text) ORDER BY agent, key LIMIT 1000"};

RunRecord ToRun(const pg::Row& row) {
  return {
      .id = row.Get<std::string>("id"),
      .name = row.Get<std::string>("name"),
      // The table's CHECK admits no other words.
      .status =
          ParseMigrationStatus(row.Get<std::string>("status")).value_or(MigrationStatus::kFailed),
      .node = row.Get<std::string>("current_step"),
      .steps = row.Get<int64_t>("steps"),
      .attempts = row.Get<int>("attempts"),
      .owner = row.Get<std::string>("owner"),
      .error = row.Get<std::string>("error"),
      .parent_run = row.Get<std::string>("parent_run"),
      .parent_step = row.Get<int64_t>("parent_step"),
      .created_at = row.Get<absl::Time>("created_at"),
      .updated_at = row.Get<absl::Time>("updated_at")};
}

absl::Status NoSuchRun(std::string_view id) {
  return absl::NotFoundError(fmt::format("there is no run {}", id));
}

// Microseconds since 1970, a dot, the id.
struct Position {
  std::optional<absl::Time> created_at = {};
  std::optional<std::string> id = {};
};

absl::StatusOr<Position> ParseToken(std::string_view token) {
  if (token.empty()) return Position();
  int64_t micros = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), micros);
  const std::string_view rest = token.substr(static_cast<std::size_t>(end - token.data()));
  const bool is_good = error == std::errc() && micros >= 0 && rest.size() == 37 &&
                       micros < 253402300800000000 && CheckId(rest.substr(1)).ok();
  if (!is_good) return absl::InvalidArgumentError("the page token is not one that was given out");
  return Position{absl::FromUnixMicros(micros), std::string(rest.substr(1))};
}

}  // namespace

absl::StatusOr<Page<RunRecord>> RunHistory::List(std::string_view tenant, int page_size,
                                                 std::string_view page_token) {
  const absl::StatusOr<Position> after = ParseToken(page_token);
  if (!after.ok()) return after.status();
  const auto size = static_cast<std::size_t>(std::clamp(page_size, 1, 200));
  const std::string sql = fmt::format("{}{}", kRun, kPage);
  absl::StatusOr<pg::Result> rows =
      pg::Execute(*pool_, kRepeatable, {"list_runs", sql},
                  {tenant, after->created_at, after->id, static_cast<int>(size) + 1});
  if (!rows.ok()) return rows.status();
  Page<RunRecord> page;
  for (std::size_t i = 0; i < std::min(size, rows->size()); ++i) {
    page.items.push_back(ToRun((*rows)[i]));
  }
  if (rows->size() > size) {
    const RunRecord& last = page.items.back();
    page.next_token = fmt::format("{}.{}", absl::ToUnixMicros(last.created_at), last.id);
  }
  return page;
}

absl::StatusOr<RunRecord> RunHistory::Get(std::string_view tenant, std::string_view id) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  const std::string sql = fmt::format("{} AND m.id = $2", kRun);
  absl::StatusOr<pg::Result> rows =
      pg::Execute(*pool_, kRepeatable, {"get_run", sql}, {tenant, id});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return NoSuchRun(id);
  return ToRun(rows->front());
}

absl::StatusOr<std::vector<StepRecord>> RunHistory::Steps(std::string_view tenant,
                                                          std::string_view id) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, kRepeatable, kSteps, {tenant, id});
  if (!rows.ok()) return rows.status();
  std::vector<StepRecord> steps;
  for (const pg::Row row : *rows) {
    steps.push_back({.step = row.Get<int64_t>("step"),
                     .node = row.Get<std::string>("node"),
                     .next_node = row.Get<std::string>("next_node"),
                     .status = row.Get<std::string>("status"),
                     .at = row.Get<absl::Time>("created_at"),
                     .state_bytes = row.Get<int64_t>("state_bytes"),
                     .question = row.Get<std::string>("question"),
                     .answer = row.Get<std::string>("answer"),
                     .decided_by = row.Get<std::string>("decided_by")});
  }
  return steps;
}

absl::StatusOr<std::vector<EffectRecord>> RunHistory::Effects(std::string_view tenant,
                                                              std::string_view id) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, kRepeatable, kEffects, {tenant, id});
  if (!rows.ok()) return rows.status();
  std::vector<EffectRecord> effects;
  for (const pg::Row row : *rows) {
    effects.push_back({.step = row.Get<int64_t>("step"),
                       .key = row.Get<std::string>("key"),
                       .started_at = row.Get<absl::Time>("started_at"),
                       .completed_at = row.Get<std::optional<absl::Time>>("completed_at"),
                       .is_reused = row.Get<bool>("is_reused")});
  }
  return effects;
}

absl::StatusOr<std::vector<FailureRecord>> RunHistory::Failures(std::string_view tenant,
                                                                std::string_view id) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, kRepeatable, kFailures, {tenant, id});
  if (!rows.ok()) return rows.status();
  std::vector<FailureRecord> failures;
  for (const pg::Row row : *rows) {
    failures.push_back({.step = row.Get<int64_t>("step"),
                        .at = row.Get<absl::Time>("at"),
                        .context = errors::FromJson(row.Get<std::string>("context"))});
  }
  return failures;
}

absl::StatusOr<std::vector<MessageRecord>> RunHistory::Messages(std::string_view tenant,
                                                                std::string_view id,
                                                                int64_t after) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  absl::StatusOr<pg::Result> rows =
      pg::Execute(*pool_, kRepeatable, kMessages, {tenant, id, after});
  if (!rows.ok()) return rows.status();
  std::vector<MessageRecord> messages;
  for (const pg::Row row : *rows) {
    messages.push_back({.number = row.Get<int64_t>("number"),
                        .from = row.Get<std::string>("from_agent"),
                        .to = row.Get<std::string>("to_agent"),
                        .kind = row.Get<std::string>("kind"),
                        .priority = row.Get<int>("priority"),
                        .deadline = row.Get<std::optional<absl::Time>>("deadline"),
                        .is_reply_expected = row.Get<bool>("reply_expected"),
                        .reply_to = row.Get<int64_t>("reply_to"),
                        .body_json = row.Get<std::string>("body"),
                        .step = row.Get<int64_t>("sent_step"),
                        .sent_at = row.Get<absl::Time>("sent_at"),
                        .taken_at = row.Get<std::optional<absl::Time>>("taken_at"),
                        .answered_at = row.Get<std::optional<absl::Time>>("answered_at")});
  }
  return messages;
}

absl::StatusOr<std::vector<MemoryRecord>> RunHistory::Memories(std::string_view tenant,
                                                               std::string_view agent) {
  absl::StatusOr<pg::Result> rows =
      pg::Execute(*pool_, kRepeatable, kMemories, {tenant, pg::ToStorableText(agent)});
  if (!rows.ok()) return rows.status();
  std::vector<MemoryRecord> memories;
  for (const pg::Row row : *rows) {
    memories.push_back({.agent = row.Get<std::string>("agent"),
                        .key = row.Get<std::string>("key"),
                        .value_json = row.Get<std::string>("value"),
                        .updated_at = row.Get<absl::Time>("updated_at")});
  }
  return memories;
}

absl::StatusOr<StateRecord> RunHistory::State(std::string_view tenant, std::string_view id,
                                              int64_t step) {
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  absl::StatusOr<pg::Result> rows = pg::Execute(*pool_, kRepeatable, kState, {tenant, id, step});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) {
    return absl::NotFoundError(
        step < 0 ? fmt::format("there is no run {}, or it has no checkpoint yet", id)
                 : fmt::format("there is no run {} with a checkpoint {}", id, step));
  }
  const pg::Row row = rows->front();
  return StateRecord{.step = row.Get<int64_t>("step"),
                     .node = row.Get<std::string>("node"),
                     .next_node = row.Get<std::string>("next_node"),
                     .state = row.Get<pg::Bytes>("state").value};
}

absl::Status RunHistory::Fork(std::string_view tenant, const NewFork& fork) {
  for (const std::string& id : {fork.run, fork.id}) {
    if (absl::Status status = CheckId(id); !status.ok()) return status;
  }
  return pg::InTransaction(*pool_, {}, [&](pg::Transaction& transaction) -> absl::Status {
    absl::StatusOr<pg::Result> forked = transaction.Execute(
        kForkRun, {tenant, fork.run, fork.step, fork.id, pg::ToStorableText(fork.created_by)});
    if (!forked.ok()) return forked.status();
    if (forked->empty()) {
      return absl::FailedPreconditionError(
          fmt::format("run {} has no checkpoint {} that a run can begin at", fork.run, fork.step));
    }
    absl::StatusOr<pg::Result> steps =
        transaction.Execute(kForkSteps, {fork.run, fork.step, fork.id, pg::Bytes{fork.state}});
    if (!steps.ok()) return steps.status();
    for (const pg::Statement& statement : {kForkReceipts, kForkDecisions, kForkMessages}) {
      absl::StatusOr<pg::Result> copied =
          transaction.Execute(statement, {fork.run, fork.step, fork.id});
      if (!copied.ok()) return copied.status();
    }
    return absl::OkStatus();
  });
}

}  // namespace datamigrate::store
