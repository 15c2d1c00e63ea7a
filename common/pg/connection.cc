#include "common/pg/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "absl/time/clock.h"
#include "common/pg/sql_state.h"

namespace datamigrate::pg {
namespace {

constexpr Oid kByteaOid = 17;  // pg_type.dat

std::string_view Trimmed(std::string_view text) {
  std::size_t begin = text.find_first_not_of(" \r\n\t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \r\n\t") - begin + 1);
}

std::string FirstLine(std::string_view text) {
  return std::string(Trimmed(text.substr(0, text.find('\n'))));
}

// The reason of a refused connection. libpq has no SQLSTATE for it, only text.
absl::Status ConnectError(PGconn* connection) {
  std::string reason(Trimmed(connection == nullptr ? "out of memory" : PQerrorMessage(connection)));
  for (char& c : reason) c = c == '\n' ? ' ' : c;
  // What the server says before it is asked anything; other languages end as kUnavailable.
  if (reason.find("authentication failed") != std::string::npos ||
      reason.find("no password supplied") != std::string::npos) {
    return SqlError("28P01", "connect", reason);
  }
  if (reason.find("does not exist") != std::string::npos &&
      reason.find("database") != std::string::npos) {
    return SqlError("3D000", "connect", reason);
  }
  return SqlError(kCannotConnect, "connect",
                  reason + "; start PostgreSQL, or correct DATAMIGRATE_DATABASE_URL");
}

// The message of a failed result, without DETAIL and HINT: those quote values.
absl::Status ResultError(const PGresult* result, std::string_view statement) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return SqlError(state == nullptr ? "XX000" : state, statement,
                  message == nullptr ? "no message" : FirstLine(message));
}

std::string Milliseconds(absl::Duration duration) {
  return std::to_string(std::max<int64_t>(0, absl::ToInt64Milliseconds(duration)));
}

int PollTimeout(absl::Time deadline) {
  absl::Duration left = std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Minutes(1));
  return static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))));
}

// Bound values as libpq wants them; points into the parameters.
struct Binding {
  explicit Binding(const std::vector<Parameter>& parameters) {
    for (const Parameter& parameter : parameters) {
      bool is_binary = !parameter.is_null() && parameter.is_binary();
      values.push_back(parameter.is_null() ? nullptr : parameter.value().c_str());
      lengths.push_back(parameter.is_null() ? 0 : static_cast<int>(parameter.value().size()));
      formats.push_back(is_binary ? 1 : 0);
      types.push_back(is_binary ? kByteaOid : 0);
    }
  }
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
  std::vector<Oid> types;
};

// libpq takes text up to its first NUL, which would cut a value in silence.
absl::Status CheckParameters(const Statement& statement, const std::vector<Parameter>& parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& parameter = parameters[i];
    if (parameter.is_null()) continue;
    if (!parameter.is_binary() && parameter.value().find('\0') != std::string::npos) {
      return absl::InvalidArgumentError(
          fmt::format("statement {}: parameter {} holds a NUL byte, which PostgreSQL text cannot",
                      statement.name, i + 1));
    }
    if (parameter.value().size() > 1'000'000'000) {
      return absl::InvalidArgumentError(
          fmt::format("statement {}: parameter {} is over 1 GB", statement.name, i + 1));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckUrl(const std::string& url) {
  char* error = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &error);
  PQfreemem(error);
  if (options == nullptr) {
    return absl::InvalidArgumentError(
        "the database URL is neither postgresql://user@host:port/database nor a list of "
        "key=value pairs (PostgreSQL documentation, 34.1.1 Connection Strings)");
  }
  PQconninfoFree(options);
  return absl::OkStatus();
}

void Connection::Finish::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

Connection::Connection(pg_conn* connection, const ConnectionOptions& options)
    : connection_(connection), client_timeout_(options.statement_timeout + options.client_grace) {}

Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  if (absl::Status status = CheckUrl(options.url); !status.ok()) return status;
  std::string timeout = std::to_string(std::max<int64_t>(
      2, absl::ToInt64Seconds(absl::Ceil(options.connect_timeout, absl::Seconds(1)))));
  // Later entries win, and "dbname" expands to everything the URL says. A peer that vanishes is
  // noticed within half a minute.
  const char* keywords[] = {"connect_timeout",
                            "application_name",
                            "client_encoding",
                            "keepalives_idle",
                            "keepalives_interval",
                            "keepalives_count",
                            "tcp_user_timeout",
                            "dbname",
                            nullptr};
  const char* values[] = {timeout.c_str(),
                          options.application_name.c_str(),
                          "UTF8",
                          "10",
                          "5",
                          "3",
                          "30000",
                          options.url.c_str(),
                          nullptr};
  PGconn* raw = PQconnectdbParams(keywords, values, /*expand_dbname=*/1);
  std::unique_ptr<Connection> connection(new Connection(raw, options));
  if (PQstatus(raw) != CONNECTION_OK) return ConnectError(raw);
  PQsetNoticeProcessor(
      raw, [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(raw, 1) != 0) return ConnectError(raw);

  static constexpr Statement kConfigure = {
      "configure",
      "SELECT set_config('statement_timeout', $1, false),"
      " set_config('idle_in_transaction_session_timeout', $2, false),"
      " set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false),"
      " set_config('bytea_output', 'hex', false), set_config('client_encoding', 'UTF8', false),"
      " set_config('plan_cache_mode', $3, false),"
      " set_config('random_page_cost', coalesce($4, current_setting('random_page_cost')), false)"};
  absl::StatusOr<Result> configured = connection->Execute(
      kConfigure,
      {Milliseconds(options.statement_timeout), Milliseconds(options.idle_in_transaction_timeout),
       options.plans_once ? "force_generic_plan" : "auto",
       options.plans_once ? pg::Parameter("1.1") : pg::Parameter(std::nullopt)});
  if (!configured.ok()) return configured.status();
  return connection;
}

absl::Status Connection::Lost(std::string_view name) {
  is_broken_ = true;
  return SqlError(
      kConnectionFailure, name,
      fmt::format("the connection was lost: {}", FirstLine(PQerrorMessage(connection_.get()))));
}

absl::Status Connection::WaitForSocket(std::string_view name, bool for_write, absl::Time deadline) {
  pollfd entry{PQsocket(connection_.get()), POLLIN, 0};
  if (for_write) entry.events |= POLLOUT;
  while (true) {
    int ready = poll(&entry, 1, PollTimeout(deadline));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return Lost(name);
    if (absl::Now() >= deadline) {
      is_broken_ = true;
      return SqlError(kConnectionFailure, name, "the server does not answer");
    }
  }
}

absl::Status Connection::Flush(std::string_view name, absl::Time deadline) {
  while (true) {
    int left = PQflush(connection_.get());
    if (left == 0) return absl::OkStatus();
    if (left < 0) return Lost(name);
    absl::Status status = WaitForSocket(name, /*for_write=*/true, deadline);
    if (!status.ok()) return status;
    // The server may be sending too, and stops reading when nobody reads it.
    if (PQconsumeInput(connection_.get()) == 0) return Lost(name);
  }
}

// Reads until the command is over; the first error wins, otherwise the last result.
absl::StatusOr<Result> Connection::Await(std::string_view name, absl::Time deadline) {
  if (absl::Status status = Flush(name, deadline); !status.ok()) return status;
  absl::Status error;
  std::optional<Result> last;
  while (true) {
    while (PQisBusy(connection_.get()) != 0) {
      absl::Status status = WaitForSocket(name, /*for_write=*/false, deadline);
      if (!status.ok()) return status;
      if (PQconsumeInput(connection_.get()) == 0) return Lost(name);
    }
    PGresult* raw = PQgetResult(connection_.get());
    if (raw == nullptr) break;
    Result result(raw);
    ExecStatusType kind = PQresultStatus(raw);
    if (kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT || kind == PGRES_COPY_BOTH) {
      is_broken_ = true;  // no way back to a usable state without speaking COPY
      return absl::InternalError(fmt::format("statement {} is a COPY", name));
    }
    bool is_good = kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK || kind == PGRES_EMPTY_QUERY;
    if (!is_good && error.ok()) {
      error = PQresultErrorField(raw, PG_DIAG_SQLSTATE) == nullptr ? Lost(name)
                                                                   : ResultError(raw, name);
    }
    last.emplace(std::move(result));
  }
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    is_broken_ = true;
    if (error.ok()) error = Lost(name);
  }
  if (!error.ok()) return error;
  if (!last.has_value()) return Lost(name);
  return *std::move(last);
}

absl::StatusOr<std::string> Connection::Prepare(const Statement& statement) {
  if (auto found = prepared_.find(statement.sql); found != prepared_.end()) return found->second;
  std::string sql(statement.sql);
  std::string name = fmt::format("dm_{}", prepared_.size() + 1);
  if (PQsendPrepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr) == 0) {
    return Lost(statement.name);
  }
  absl::StatusOr<Result> done = Await(statement.name, absl::Now() + client_timeout_);
  if (!done.ok()) return done.status();
  prepared_.emplace(std::move(sql), name);
  return name;
}

absl::StatusOr<Result> Connection::Execute(const Statement& statement,
                                           const std::vector<Parameter>& parameters) {
  if (absl::Status status = CheckParameters(statement, parameters); !status.ok()) return status;
  if (is_broken_) return Lost(statement.name);
  Binding binding(parameters);
  int count = static_cast<int>(parameters.size());
  const int result_format = statement.has_binary_rows ? 1 : 0;
  int sent = 0;
  if (statement.is_prepared) {
    absl::StatusOr<std::string> name = Prepare(statement);
    if (!name.ok()) return name.status();
    sent = PQsendQueryPrepared(connection_.get(), name->c_str(), count, binding.values.data(),
                               binding.lengths.data(), binding.formats.data(), result_format);
  } else {
    std::string sql(statement.sql);
    sent = PQsendQueryParams(connection_.get(), sql.c_str(), count, binding.types.data(),
                             binding.values.data(), binding.lengths.data(), binding.formats.data(),
                             result_format);
  }
  if (sent == 0) return Lost(statement.name);
  absl::StatusOr<Result> result = Await(statement.name, absl::Now() + client_timeout_);
  // A pooler between gave us another session, or a newer program changed a table: on a fresh
  // connection the statement is prepared anew.
  const std::string state = SqlStateOf(result.status());
  if (statement.is_prepared && (state == "26000" || state == "0A000")) is_broken_ = true;
  return result;
}

absl::Status Connection::ExecuteScript(const Statement& script,
                                       std::optional<absl::Duration> timeout) {
  if (is_broken_) return Lost(script.name);
  std::string sql(script.sql);
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) return Lost(script.name);
  return Await(script.name, absl::Now() + timeout.value_or(client_timeout_)).status();
}

bool Connection::HasInput() const {
  pollfd entry{PQsocket(connection_.get()), POLLIN, 0};
  return poll(&entry, 1, 0) > 0;
}

bool Connection::IsUsable() {
  if (is_broken_ || PQstatus(connection_.get()) != CONNECTION_OK) return false;
  if (!HasInput()) return true;
  // The farewell of a server that goes is one message and then the end of the stream.
  bool is_alive = PQconsumeInput(connection_.get()) == 1 &&
                  (!HasInput() || PQconsumeInput(connection_.get()) == 1) &&
                  PQstatus(connection_.get()) == CONNECTION_OK;
  if (!is_alive) is_broken_ = true;
  return is_alive;
}

bool Connection::InTransaction() const {
  return PQtransactionStatus(connection_.get()) != PQTRANS_IDLE;
}

int Connection::socket() const {
  return is_broken_ ? -1 : PQsocket(connection_.get());
}

}  // namespace datamigrate::pg
