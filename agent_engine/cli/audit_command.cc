#include "agent_engine/cli/audit_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "agent_engine/cli/exit_code.h"
#include "common/audit/export_format.h"
#include "common/audit/stored_rows.h"
#include "common/audit/upkeep.h"
#include "common/audit/verify.h"
#include "common/pg/pool.h"
#include "common/pg/sql_state.h"

namespace datamigrate::cli {
namespace {

constexpr int kRowsAtATime = 1000;

struct Options {
  std::string database_url;
  std::string organization;
  std::vector<std::string> anchors;  // files
  std::string format = "jsonl";
  std::string from;
  std::string to;
  std::string user;
  std::string before;
};

int Fail(const absl::Status& status) {
  const std::string state = pg::SqlStateOf(status);
  // Undefined table, column or function.
  const bool is_old = state == "42P01" || state == "42703" || state == "42883";
  fmt::print(stderr, "datamigrate: {}{}\n", std::string(status.message()),
             is_old ? "; start this version's datamigrate-gateway once, it brings the tables" : "");
  return kFailed;
}

pg::PoolOptions PoolOptionsOf(const Options& options) {
  pg::PoolOptions pool;
  pool.connection.url = options.database_url;
  pool.connection.application_name = "datamigrate-audit";
  pool.connection.statement_timeout = absl::Minutes(10);
  pool.max_connections = 1;
  return pool;
}

// "2026-11-21", the day's beginning in UTC, or "2026-11-21T16:00:00Z".
// Errors: kInvalidArgument.
absl::StatusOr<std::optional<absl::Time>> ReadTime(const std::string& text) {
  if (text.empty()) return std::nullopt;
  absl::Time time;
  std::string error;
  if (absl::ParseTime("%Y-%m-%d", text, &time, &error) ||
      absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return time;
  }
  return absl::InvalidArgumentError(fmt::format(
      "\"{}\" is neither a date as 2026-11-21 nor a time as 2026-11-21T16:00:00Z", text));
}

std::string CheckTime(const std::string& text) {
  return std::string(ReadTime(text).status().message());
}

absl::StatusOr<audit::Anchors> ReadAnchors(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths) {
    std::ifstream file(path);
    if (!file) return absl::NotFoundError(fmt::format("cannot read {}", path));
    text.append(std::istreambuf_iterator<char>(file), {});
    text += '\n';
  }
  return audit::ParseAnchors(text);
}

// What was dropped and what is there, as comments around the line that anchors the chain.
void PrintReport(const audit::ChainReport& report) {
  const std::string older =
      report.dropped == 0 ? "" : fmt::format(" ({} older ones were dropped)", report.dropped);
  fmt::print("# {}: {} rows{}, {}\n", report.organization_id, report.rows, older,
             report.flaws.empty() ? "whole" : "not whole:");
  for (const audit::Flaw& flaw : report.flaws) {
    fmt::print("#   at row {}: {}\n", flaw.sequence, flaw.what);
  }
  if (report.flaws.empty() && report.head.sequence > 0) {
    fmt::print("{}\n", audit::AnchorLine(report));
  }
}

int Verify(const Options& options) {
  const auto anchors = ReadAnchors(options.anchors);
  if (!anchors.ok()) return Fail(anchors.status());
  const auto connection = pg::Connection::Open(PoolOptionsOf(options).connection);
  if (!connection.ok()) return Fail(connection.status());
  const auto reports = audit::VerifyChains(**connection, *anchors, options.organization);
  if (!reports.ok()) return Fail(reports.status());
  bool is_whole = true;
  for (const audit::ChainReport& report : *reports) {
    PrintReport(report);
    is_whole = is_whole && report.flaws.empty();
  }
  std::fflush(stdout);
  fmt::print(stderr, "datamigrate: {}\n",
             is_whole ? "the audit log is whole"
                      : "the audit log was changed after it was written; see above where");
  return is_whole ? kSuccess : kAuditBroken;
}

absl::StatusOr<std::vector<std::string>> ChainsToExport(pg::Pool& pool, const Options& options) {
  if (!options.organization.empty()) return std::vector<std::string>{options.organization};
  const auto rows = pg::Execute(
      pool, {}, {"audit_chains", "SELECT organization_id FROM audit_chains ORDER BY 1"});
  if (!rows.ok()) return rows.status();
  std::vector<std::string> ids;
  for (const pg::Row row : *rows) ids.push_back(row.Get<std::string>("organization_id"));
  return ids;
}

absl::Status ExportChain(pg::Pool& pool, const audit::RowFilter& filter, bool as_cef) {
  int64_t after = 0;
  while (true) {
    std::vector<audit::Row> rows;
    const absl::Status read = pg::InTransaction(pool, {}, [&](pg::Transaction& transaction) {
      auto page = audit::ReadOldestRows(transaction, filter, after, kRowsAtATime);
      if (page.ok()) rows = *std::move(page);
      return page.status();
    });
    if (!read.ok() || rows.empty()) return read;
    for (const audit::Row& row : rows) {
      const std::string line =
          as_cef ? audit::CefLine(row, DATAMIGRATE_VERSION) : audit::JsonLine(row);
      if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) {
        return absl::UnavailableError("the output cannot be written");
      }
    }
    after = rows.back().sequence;
  }
}

int Export(const Options& options) {
  pg::Pool pool(PoolOptionsOf(options));
  audit::RowFilter filter;
  filter.from = *ReadTime(options.from);
  filter.to = *ReadTime(options.to);
  const auto chains = ChainsToExport(pool, options);
  if (!chains.ok()) return Fail(chains.status());
  for (const std::string& id : *chains) {
    filter.organization_id = id;
    const absl::Status done = ExportChain(pool, filter, options.format == "cef");
    if (!done.ok()) return Fail(done);
  }
  return std::fflush(stdout) == 0 ? kSuccess : kFailed;
}

// The row in which the log says what this program did to it.
audit::Row ByThisProgram() {
  audit::Row row;
  row.request_id = "datamigrate audit";
  return row;
}

int Erase(const Options& options) {
  pg::Pool pool(PoolOptionsOf(options));
  const auto erasure = audit::EraseUser(pool, options.user, ByThisProgram());
  if (!erasure.ok()) return Fail(erasure.status());
  fmt::print("erased: who did it in {} rows, to whom it was done in {} rows\n", erasure->actors,
             erasure->objects);
  if (erasure->unerased > 0) {
    fmt::print(stderr,
               "datamigrate: {} rows of the first version name the user and cannot be erased; drop "
               "them when they are old enough\n",
               erasure->unerased);
  }
  return kSuccess;
}

int Drop(const Options& options) {
  pg::Pool pool(PoolOptionsOf(options));
  const auto dropped = audit::DropOldRows(pool, **ReadTime(options.before), ByThisProgram());
  if (!dropped.ok()) return Fail(dropped.status());
  fmt::print("dropped: {} rows\n", *dropped);
  return kSuccess;
}

CLI::App* AddSubcommand(CLI::App& audit, const std::shared_ptr<Options>& options,
                        const std::string& name, const std::string& description) {
  CLI::App* command = audit.add_subcommand(name, description);
  command
      ->add_option("--database-url", options->database_url,
                   "The gateway's PostgreSQL, as libpq takes it")
      ->envname("DATAMIGRATE_DATABASE_URL")
      ->required();
  return command;
}

}  // namespace

void AddAuditCommand(CLI::App& app, int& exit_code) {
  CLI::App* audit = app.add_subcommand("audit", "Check, export and trim the gateway's audit log");
  audit->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* verify = AddSubcommand(*audit, options, "verify",
                                   "Say whether any row was changed, added or taken away");
  verify->add_option("--organization", options->organization, "Only this organization's chain");
  verify->add_option("--anchor", options->anchors,
                     "What an earlier run printed, kept outside of the database");
  verify->footer(
      "What it prints is an anchor for later runs; keep it where the database's administrators "
      "cannot write.\n"
      "Exit codes: 0 whole, 1 failed, 2 wrong use, 6 not whole.");
  verify->callback([options, &exit_code] { exit_code = Verify(*options); });

  CLI::App* write = AddSubcommand(*audit, options, "export", "Print rows, the oldest first");
  write->add_option("--organization", options->organization, "Only this organization's rows");
  write->add_option("--format", options->format, "A JSON object a line, or ArcSight's CEF")
      ->check(CLI::IsMember({"jsonl", "cef"}))
      ->capture_default_str();
  write->add_option("--from", options->from, "A date or time")->check(CheckTime);
  write->add_option("--to", options->to, "A date or time; rows before it")->check(CheckTime);
  write->callback([options, &exit_code] { exit_code = Export(*options); });

  CLI::App* erase = AddSubcommand(*audit, options, "erase",
                                  "Erase a person; the chains stay whole and say that it was done");
  erase->add_option("--user", options->user, "The user's id")->required();
  erase->callback([options, &exit_code] { exit_code = Erase(*options); });

  CLI::App* drop = AddSubcommand(*audit, options, "drop",
                                 "Drop old rows; the chains stay whole and say that it was done");
  drop->add_option("--before", options->before, "A date or time")->required()->check(CheckTime);
  drop->callback([options, &exit_code] { exit_code = Drop(*options); });
}

}  // namespace datamigrate::cli
