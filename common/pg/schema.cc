#include "common/pg/schema.h"

#include <string>

#include <fmt/format.h>

#include "common/pg/result.h"
#include "common/pg/transaction.h"

namespace datamigrate::pg {
namespace {

// Any constant will do, as long as every binary uses the same.
constexpr int64_t kLockKey = 0x646d5f736368656d;  // "dm_schem"

constexpr Statement kCreateTable = {
    "create_schema_migrations",
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " component text NOT NULL, number integer NOT NULL, name text NOT NULL,"
    " sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),"
    " PRIMARY KEY (component, number))"};
constexpr Statement kFindApplied = {
    "find_schema_migrations",
    "SELECT number, name, sha256 FROM schema_migrations WHERE component = $1 ORDER BY number"};
constexpr Statement kInsertApplied = {
    "insert_schema_migration",
    "INSERT INTO schema_migrations (component, number, name, sha256) VALUES ($1, $2, $3, $4)"};
constexpr Statement kSetTimeouts = {
    "set_schema_timeouts",
    "SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)"};

absl::Status CheckApplied(const Row& row, const SchemaComponent& component) {
  std::size_t number = static_cast<std::size_t>(row.Get<int>("number"));
  std::string name = row.Get<std::string>("name");
  if (number > component.files.size()) {
    return absl::FailedPreconditionError(fmt::format(
        "the database has schema file {} of \"{}\", which this program does not know: it is older "
        "than the database. Start the newer program, or restore the database from before the "
        "upgrade",
        name, component.component));
  }
  const SchemaFile& file = component.files[number - 1];
  if (row.Get<std::string>("sha256") != file.sha256) {
    return absl::FailedPreconditionError(fmt::format(
        "schema file {} of \"{}\" is not the one that was applied to this database. Files that "
        "were applied are never edited: use the program that created the database, or add a file "
        "with the next number",
        file.name, component.component));
  }
  return absl::OkStatus();
}

absl::Status ApplyFile(Transaction& transaction, const SchemaComponent& component,
                       const SchemaFile& file, absl::Duration timeout) {
  std::string name = fmt::format("{}/{}", component.component, file.name);
  absl::Status status = transaction.ExecuteScript({name, file.sql}, timeout);
  if (!status.ok()) return status;
  return transaction
      .Execute(kInsertApplied, {component.component, file.number, file.name, file.sha256})
      .status();
}

}  // namespace

absl::Status ApplySchema(Connection& connection, const SchemaComponent& component,
                         absl::Duration lock_timeout) {
  // Building an index over a large table takes its time; still nothing waits for ever.
  constexpr absl::Duration kFileTimeout = absl::Hours(1);
  absl::StatusOr<Transaction> transaction = Transaction::Begin(connection);
  if (!transaction.ok()) return transaction.status();
  auto milliseconds = [](absl::Duration d) { return std::to_string(absl::ToInt64Milliseconds(d)); };
  absl::StatusOr<Result> result =
      transaction->Execute(kSetTimeouts, {milliseconds(lock_timeout), milliseconds(kFileTimeout)});
  if (!result.ok()) return result.status();
  // The script form, for its own client-side deadline: the lock may take longer than a statement.
  std::string lock = fmt::format("SELECT pg_advisory_xact_lock({})", kLockKey);
  absl::Status locked =
      transaction->ExecuteScript({"lock_schema", lock}, lock_timeout + absl::Seconds(5));
  if (!locked.ok()) return locked;
  result = transaction->Execute(kCreateTable);
  if (!result.ok()) return result.status();
  absl::StatusOr<Result> applied = transaction->Execute(kFindApplied, {component.component});
  if (!applied.ok()) return applied.status();
  for (Row row : *applied) {
    if (absl::Status status = CheckApplied(row, component); !status.ok()) return status;
  }
  for (std::size_t i = applied->size(); i < component.files.size(); ++i) {
    absl::Status status = ApplyFile(*transaction, component, component.files[i], kFileTimeout);
    if (!status.ok()) return status;
  }
  return transaction->Commit();
}

}  // namespace datamigrate::pg
