#include "agent_engine/cli/migration_options.h"

#include <filesystem>
#include <map>

#include "fmt/format.h"
#include "google/protobuf/util/time_util.h"

namespace datamigrate::cli {
namespace {

const std::map<std::string, v1::UnprovenRewrites> kUnproven = {
    {"ask", v1::UNPROVEN_REWRITES_ASK},
    {"accept", v1::UNPROVEN_REWRITES_ACCEPT},
    {"reject", v1::UNPROVEN_REWRITES_REJECT}};

const std::map<std::string, v1::WhenStepFails> kWhenStepFails = {
    {"stop", v1::WHEN_STEP_FAILS_STOP},
    {"ask", v1::WHEN_STEP_FAILS_ASK},
    {"roll-back", v1::WHEN_STEP_FAILS_ROLL_BACK}};

// As the engine sees it, which need not run in this folder.
std::string AbsolutePath(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::absolute(path, ignored).lexically_normal().string();
}

void AddComparing(CLI::App* command, const std::shared_ptr<MigrationOptions>& options) {
  command->add_option(
      "--results", options->results,
      "Folder of results taken from the source, schema.name.csv each, to compare models with");
  command
      ->add_option_function<double>(
          "--results-tolerance",
          [options](double tolerance) {
            options->request.mutable_options()->set_results_tolerance(tolerance);
          },
          "How far apart numbers may be in them (default: 0.000001)")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option_function<std::string>(
          "--unproven-rewrites",
          [options](const std::string& choice) {
            options->request.mutable_options()->set_unproven_rewrites(kUnproven.at(choice));
          },
          "What to do with T-SQL of a language model that runs and has no result to be compared "
          "with (default: ask)")
      ->check(CLI::IsMember(kUnproven));
}

}  // namespace

void AddMigrationOptions(CLI::App* command, const std::shared_ptr<MigrationOptions>& options) {
  const auto set = [options](auto setter) {
    return [options, setter](const std::string& value) { (options->request.*setter)(value); };
  };
  using Setter = void (v1::CreateMigrationRequest::*)(const std::string&);
  command
      ->add_option_function<std::string>(
          "--source", set(static_cast<Setter>(&v1::CreateMigrationRequest::set_source)),
          "A script, a folder of scripts or an SSDT project")
      ->required();
  options->request.set_target("duckdb");
  command->add_option_function<std::string>(
      "--target", set(static_cast<Setter>(&v1::CreateMigrationRequest::set_target)),
      "The warehouse to migrate to (default: duckdb)");
  command->add_option_function<std::string>(
      "--name", set(static_cast<Setter>(&v1::CreateMigrationRequest::set_name)),
      "A name for people");
  command
      ->add_option_function<int>(
          "--priority",
          [options](int priority) { options->request.mutable_options()->set_priority(priority); },
          "-10 to 10: higher ones are begun first, of equal ones the oldest (default: 0)")
      ->check(CLI::Range(-10, 10));
  AddComparing(command, options);
  command
      ->add_option_function<std::string>(
          "--when-step-fails",
          [options](const std::string& choice) {
            options->request.mutable_options()->set_when_step_fails(kWhenStepFails.at(choice));
          },
          "What to do when a step has failed by every way there is: stop and leave everything for "
          "`datamigrate resume`, ask, or remove what was made (default: stop)")
      ->check(CLI::IsMember(kWhenStepFails));
  command->add_flag_function(
      "--require-plan-approval",
      [options](int64_t) { options->request.mutable_options()->set_require_plan_approval(true); },
      "Ask for approval of the plan before anything is translated or loaded; see `datamigrate "
      "plan`");
  command->add_option("--variable", options->variables, "SQLCMD variable, NAME=VALUE; repeatable");
}

v1::CreateMigrationRequest RequestOf(const MigrationOptions& options) {
  v1::CreateMigrationRequest request = options.request;
  request.set_source(AbsolutePath(request.source()));
  if (!options.results.empty()) {
    request.mutable_options()->set_results(AbsolutePath(options.results));
  }
  for (const std::string& variable : options.variables) {
    const size_t equals = variable.find('=');
    (*request.mutable_options()->mutable_sqlcmd_variables())[variable.substr(0, equals)] =
        equals == std::string::npos ? "" : variable.substr(equals + 1);
  }
  return request;
}

std::string CheckTime(const std::string& text) {
  google::protobuf::Timestamp ignored;
  if (google::protobuf::util::TimeUtil::FromString(text, &ignored)) return "";
  return fmt::format("\"{}\" is not a time such as 2026-12-01T02:00:00Z", text);
}

}  // namespace datamigrate::cli
