// What a node of the migration graph may change, in the transaction of its checkpoint.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_MIGRATION_WRITER_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_MIGRATION_WRITER_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "agent_engine/store/records.h"
#include "agent_engine/workflow/effects.h"

namespace datamigrate::store {

// The columns of a migration that change while it runs; what is empty stays as it is.
struct MigrationUpdate {
  std::optional<double> progress = {};
  std::optional<double> score = {};
  std::optional<std::string> project_path = {};
  std::optional<std::string> summary_json = {};
};

// Bound to one migration. An interface, so that nodes are tested without PostgreSQL.
class MigrationWriter : public workflow::WriteContext {
 public:
  virtual absl::Status Update(const MigrationUpdate& update) = 0;

  // Inserts or replaces by name.
  virtual absl::Status UpsertModels(const std::vector<ModelRecord>& models) = 0;

  // Nothing is left of models, of the score and of where the project lies.
  virtual absl::Status ClearResults() = 0;

  // Inserts or replaces by table and number.
  virtual absl::Status RecordChunk(const ChunkRecord& chunk) = 0;

  // Inserts or replaces by object and attempt.
  virtual absl::Status RecordGrades(const std::vector<ModelGrade>& grades) = 0;

  // Adds a message of `step` to the run. kInvalidArgument where it answers one that is not there.
  virtual absl::Status SendMessage(std::string_view from, const workflow::Message& message,
                                   int64_t step) = 0;

  virtual absl::Status TakeMessages(const std::vector<int64_t>& numbers, int64_t step) = 0;

  // Of what came after the step, what was sent is gone, and what was taken or answered is not.
  virtual absl::Status RewindMessages(int64_t step) = 0;

  // Of the organization that owns the migration.
  virtual absl::Status Remember(std::string_view agent, const workflow::Memory& memory) = 0;
};

// Makes an effect of a change:
//   effects.writes.push_back(store::Change([models](MigrationWriter& writer) {
//     return writer.UpsertModels(models);
//   }));
workflow::Write Change(std::function<absl::Status(MigrationWriter&)> change);

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_MIGRATION_WRITER_H_
