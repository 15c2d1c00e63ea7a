#include "agent_engine/store/checkpoint_group.h"

#include <string>

#include "agent_engine/store/checkpoint_rows.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

using workflow::Checkpoint;
using workflow::Event;

// $1 to $8: a run in each place. $9 to $15 and $22: a checkpoint in each; $16: all their states in
// a row, each with its frame behind it. $17 to $21: an event in each place.
//
// Jobs are locked first, one by one in the order of their ids, so that no two groups wait for one
// another.
// A checkpoint that is there already, or comes while this waits for a lock, makes its run be left
// out or the statement fail: then each run is asked for alone.
constexpr pg::Statement kCommitGroup = {
    "commit_checkpoints",
    "WITH asked AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::uuid[],"
    "     $5::text[], $6::bigint[], $7::bigint[], $8::boolean[]) WITH ORDINALITY"
    "     AS a (job_id, owner, token, run_id, current_step, first_step, event_count, leaves_job,"
    "       place)),"
    " locked AS (SELECT a.* FROM (SELECT * FROM asked ORDER BY job_id) a CROSS JOIN LATERAL ("
    "     SELECT FROM jobs j WHERE j.id = a.job_id AND j.owner = a.owner"
    "       AND j.fencing_token = a.token AND j.status = 'running' FOR UPDATE) held_job),"
    " held AS MATERIALIZED (SELECT l.* FROM locked l WHERE NOT EXISTS ("
    "   SELECT 1 FROM workflow_checkpoints c"
    "   WHERE c.run_id = l.run_id AND c.step >= l.first_step)),"
    " steps AS (INSERT INTO workflow_checkpoints"
    "     (run_id, step, node, next_node, status, state, frame, fencing_token)"
    "   SELECT h.run_id, s.step, s.node, s.next_node, s.status,"
    "     substring($16::bytea FROM s.start FOR s.length),"
    "     substring($16::bytea FROM s.start + s.length FOR s.frame_length), h.token"
    "   FROM unnest($9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::text[],"
    "     $14::integer[], $15::integer[], $22::integer[])"
    "     AS s (place, step, node, next_node, status, start, length, frame_length)"
    "   JOIN held h USING (place)),"
    " left_jobs AS (UPDATE jobs SET attempts = 0,"
    "     status = CASE WHEN h.leaves_job THEN 'completed' ELSE jobs.status END,"
    "     lease_until = CASE WHEN h.leaves_job THEN NULL ELSE jobs.lease_until END,"
    "     cancel_requested = jobs.cancel_requested AND NOT h.leaves_job,"
    "     pause_requested = jobs.pause_requested AND NOT h.leaves_job"
    "   FROM held h WHERE jobs.id = h.job_id"
    "     AND (h.leaves_job OR (jobs.attempts > 0 AND h.first_step < 9223372036854775807))),"
    " moved AS (UPDATE migrations m SET last_event = m.last_event + h.event_count,"
    "     updated_at = clock_timestamp(),"
    "     current_step = coalesce(nullif(h.current_step, ''), m.current_step),"
    "     status = CASE WHEN h.leaves_job THEN 'completed' ELSE m.status END,"
    "     progress = CASE WHEN h.leaves_job THEN 1 ELSE m.progress END,"
    "     finished_at = CASE WHEN h.leaves_job THEN clock_timestamp() ELSE m.finished_at END"
    "   FROM held h WHERE m.id = h.run_id"
    "   RETURNING h.place, m.id, m.last_event - h.event_count AS before),"
    " told AS (INSERT INTO migration_events"
    "     (migration_id, sequence, kind, payload, at, is_announced)"
    "   SELECT m.id, m.before + e.ordinal, e.kind, e.payload::jsonb, e.at, true"
    "   FROM unnest($17::bigint[], $18::bigint[], $19::text[], $20::text[], $21::timestamptz[])"
    "     AS e (place, ordinal, kind, payload, at) JOIN moved m USING (place))"
    " SELECT place FROM held",
    true};

// The arrays of the statement, by columns.
struct Columns {
  std::vector<std::string> jobs, owners, tokens, runs, current_steps, first_steps, event_counts,
      leaves;
  std::vector<std::string> step_places, steps, nodes, next_nodes, statuses, starts, lengths,
      frame_lengths;
  std::string states;
  std::vector<std::string> event_places, ordinals, kinds, payloads, times;

  void Add(const RunItems& run);

 private:
  void AddCheckpoint(const std::string& place, const Checkpoint& checkpoint);
  void AddEvent(const std::string& place, int64_t ordinal, std::string_view kind,
                std::string_view payload, absl::Time at);
};

void Columns::AddCheckpoint(const std::string& place, const Checkpoint& checkpoint) {
  step_places.push_back(place);
  steps.push_back(std::to_string(checkpoint.step));
  nodes.push_back(checkpoint.node);
  next_nodes.push_back(checkpoint.next_node);
  statuses.emplace_back(ToString(checkpoint.status));
  starts.push_back(std::to_string(states.size() + 1));  // substring counts from 1
  lengths.push_back(std::to_string(checkpoint.state.size()));
  states += checkpoint.state;
  frame_lengths.push_back(std::to_string(checkpoint.frame.size()));
  states += checkpoint.frame;
}

void Columns::AddEvent(const std::string& place, int64_t ordinal, std::string_view kind,
                       std::string_view payload, absl::Time at) {
  event_places.push_back(place);
  ordinals.push_back(std::to_string(ordinal));
  kinds.emplace_back(kind);
  payloads.push_back(pg::ToStorableJson(payload));
  times.push_back(pg::Parameter(at).value());
}

void Columns::Add(const RunItems& run) {
  jobs.push_back(run.lease.job_id);
  owners.push_back(run.lease.owner);
  tokens.push_back(std::to_string(run.lease.fencing_token));
  runs.push_back(run.lease.run_id);
  leaves.push_back(run.leaves_job ? "true" : "false");
  const std::string place = std::to_string(jobs.size());
  int64_t count = 0;
  int64_t first_step = -1;
  std::string current_step;
  absl::Time last = absl::UnixEpoch();
  for (const RunItem& item : run.items) {
    for (const Event& event : item.events) {
      AddEvent(place, ++count, event.kind, EventPayload(event), event.at);
      last = event.at;
    }
    if (!item.checkpoint.has_value()) continue;
    AddCheckpoint(place, *item.checkpoint);
    if (first_step < 0) first_step = item.checkpoint->step;
    current_step = CurrentStep(*item.checkpoint);
  }
  if (run.leaves_job) {
    AddEvent(place, ++count, "status_changed", R"({"status":"completed"})", last);
  }
  current_steps.push_back(current_step);
  // The array's literal quotes what it holds, so NULL is not to be written; no step is as great.
  first_steps.push_back(std::to_string(first_step < 0 ? INT64_MAX : first_step));
  event_counts.push_back(std::to_string(count));
}

}  // namespace

std::size_t SizeOf(const RunItem& item) {
  constexpr std::size_t kRow = 100;
  std::size_t size = 0;
  if (item.checkpoint.has_value()) {
    size += kRow + item.checkpoint->state.size() + item.checkpoint->frame.size();
  }
  for (const Event& event : item.events) size += kRow + event.payload.size();
  return size;
}

absl::StatusOr<std::vector<bool>> CommitGroup(pg::Pool& pool, absl::Span<const RunItems> runs) {
  Columns c;
  for (const RunItems& run : runs) c.Add(run);
  absl::StatusOr<pg::Result> rows =
      pg::Execute(pool, {}, kCommitGroup,
                  {c.jobs,          c.owners,       c.tokens,       c.runs,
                   c.current_steps, c.first_steps,  c.event_counts, c.leaves,
                   c.step_places,   c.steps,        c.nodes,        c.next_nodes,
                   c.statuses,      c.starts,       c.lengths,      pg::Bytes{std::move(c.states)},
                   c.event_places,  c.ordinals,     c.kinds,        c.payloads,
                   c.times,         c.frame_lengths});
  if (!rows.ok()) return rows.status();
  std::vector<bool> stored(runs.size(), false);
  for (const pg::Row row : *rows) {
    stored[static_cast<std::size_t>(row.Get<int64_t>("place")) - 1] = true;
  }
  return stored;
}

}  // namespace datamigrate::store
