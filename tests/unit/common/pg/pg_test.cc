#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "absl/time/clock.h"
#include "common/pg/connection.h"
#include "common/pg/listener.h"
#include "common/pg/pool.h"
#include "common/pg/schema.h"
#include "common/pg/sql_state.h"
#include "common/pg/transaction.h"
#include "tests/unit/store/test_database.h"

namespace datamigrate::pg {
namespace {

Connection& Open(std::unique_ptr<Connection>& holder, const ConnectionOptions& options) {
  auto opened = Connection::Open(options);
  REQUIRE(opened.ok());
  holder = *std::move(opened);
  return *holder;
}

TEST_CASE("Values come back as they were bound", "[pg]") {
  const bool is_prepared = GENERATE(false, true);
  const bool has_binary_rows = GENERATE(false, true);
  TestDatabase database;
  std::unique_ptr<Connection> holder;
  Connection& connection = Open(holder, database.options());
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  absl::Time time = absl::FromUnixMicros(1'700'000'000'123'456);
  std::vector<std::string> words = {"plain", "a,b", "with \"quotes\"", "back\\slash", "",
                                    "NULL",  "{x}"};
  auto rows = connection.Execute(
      {"echo",
       "SELECT $1::bool AS b, $2::int AS i, $3::bigint AS l, $4::double precision AS d,"
       " $5::text AS t, $6::bytea AS y, $7::timestamptz AS z, $8::text AS n,"
       " array_to_string($9::text[], '|') AS w, extract(epoch FROM $10::interval)::text AS s,"
       " '0190f3a4-aaaa-7aaa-8aaa-1234567890ab'::uuid AS u",
       is_prepared, has_binary_rows},
      {true, -7, int64_t{9'000'000'000}, 0.1, "O'Brien; DROP TABLE x; -- 名前", Bytes{all_bytes},
       time, std::nullopt, words, absl::Milliseconds(1500)});
  REQUIRE(rows.ok());
  Row row = rows->front();
  CHECK(row.Get<bool>("b"));
  CHECK(row.Get<int>("i") == -7);
  CHECK(row.Get<int64_t>("l") == 9'000'000'000);
  CHECK(row.Get<double>("d") == 0.1);
  CHECK(row.Get<std::string>("t") == "O'Brien; DROP TABLE x; -- 名前");
  CHECK(row.Get<Bytes>("y").value == all_bytes);
  CHECK(row.Get<absl::Time>("z") == time);
  CHECK_FALSE(row.Get<std::optional<std::string>>("n").has_value());
  CHECK(row.Get<std::optional<int>>("i") == -7);
  CHECK(row.Get<std::string>("w") == "plain|a,b|with \"quotes\"|back\\slash||NULL|{x}");
  CHECK(row.Get<std::string>("s") == "1.500000");
  CHECK(row.Get<std::string>("u") == "0190f3a4-aaaa-7aaa-8aaa-1234567890ab");
  CHECK(row.Get<int64_t>("i") == -7);
}

TEST_CASE("A large value goes and comes whole", "[pg]") {
  TestDatabase database;
  std::unique_ptr<Connection> holder;
  Connection& connection = Open(holder, database.options());
  std::string large(20'000'000, 'x');
  auto rows = connection.Execute({"echo", "SELECT $1::bytea AS y"}, {Bytes{large}});
  REQUIRE(rows.ok());
  CHECK(rows->front().Get<Bytes>("y").value == large);
}

TEST_CASE("An error carries its SQLSTATE and its statement's name, and no value", "[pg]") {
  TestDatabase database;
  database.Run("CREATE TABLE keys (id text PRIMARY KEY)");
  std::unique_ptr<Connection> holder;
  Connection& connection = Open(holder, database.options());
  Statement insert{"insert_key", "INSERT INTO keys VALUES ($1)"};
  REQUIRE(connection.Execute(insert, {"secret-value"}).ok());
  absl::Status twice = connection.Execute(insert, {"secret-value"}).status();
  CHECK(twice.code() == absl::StatusCode::kAlreadyExists);
  CHECK(IsUniqueViolation(twice));
  CHECK(twice.message().find("insert_key") != absl::string_view::npos);
  CHECK(twice.message().find("secret-value") == absl::string_view::npos);

  absl::Status wrong = connection.Execute({"cast", "SELECT $1::uuid"}, {"secret-value"}).status();
  CHECK(wrong.code() == absl::StatusCode::kInvalidArgument);
  CHECK(SqlStateOf(wrong) == "22P02");
  CHECK(wrong.message().find("secret-value") == absl::string_view::npos);

  absl::Status cut = connection.Execute(insert, {std::string("a\0b", 3)}).status();
  CHECK(cut.code() == absl::StatusCode::kInvalidArgument);
  CHECK(connection.IsUsable());
}

TEST_CASE("A bad URL is refused without repeating it", "[pg]") {
  absl::Status status = Connection::Open({.url = "host=x hunter2 password"}).status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(status.message().find("hunter2") == absl::string_view::npos);
}

TEST_CASE("Nobody listening is unavailable at once", "[pg]") {
  absl::Time before = absl::Now();
  Pool pool({.connection = {.url = "host=/nonexistent user=u password=hunter2"}});
  absl::Status status = Execute(pool, {}, {"ask", "SELECT 1"}).status();
  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK(status.message().find("hunter2") == absl::string_view::npos);
  CHECK(absl::Now() - before < absl::Seconds(4));
  CHECK(pool.open_connections() == 0);
}

TEST_CASE("A server that accepts and never answers is unavailable after the timeout", "[pg]") {
  int server = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(listen(server, 8) == 0);
  socklen_t length = sizeof(address);
  getsockname(server, reinterpret_cast<sockaddr*>(&address), &length);
  std::string url = "host=127.0.0.1 user=u port=" + std::to_string(ntohs(address.sin_port));
  absl::Time before = absl::Now();
  absl::Status status =
      Connection::Open({.url = url, .connect_timeout = absl::Seconds(2)}).status();
  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK(absl::Now() - before < absl::Seconds(5));
  close(server);
}

TEST_CASE("A statement that takes too long is stopped by the server", "[pg]") {
  TestDatabase database;
  ConnectionOptions options = database.options();
  options.statement_timeout = absl::Milliseconds(100);
  std::unique_ptr<Connection> holder;
  Connection& connection = Open(holder, options);
  absl::Status status = connection.Execute({"slow", "SELECT pg_sleep(60)"}).status();
  CHECK(status.code() == absl::StatusCode::kDeadlineExceeded);
  CHECK(connection.IsUsable());
}

TEST_CASE("A silent server is given up by the client", "[pg]") {
  TestDatabase database;
  ConnectionOptions options = database.options();
  options.statement_timeout = absl::ZeroDuration();  // the server's side switched off
  options.client_grace = absl::Milliseconds(200);
  std::unique_ptr<Connection> holder;
  Connection& connection = Open(holder, options);
  absl::Status status = connection.Execute({"slow", "SELECT pg_sleep(2)"}).status();
  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK_FALSE(connection.IsUsable());
}

TEST_CASE("A transaction that leaves its scope leaves nothing", "[pg]") {
  TestDatabase database;
  database.Run("CREATE TABLE t (n int)");
  std::unique_ptr<Connection> holder;
  Connection& connection = Open(holder, database.options());
  Statement insert{"insert", "INSERT INTO t VALUES (1)"};
  {
    auto transaction = Transaction::Begin(connection);
    REQUIRE(transaction.ok());
    REQUIRE(transaction->Execute(insert).ok());
  }
  CHECK(database.Value("SELECT count(*) AS value FROM t") == "0");
  {
    auto transaction = Transaction::Begin(connection);
    REQUIRE(transaction->Execute(insert).ok());
    CHECK(transaction->Commit().ok());
    CHECK_FALSE(transaction->Execute(insert).ok());
  }
  CHECK(database.Value("SELECT count(*) AS value FROM t") == "1");
  auto transaction = Transaction::Begin(connection);
  CHECK_FALSE(transaction->Execute({"wrong", "SELECT 1/0"}).ok());
  CHECK(transaction->Commit().code() == absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("Serialization failures run the transaction again", "[pg]") {
  TestDatabase database;
  database.Run("CREATE TABLE t (n int); INSERT INTO t VALUES (0)");
  int attempts = 0;
  absl::Status status = InTransaction(
      database.pool(), {.sleep = [](absl::Duration) {}},
      [&](Transaction& transaction) -> absl::Status {
        ++attempts;
        auto read = transaction.Execute({"read", "SELECT n FROM t"});
        if (!read.ok()) return read.status();
        if (attempts == 1) database.Run("UPDATE t SET n = n + 10");
        return transaction
            .Execute({"write", "UPDATE t SET n = $1"}, {read->front().Get<int>("n") + 1})
            .status();
      },
      Isolation::kRepeatableRead);
  CHECK(status.ok());
  CHECK(attempts == 2);
  CHECK(database.Value("SELECT n AS value FROM t") == "11");
}

TEST_CASE("Retrying stops at its bound and does not repeat what is not retryable", "[pg]") {
  int calls = 0;
  auto failing = [&](std::string_view state) {
    calls = 0;
    (void)WithRetry({.max_attempts = 4, .sleep = [](absl::Duration) {}}, [&] {
      ++calls;
      return SqlError(state, "s", "m");
    });
    return calls;
  };
  CHECK(failing("40001") == 4);
  CHECK(failing("40P01") == 4);
  CHECK(failing("08006") == 4);
  CHECK(failing("23505") == 1);
  CHECK(failing("53100") == 1);
  CHECK(failing(kOutcomeUnknown) == 1);
}

TEST_CASE("A pool lends at most its size and waits for what comes back", "[pg]") {
  TestDatabase database;
  Pool pool({.connection = database.options(),
             .max_connections = 1,
             .acquire_timeout = absl::Milliseconds(50)});
  {
    auto first = pool.Acquire();
    REQUIRE(first.ok());
    CHECK(pool.Acquire().status().code() == absl::StatusCode::kResourceExhausted);
  }
  CHECK(pool.Acquire().ok());
  CHECK(pool.open_connections() == 1);
}

TEST_CASE("A pool replaces connections that the server closed or that were left in a transaction",
          "[pg]") {
  TestDatabase database;
  Pool pool({.connection = database.options(), .max_connections = 1});
  auto pid = [&] {
    auto connection = pool.Acquire();
    return (*connection)->Execute({"pid", "SELECT pg_backend_pid() AS p"})->front().Get<int>("p");
  };
  int first = pid();
  CHECK(pid() == first);
  database.Run("SELECT pg_terminate_backend(" + std::to_string(first) + ", 5000)");
  int second = pid();
  CHECK(second != first);
  {
    auto connection = pool.Acquire();
    REQUIRE((*connection)->Execute({"begin", "BEGIN"}).ok());
  }
  CHECK(pid() != second);
}

TEST_CASE("A listener hears notifications, wakes, and finds a new connection", "[pg]") {
  TestDatabase database;
  Listener listener(database.options(), {"pg_test_channel"});
  absl::Time soon = absl::Now() + absl::Seconds(10);
  REQUIRE(listener.Wait(soon)->empty());  // connected: look
  CHECK(listener.sessions() == 1);
  database.Run("NOTIFY pg_test_channel, 'one'");
  auto heard = listener.Wait(soon);
  REQUIRE(heard.ok());
  REQUIRE(heard->size() == 1);
  CHECK(heard->front().payload == "one");
  listener.Wake();
  CHECK(listener.Wait(absl::InfiniteFuture())->empty());
  CHECK(listener.Wait(absl::Now())->empty());
  CHECK(listener.sessions() == 1);

  database.Run(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
      " WHERE query LIKE 'LISTEN \"pg_test_channel\"'");
  REQUIRE(listener.Wait(soon)->empty());  // connected again: look
  CHECK(listener.sessions() == 2);
  database.Run("NOTIFY pg_test_channel, 'two'");
  CHECK(listener.Wait(soon)->front().payload == "two");
}

TEST_CASE("A listener without a server waits and says why", "[pg]") {
  Listener listener({.url = "host=/nonexistent"}, {"c"});
  CHECK(listener.Wait(absl::Now() + absl::Milliseconds(150)).status().code() ==
        absl::StatusCode::kUnavailable);
}

SchemaComponent Component(std::vector<SchemaFile> files) {
  return {"test", std::move(files)};
}

TEST_CASE("Schema files are applied once, in order, and all or none", "[pg]") {
  TestDatabase database;
  std::unique_ptr<Connection> holder;
  Connection& connection = Open(holder, database.options());
  SchemaFile first{1, "0001_a.sql", "aa", "CREATE TABLE a (n int); INSERT INTO a VALUES (1)"};
  SchemaFile second{2, "0002_b.sql", "bb", "ALTER TABLE a ADD m int; CREATE TABLE b ()"};
  SchemaFile broken{3, "0003_c.sql", "cc", "CREATE TABLE c (); SELECT nonsense"};
  CHECK(ApplySchema(connection, Component({first})).ok());
  CHECK(ApplySchema(connection, Component({first, second})).ok());
  CHECK(ApplySchema(connection, Component({first, second})).ok());
  CHECK(database.Value("SELECT count(*) AS value FROM a") == "1");

  absl::Status failed = ApplySchema(connection, Component({first, second, broken}));
  CHECK(failed.message().find("test/0003_c.sql") != absl::string_view::npos);
  CHECK(database.Value("SELECT to_regclass('c') AS value") == "NULL");
  CHECK(database.Value("SELECT max(number) AS value FROM schema_migrations") == "2");
}

TEST_CASE("An edited schema file and a newer database are refused", "[pg]") {
  TestDatabase database;
  std::unique_ptr<Connection> holder;
  Connection& connection = Open(holder, database.options());
  SchemaFile first{1, "0001_a.sql", "aa", "CREATE TABLE a ()"};
  SchemaFile edited{1, "0001_a.sql", "ab", "CREATE TABLE a (n int)"};
  SchemaFile second{2, "0002_b.sql", "bb", "CREATE TABLE b ()"};
  REQUIRE(ApplySchema(connection, Component({first, second})).ok());
  absl::Status changed = ApplySchema(connection, Component({edited, second}));
  CHECK(changed.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(changed.message().find("0001_a.sql") != absl::string_view::npos);
  absl::Status newer = ApplySchema(connection, Component({first}));
  CHECK(newer.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(newer.message().find("0002_b.sql") != absl::string_view::npos);
  SchemaComponent other{"other", {{1, "0001_z.sql", "zz", "CREATE TABLE z ()"}}};
  CHECK(ApplySchema(connection, other).ok());
}

TEST_CASE("Processes that start together apply the schema once", "[pg]") {
  TestDatabase database;
  SchemaFile first{1, "0001_a.sql", "aa", "CREATE TABLE a (n int); INSERT INTO a VALUES (1)"};
  std::vector<std::thread> threads;
  std::vector<absl::Status> outcomes(6);
  for (absl::Status& outcome : outcomes) {
    threads.emplace_back([&] {
      auto connection = Connection::Open(database.options());
      outcome =
          connection.ok() ? ApplySchema(**connection, Component({first})) : connection.status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& outcome : outcomes) CHECK(outcome == absl::OkStatus());
  CHECK(database.Value("SELECT count(*) AS value FROM a") == "1");
}

TEST_CASE("Text is made storable", "[pg]") {
  using namespace std::string_literals;
  CHECK(ToStorableText("plain 名前 \xF0\x9F\x98\x80") == "plain 名前 \xF0\x9F\x98\x80");
  CHECK(ToStorableText("a\0b"s) == "a\uFFFDb");
  CHECK(ToStorableText("\xFFz\xC3") == "\uFFFDz\uFFFD");
  CHECK(ToStorableText("\xC0\x80\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(ToStorableJson(R"({"a":"x\u0000y\\u0000z"})") == R"({"a":"x\ufffdy\\u0000z"})");
}

}  // namespace
}  // namespace datamigrate::pg
