// The rows that the store keeps, as plain values. Nothing of PostgreSQL here.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_RECORDS_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_RECORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace datamigrate::store {

// Where a migration stands. The job queue moves it; see job_queue.h.
enum class MigrationStatus {
  kPending,           // in the queue, not begun
  kRunning,           // an engine has it
  kAwaitingDecision,  // suspended until a person answers
  kPaused,            // until a person says to go on
  kCompleted,
  kFailed,
  kCancelled,
};

// "pending", "running", "awaiting_decision", "paused", "completed", "failed", "cancelled".
std::string_view ToString(MigrationStatus status);
absl::StatusOr<MigrationStatus> ParseMigrationStatus(std::string_view text);

// True for the three that only Resume leaves.
bool IsFinished(MigrationStatus status);

struct MigrationRecord {
  std::string id = {};      // UUID
  std::string tenant = {};  // the organization that owns it
  std::string created_by = {};
  std::string name = {};
  std::string idempotency_key = {};  // empty: none
  std::string request = {};          // serialized request, opaque
  std::string target = {};           // as in the request
  int priority = 0;                  // higher goes first
  MigrationStatus status = MigrationStatus::kPending;
  std::string current_step = {};  // the node under way or about to be
  double progress = 0;            // 0 to 1
  std::optional<double> score = {};
  std::string error = {};
  std::string project_path = {};
  std::string summary_json = "{}";
  absl::Time created_at = {};
  absl::Time updated_at = {};
  std::optional<absl::Time> finished_at = {};
  std::string schedule_id = {};  // of the schedule that made it; empty: a person did
  std::optional<absl::Time> scheduled_at = {};
  bool is_set_aside = false;  // failed because it stopped its engine again and again
};

// One generated model, or one object that has none.
struct ModelRecord {
  std::string name = {};    // unique within the migration
  std::string object = {};  // as the source calls it, schema-qualified
  std::string layer = {};   // staging, intermediate, mart, ...
  std::string materialization = {};
  std::string status = {};  // the caller's words
  std::string source_sql = {};
  std::string target_sql = {};
  std::string diagnostics_json = "[]";
  absl::Time updated_at = {};  // read only
};

struct EventRecord {
  int64_t sequence = 0;  // from 1 within its migration, without gaps
  std::string kind = {};
  std::string payload_json = "{}";
  absl::Time at = {};
};

// A question to a person, and the answer.
struct DecisionRecord {
  int64_t step = 0;  // of the checkpoint that asks; unique within the migration
  std::string node = {};
  std::string question_json = {};
  std::optional<std::string> answer_json = {};
  std::string decided_by = {};
  absl::Time asked_at = {};
  std::optional<absl::Time> decided_at = {};
  std::optional<absl::Time> deadline = {};  // when it is answered by default
};

// One piece of a table on its way to the target.
struct ChunkRecord {
  std::string table = {};
  int64_t chunk = 0;
  int64_t rows = 0;
  std::string checksum = {};  // of the source's rows
  std::string status = {};    // "loaded" once the target has it for good
};

// How an answer of a model about a refused object was graded.
struct ModelGrade {
  std::string object = {};  // "schema.name"
  int attempt = 0;          // at the object, from 0
  std::string tier = {};
  std::string model = {};
  std::string prompt = {};
  std::vector<std::string> codes = {};  // why the rules refuse the object
  std::string verdict = {};             // "proven", "differs", ...
  bool is_accepted = false;             // it stands in the project
  int64_t cost_microdollars = 0;
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_RECORDS_H_
