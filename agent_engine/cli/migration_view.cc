#include "agent_engine/cli/migration_view.h"

#include <algorithm>

#include "fmt/format.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"

namespace datamigrate::cli {
namespace {

Style StatusStyle(v1::MigrationStatus status) {
  switch (status) {
    case v1::MIGRATION_STATUS_SUCCEEDED:
      return Style::kGreen;
    case v1::MIGRATION_STATUS_FAILED:
      return Style::kRed;
    case v1::MIGRATION_STATUS_WAITING:
    case v1::MIGRATION_STATUS_PAUSED:
    case v1::MIGRATION_STATUS_CANCELLED:
      return Style::kYellow;
    default:
      return Style::kCyan;
  }
}

std::string Field(const Terminal& terminal, std::string_view name, std::string_view value) {
  if (value.empty()) return "";
  return fmt::format("{}  {}\n", terminal.Paint(Style::kDim, fmt::format("{:<10}", name)), value);
}

std::string RenderCounts(const v1::Migration& migration, const Terminal& terminal) {
  if (migration.object_counts().empty()) return "";
  TextTable table({"objects", "found", "converted", "refused"});
  for (const v1::ObjectCount& count : migration.object_counts()) {
    table.Add({count.kind(), std::to_string(count.found()), std::to_string(count.converted()),
               std::to_string(count.refused())});
  }
  return "\n" + table.Render(terminal);
}

std::string RenderChecks(const v1::Migration& migration, const Terminal& terminal) {
  if (migration.validation_result().checks().empty()) return "";
  TextTable table({"check", "passed", "of"});
  for (const v1::Check& check : migration.validation_result().checks()) {
    table.Add({check.name(), std::to_string(check.passed()), std::to_string(check.total())});
  }
  return "\n" + table.Render(terminal);
}

// The first reasons of each step that failed; all of them are in the report.
std::string RenderDbtFailures(const v1::Migration& migration) {
  constexpr int kShown = 5;
  std::string text;
  for (const v1::DbtStep& step : migration.deployment_result().steps()) {
    if (step.exit_code() == 0) continue;
    for (int i = 0; i < std::min(kShown, step.failures_size()); ++i) {
      text += fmt::format("dbt {} failed: {}\n", step.command(), step.failures(i));
    }
  }
  return text;
}

std::string RenderDbt(const v1::Migration& migration, const Terminal& terminal) {
  if (migration.deployment_result().steps().empty()) return "";
  TextTable table({"dbt", "ok", "failed", "skipped", "seconds"});
  for (const v1::DbtStep& step : migration.deployment_result().steps()) {
    table.Add({step.command(), std::to_string(step.succeeded()), std::to_string(step.failed()),
               std::to_string(step.skipped()), fmt::format("{:.1f}", step.seconds())});
  }
  return "\n" + table.Render(terminal) + RenderDbtFailures(migration);
}

std::string RenderDiagnostics(const v1::Migration& migration, const Terminal& terminal) {
  if (migration.diagnostics_by_code().empty()) return "";
  std::map<std::string, int> sorted(migration.diagnostics_by_code().begin(),
                                    migration.diagnostics_by_code().end());
  TextTable table({"diagnostic", "times"});
  for (const auto& [code, times] : sorted) table.Add({code, std::to_string(times)});
  return "\n" + table.Render(terminal);
}

std::string RenderQuestion(const v1::Migration& migration, const Terminal& terminal) {
  if (!migration.has_question()) return "";
  std::string out = "\n" + terminal.Paint(Style::kBold, migration.question().text()) + "\n";
  for (const v1::Question::Option& option : migration.question().options()) {
    const bool is_recommended = option.id() == migration.question().recommended();
    out += fmt::format("  {:<12} {}{}{}\n", option.id(), option.text(),
                       option.risk().empty() ? "" : "  Risk: " + option.risk(),
                       is_recommended ? "  (recommended)" : "");
  }
  return out + fmt::format("Answer with: datamigrate decide {} --question {} --option OPTION\n",
                           migration.id(), migration.question().id());
}

std::string Score(const v1::Migration& migration, const Terminal& terminal) {
  if (!migration.has_validation_result()) return "";
  const bool approved = migration.validation_result().approved();
  return terminal.Paint(approved ? Style::kGreen : Style::kYellow,
                        fmt::format("{:.1f} of 100{}", migration.validation_result().score(),
                                    approved ? ", approved" : ", not approved"));
}

}  // namespace

std::string StatusName(v1::MigrationStatus status) {
  constexpr std::string_view kPrefix = "MIGRATION_STATUS_";
  std::string name = v1::MigrationStatus_Name(status);
  if (name.starts_with(kPrefix)) name.erase(0, kPrefix.size());
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

bool HasEnded(v1::MigrationStatus status) {
  return status == v1::MIGRATION_STATUS_SUCCEEDED || status == v1::MIGRATION_STATUS_FAILED ||
         status == v1::MIGRATION_STATUS_CANCELLED;
}

bool WaitsForPerson(v1::MigrationStatus status) {
  return status == v1::MIGRATION_STATUS_WAITING || status == v1::MIGRATION_STATUS_PAUSED;
}

std::string Shortened(std::string_view text) {
  constexpr size_t kShown = 60;
  if (text.size() <= kShown) return std::string(text);
  size_t end = kShown;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // Not within a character.
  return fmt::format("{}… ({} bytes)", text.substr(0, end), text.size());
}

std::string MessageJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "{}";
}

std::string RenderMigration(const v1::Migration& migration, const Terminal& terminal) {
  const v1::DeploymentResult& deployment = migration.deployment_result();
  std::string out = Field(terminal, "migration", migration.id());
  out += Field(terminal, "name", Printable(migration.name()));
  out += Field(terminal, "status",
               terminal.Paint(StatusStyle(migration.status()), StatusName(migration.status())));
  if (migration.has_scheduled_at()) {
    out += Field(terminal, "schedule",
                 fmt::format("{} at {}", migration.schedule_id(),
                             google::protobuf::util::TimeUtil::ToString(migration.scheduled_at())));
  }
  out += Field(terminal, "queued", Printable(migration.waits_for()));
  if (migration.priority() != 0) {
    out += Field(terminal, "priority", std::to_string(migration.priority()));
  }
  out += Field(terminal, "step", HasEnded(migration.status()) ? "" : migration.current_step());
  out += Field(terminal, "error", Printable(migration.error()));
  out += Field(terminal, "score", Score(migration, terminal));
  if (deployment.tables_loaded() > 0) {
    out +=
        Field(terminal, "rows",
              fmt::format("{} in {} tables", deployment.rows_loaded(), deployment.tables_loaded()));
  }
  out += Field(terminal, "project", Printable(migration.dbt_project_path()));
  out += Field(terminal, "database", deployment.database_path());
  out += Field(terminal, "report", deployment.report_path());
  out += Field(terminal, "log", migration.log_path());
  out += RenderCounts(migration, terminal) + RenderChecks(migration, terminal) +
         RenderDbt(migration, terminal) + RenderDiagnostics(migration, terminal) +
         RenderQuestion(migration, terminal);
  if (migration.status() == v1::MIGRATION_STATUS_PAUSED) {
    out += fmt::format("\nGo on with: datamigrate resume {}\n", migration.id());
  }
  if (migration.set_aside()) {
    out += fmt::format("\nTry it again with: datamigrate resume {}\n", migration.id());
  }
  return out;
}

std::string RenderLimit(const v1::MigrationLimit& limit, const Terminal& terminal) {
  const auto number = [](bool is_set, int value) {
    return is_set ? std::to_string(value) : std::string("any number");
  };
  std::string out = Field(terminal, "running", std::to_string(limit.running()));
  out += Field(terminal, "limit", number(limit.has_effective(), limit.effective()));
  out += Field(terminal, "operator", number(limit.has_ceiling(), limit.ceiling()));
  if (!limit.has_chosen()) return out;
  return out + Field(terminal, "chosen",
                     fmt::format("{} by {}", limit.chosen(), Printable(limit.changed_by())));
}

std::string RenderMigrationList(const v1::ListMigrationsResponse& response,
                                const Terminal& terminal) {
  if (response.migrations().empty()) return "no migrations\n";
  TextTable table({"id", "status", "progress", "target", "created", "name", "error"});
  for (const v1::Migration& migration : response.migrations()) {
    table.Add({migration.id(), StatusName(migration.status()),
               fmt::format("{:.0f}%", migration.progress() * 100), migration.target(),
               google::protobuf::util::TimeUtil::ToString(migration.created_at()), migration.name(),
               Shortened(Printable(migration.error()))});
  }
  return table.Render(terminal);
}

}  // namespace datamigrate::cli
