// Flags, environment, metrics text and the worker pool.
#include "gateway/config.h"

#include <catch2/catch.hpp>

#include <map>

#include "absl/synchronization/notification.h"
#include "common/telemetry/metrics.h"
#include "gateway/identity/ended_sessions.h"
#include "gateway/identity/verified_tokens.h"
#include "gateway/worker_pool.h"

namespace datamigrate::gateway {
namespace {

absl::StatusOr<Config> Read(const std::vector<std::string>& arguments,
                            std::map<std::string, std::string> environment = {}) {
  environment.emplace("HOME", "/home/ann");
  return ReadConfig(arguments, [&](const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST_CASE("Flags win over the environment, which wins over defaults", "[gateway][config]") {
  const auto config = Read({"--listen", "0.0.0.0:0", "--engine=e:1", "--rate-limit", "7"},
                           {{"DATAMIGRATE_ENGINE", "other:2"},
                            {"DATAMIGRATE_DATABASE_URL", "postgresql://a/b"},
                            {"DATAMIGRATE_ALLOW_ORIGIN", "https://a.example,http://b.example"}});
  REQUIRE(config.ok());
  CHECK(config->listen_host == "0.0.0.0");
  CHECK(config->listen_port == 0);
  CHECK(config->engine == "e:1");
  CHECK(config->database_url == "postgresql://a/b");
  CHECK(config->rate_limit == 7);
  CHECK(config->allowed_origins ==
        std::vector<std::string>{"https://a.example", "http://b.example"});
  CHECK(config->home == "/home/ann/.local/share/datamigrate");
  CHECK(config->jwt_key_file == "/home/ann/.local/share/datamigrate/jwt.key");
}

TEST_CASE("An IPv6 address is written in brackets", "[gateway][config]") {
  const auto config = Read({"--listen", "[::1]:80", "--database-url", "x"});
  REQUIRE(config.ok());
  CHECK(config->listen_host == "::1");
  CHECK(config->listen_port == 80);
}

TEST_CASE("A wrong flag is named with what it takes", "[gateway][config]") {
  const auto test = GENERATE(table<std::vector<std::string>, std::string>({
      {std::vector<std::string>{"--nonsense"},
       "unknown argument \"--nonsense\"; --help lists what there is"},
      {std::vector<std::string>{"serve"}, "unknown argument \"serve\"; --help lists what there is"},
      {std::vector<std::string>{"--engine"}, "--engine needs a value: --engine HOST:PORT"},
      {std::vector<std::string>{"--listen", "8080"},
       "--listen must be HOST:PORT, as 127.0.0.1:8080"},
      {std::vector<std::string>{"--listen", "a:65536"},
       "--listen must be a whole number from 0 to 65535"},
      {std::vector<std::string>{"--rate-limit", "-1"},
       "--rate-limit must be a whole number from 0 to 1000000000"},
      {std::vector<std::string>{"--rate-limit", "1x"},
       "--rate-limit must be a whole number from 0 to 1000000000"},
      {std::vector<std::string>{},
       "--database-url is needed: where PostgreSQL is, as postgresql://user@host/database"},
  }));
  const auto config = Read(std::get<0>(test));
  CHECK(std::string(config.status().message()) == std::get<1>(test));
}

TEST_CASE("Help and version need nothing else", "[gateway][config]") {
  CHECK(Read({"--help"})->wants_help);
  CHECK(Read({"--version"})->wants_version);
  CHECK(Usage().find("--database-url URL") != std::string::npos);
  CHECK(Usage().find("DATAMIGRATE_DATABASE_URL") != std::string::npos);
}

TEST_CASE("Metrics are printed as Prometheus reads them", "[telemetry]") {
  telemetry::Metrics metrics;
  auto& counter = metrics.AddCounter("a_total", "Things.\nMore \\ things.", {"x"});
  counter.Increment({"quote\" \\ line\n"}, 3);
  auto& histogram = metrics.AddHistogram("b_seconds", "Time.", {}, {0.5, 1});
  for (const double value : {0.5, 0.75, 2.0}) histogram.Observe(value);
  metrics.AddGauge("c", "Level.", [] { return 2.5; });
  CHECK(metrics.Print() ==
        "# HELP a_total Things.\\nMore \\\\ things.\n"
        "# TYPE a_total counter\n"
        "a_total{x=\"quote\\\" \\\\ line\\n\"} 3\n"
        "# HELP b_seconds Time.\n"
        "# TYPE b_seconds histogram\n"
        "b_seconds_bucket{le=\"0.5\"} 1\n"
        "b_seconds_bucket{le=\"1\"} 2\n"
        "b_seconds_bucket{le=\"+Inf\"} 3\n"
        "b_seconds_sum 3.25\n"
        "b_seconds_count 3\n"
        "# HELP c Level.\n"
        "# TYPE c gauge\n"
        "c 2.5\n");
}

TEST_CASE("A verified token is remembered until it expires", "[gateway][identity]") {
  VerifiedTokens tokens(2);
  const auto at = [](int64_t second) { return absl::FromUnixSeconds(second); };
  tokens.Add("a", {"u1", "o1", "s1"}, at(10), at(0));
  CHECK(tokens.Find("a", at(9))->user_id == "u1");
  CHECK_FALSE(tokens.Find("a", at(10)).has_value());
  CHECK_FALSE(tokens.Find("b", at(0)).has_value());
  tokens.Add("b", {"u2", "o2", "s2"}, at(20), at(1));
  tokens.Add("c", {"u3", "o3", "s3"}, at(20), at(11));
  CHECK(tokens.size() == 2);
  CHECK(tokens.Find("b", at(11)).has_value());
  tokens.Add("d", {"u4", "o4", "s4"}, at(20), at(12));
  CHECK(tokens.size() == 1);
  CHECK(tokens.Find("d", at(12))->user_id == "u4");
}

TEST_CASE("A session that ended here stays ended until the database has said so",
          "[gateway][identity]") {
  EndedSessions sessions;
  sessions.Add("ours");
  CHECK(sessions.Contains("ours", 0));
  sessions.Merge({{"theirs", ChangedSession::kEnded}});
  CHECK(sessions.Contains("ours", 0));
  CHECK(sessions.Contains("theirs", 0));
  sessions.Merge({{"ours", ChangedSession::kEnded}});
  CHECK(sessions.Contains("ours", 0));
  CHECK_FALSE(sessions.Contains("theirs", 0));
}

TEST_CASE("A session whose rights changed goes on with newer tokens", "[gateway][identity]") {
  EndedSessions sessions;
  sessions.Add("a", 2);
  CHECK(sessions.Contains("a", 1));
  CHECK_FALSE(sessions.Contains("a", 2));
  sessions.Merge({{"a", 1}});
  CHECK(sessions.Contains("a", 1));
}

TEST_CASE("A full queue refuses work, and what it took is done before the end",
          "[gateway][workers]") {
  absl::Notification started;
  absl::Notification go_on;
  int done = 0;
  {
    WorkerPool pool(1, 2);
    REQUIRE(pool.TryPost([&] {
      started.Notify();
      go_on.WaitForNotification();
      ++done;
    }));
    started.WaitForNotification();
    CHECK(pool.TryPost([&] { ++done; }));
    CHECK(pool.TryPost([&] { ++done; }));
    CHECK_FALSE(pool.TryPost([&] { done += 100; }));
    CHECK(pool.queued() == 2);
    go_on.Notify();
  }
  CHECK(done == 3);
}

}  // namespace
}  // namespace datamigrate::gateway
