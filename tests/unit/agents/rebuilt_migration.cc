#include "tests/unit/agents/rebuilt_migration.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "agent_engine/agents/migration_graph.h"

namespace datamigrate::testing {
namespace {

// The first line of data behind "Reported about KIND": the object.
std::string ObjectOf(const ScriptedModel::Call& call) {
  const std::string text = TextOf(call.request);
  const size_t label = text.find("\nReported about ");
  const size_t begin = text.find('\n', label + 1) + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

absl::StatusOr<workflow::Journal::Entry> Receipts::Begin(std::string_view, int64_t step,
                                                         std::string_view key) {
  std::lock_guard lock(mutex_);
  const auto [entry, is_new] = entries_.try_emplace({step, std::string(key)});
  return Entry{.receipt = entry->second, .was_begun = !is_new};
}

absl::Status Receipts::Complete(std::string_view, int64_t step, std::string_view key,
                                std::string_view receipt) {
  std::lock_guard lock(mutex_);
  entries_[{step, std::string(key)}] = std::string(receipt);
  return absl::OkStatus();
}

RebuiltMigration::RebuiltMigration(const std::string& source, v1::MigrationOptions options)
    : model_([this](const ScriptedModel::Call& call) { return Answer(call); }) {
  environment_.home = folder_.path();
  environment_.models = &model_;
  environment_.guard = *rewriting::Guard::Create();
  environment_.on_guarded = [this](const rewriting::GuardedEvent& event) {
    std::lock_guard lock(mutex_);
    events_.push_back(event);
    return absl::OkStatus();
  };
  v1::CreateMigrationRequest request;
  request.set_source(source);
  request.set_target("duckdb");
  *request.mutable_options() = std::move(options);
  REQUIRE(state_.ParseFromString(agents::InitialState("m1", "acme", request)));
}

void RebuiltMigration::Script(const std::string& object, std::vector<std::string> answers) {
  std::lock_guard lock(mutex_);
  script_[object] = std::move(answers);
}

workflow::Effects RebuiltMigration::Run(Agent agent, std::optional<std::string> answer) {
  ++step_;
  return Repeat(agent, std::move(answer));
}

workflow::Effects RebuiltMigration::Repeat(Agent agent, std::optional<std::string> answer) {
  auto effects = Do(agent, std::move(answer));
  INFO(effects.status());
  REQUIRE(effects.ok());
  return *std::move(effects);
}

agents::AgentResult RebuiltMigration::Do(Agent agent, std::optional<std::string> answer) {
  workflow::NodeContext context({"m1", "node", step_, 1, step_}, {}, std::move(answer),
                                {.journal = &receipts_});
  return agent(environment_, state_, context);
}

agents::AgentResult RebuiltMigration::Try(Agent agent, std::optional<std::string> answer) {
  ++step_;
  return Do(agent, std::move(answer));
}

bool RebuiltMigration::TestInProcess() {
  const auto effects = Try(agents::Test);
  if (effects.ok()) return true;
  INFO(effects.status());
  REQUIRE(effects.status().message().find("dbt is not configured") != std::string::npos);
  return false;
}

std::vector<rewriting::GuardedEvent> RebuiltMigration::events() {
  std::lock_guard lock(mutex_);
  return events_;
}

const v1::Rewrite& RebuiltMigration::RewriteOf(const std::string& object) const {
  static const v1::Rewrite kNone;
  const auto found = state_.rewrites().find(object);
  return found == state_.rewrites().end() ? kNone : found->second;
}

std::string RebuiltMigration::FileOf(const std::string& path) const {
  std::ifstream file(folder_.path() / "migrations/m1/project" / path);
  return {std::istreambuf_iterator<char>(file), {}};
}

absl::StatusOr<std::string> RebuiltMigration::Answer(const ScriptedModel::Call& call) {
  std::lock_guard lock(mutex_);
  std::vector<std::string>& answers = script_[ObjectOf(call)];
  if (answers.empty()) return routing::Failure(routing::FailureCause::kAllFailed, "no answer left");
  std::string answer = answers.front();
  answers.erase(answers.begin());
  return answer;
}

}  // namespace datamigrate::testing
