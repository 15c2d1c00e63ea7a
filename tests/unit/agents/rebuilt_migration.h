// A migration whose agents run one by one, with a model that answers by a script.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent_engine/agents/environment.h"
#include "agent_engine/agents/migration_agents.h"
#include "datamigrate/v1/migration.pb.h"
#include "tests/unit/dbt/temporary_folder.h"
#include "tests/unit/rewriting/scripted_model.h"

namespace datamigrate::testing {

// Keeps receipts as PostgreSQL does. Thread safe.
class Receipts : public workflow::Journal {
 public:
  absl::StatusOr<Entry> Begin(std::string_view run_id, int64_t step, std::string_view key) override;
  absl::Status Complete(std::string_view run_id, int64_t step, std::string_view key,
                        std::string_view receipt) override;

 private:
  std::mutex mutex_;
  std::map<std::pair<int64_t, std::string>, std::optional<std::string>> entries_;
};

class RebuiltMigration {
 public:
  using Agent = agents::AgentResult (*)(const agents::Environment&, v1::MigrationState&,
                                        workflow::NodeContext&);

  RebuiltMigration(const std::string& source, v1::MigrationOptions options);

  // What the model answers about an object, "schema.name", in order; afterwards nobody answers.
  void Script(const std::string& object, std::vector<std::string> answers);

  // Runs an agent as the next step, which must succeed; with what a person answered.
  workflow::Effects Run(Agent agent, std::optional<std::string> answer = std::nullopt);
  // The same step again, as after a crash.
  workflow::Effects Repeat(Agent agent, std::optional<std::string> answer = std::nullopt);

  // The next step, which may fail.
  agents::AgentResult Try(Agent agent, std::optional<std::string> answer = std::nullopt);

  // Runs the Tester; false when everything in-process was done and it came to dbt, which is not
  // there.
  bool TestInProcess();

  v1::MigrationState& state() { return state_; }
  agents::Environment& environment() { return environment_; }
  const ScriptedModel& model() const { return model_; }
  std::vector<rewriting::GuardedEvent> events();

  // No attempts for an object that was not asked about.
  const v1::Rewrite& RewriteOf(const std::string& object) const;
  // A file of the dbt project; empty when there is none.
  std::string FileOf(const std::string& path) const;

 private:
  agents::AgentResult Do(Agent agent, std::optional<std::string> answer);
  absl::StatusOr<std::string> Answer(const ScriptedModel::Call& call);

  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> script_;
  std::vector<rewriting::GuardedEvent> events_;
  ScriptedModel model_;
  TemporaryFolder folder_;
  agents::Environment environment_;
  Receipts receipts_;
  v1::MigrationState state_;
  int64_t step_ = 0;
};

}  // namespace datamigrate::testing
