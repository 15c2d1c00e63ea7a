// One connection to PostgreSQL: parameters always bound, every call under a deadline.
//
//   auto connection = pg::Connection::Open({.url = url});
//   auto rows = (*connection)->Execute({"find_run", "SELECT state FROM runs WHERE id = $1"}, {id});
//   for (pg::Row row : *rows) Use(row.Get<pg::Bytes>("state").value);
#ifndef DATAMIGRATE_COMMON_PG_CONNECTION_H_
#define DATAMIGRATE_COMMON_PG_CONNECTION_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/result.h"
#include "common/pg/statement.h"

struct pg_conn;

namespace datamigrate::pg {

struct ConnectionOptions {
  // libpq connection string or postgresql:// URL. What it says wins over the options below.
  std::string url;
  std::string application_name = "datamigrate";
  // Whole seconds, at least 2: libpq's own granularity.
  absl::Duration connect_timeout = absl::Seconds(5);
  // Enforced by the server and, `client_grace` later, by the client when the server is silent.
  absl::Duration statement_timeout = absl::Seconds(30);
  absl::Duration client_grace = absl::Seconds(5);
  // Plans prepared statements once for all values (PostgreSQL documentation, 20.7.4
  // plan_cache_mode), and expects what they look up in memory (20.7.2 random_page_cost): for
  // connections that run a few statements by the thousand, each for a few rows.
  bool plans_once = false;
  // A transaction that its owner forgot is ended by the server.
  absl::Duration idle_in_transaction_timeout = absl::Minutes(5);
};

// True when libpq can read `url`. The reason is not repeated, as it could quote a password.
absl::Status CheckUrl(const std::string& url);

// Not thread safe: one thread at a time.
class Connection {
 public:
  // Connects and sets UTF-8, UTC, ISO dates and the timeouts.
  // Errors: kInvalidArgument for a URL that libpq cannot read; kUnauthenticated or
  // kPermissionDenied when the server refuses; kUnavailable when nobody answers.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Runs one statement. Errors carry the SQLSTATE (SqlStateOf) and name the statement, never a
  // value. After kUnavailable or a client-side kDeadlineExceeded the connection is broken.
  absl::StatusOr<Result> Execute(const Statement& statement,
                                 const std::vector<Parameter>& parameters = {});

  // Runs several statements, separated by semicolons, without parameters. With no transaction
  // open they form one. `timeout` replaces statement_timeout on the client's side only.
  absl::Status ExecuteScript(const Statement& script,
                             std::optional<absl::Duration> timeout = std::nullopt);

  // False once the connection was lost or gave up on a silent server. Costs no round trip, and
  // notices a server that closed an idle connection.
  bool IsUsable();

  // True when the server has sent something that nobody asked for: a notification, or its farewell.
  bool HasInput() const;

  // True between BEGIN and its end, and in a failed transaction.
  bool InTransaction() const;

  // The socket, for poll(); -1 when broken.
  int socket() const;

  // For Listener: libpq's handle. Owned by this object.
  pg_conn* native() { return connection_.get(); }

 private:
  struct Finish {
    void operator()(pg_conn* connection) const;
  };

  Connection(pg_conn* connection, const ConnectionOptions& options);

  absl::StatusOr<Result> Await(std::string_view name, absl::Time deadline);
  absl::Status Flush(std::string_view name, absl::Time deadline);
  absl::Status WaitForSocket(std::string_view name, bool for_write, absl::Time deadline);
  absl::Status Lost(std::string_view name);
  // The name on the server of a statement that is prepared on this connection; prepares it the
  // first time.
  absl::StatusOr<std::string> Prepare(const Statement& statement);

  std::unique_ptr<pg_conn, Finish> connection_;
  absl::Duration client_timeout_;
  bool is_broken_ = false;
  std::map<std::string, std::string, std::less<>> prepared_;  // text → name on the server
};

}  // namespace datamigrate::pg

#endif  // DATAMIGRATE_COMMON_PG_CONNECTION_H_
