// Who calls the engine: gateway, engine and command line as processes, with one PostgreSQL.
#include <catch2/catch.hpp>

#include <grpcpp/create_channel.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/pg/pool.h"
#include "common/pg/transaction.h"
#include "datamigrate/v1/migration.grpc.pb.h"
#include "tests/service/gateway/services_fixture.h"

namespace datamigrate::testing {
namespace {

using nlohmann::json;

TEST_CASE("An engine with the gateway's keys takes tokens of the gateway alone",
          "[gateway][service][engine-identity]") {
  const Services services;
  const std::string ann = services.Register("ann@example.com");

  // Through the gateway all is as before, and the engine knows for whom.
  const json body = {{"source", services.scripts}, {"target", "duckdb"}};
  const RawResponse created = services.Ask("POST", "/api/v1/migrations", ann, body);
  INFO(created.body);
  REQUIRE(created.status == 201);
  const json migration = json::parse(created.body);
  const json me = json::parse(services.Ask("GET", "/api/v1/auth/me", ann).body);
  CHECK(migration["created_by"] == me["id"]);
  const std::string path = "/api/v1/migrations/" + migration["id"].get<std::string>();
  CHECK(services.Ask("GET", path, ann).status == 200);
  CHECK(services.Ask("POST", path + "/cancel", ann).status == 200);

  // What a call says of itself counts for nothing.
  const std::string tenant = me["organization_id"];
  const grpc::Status bare =
      services.List({{"x-datamigrate-tenant", tenant}, {"x-datamigrate-user", me["id"]}});
  CHECK(bare.error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(bare.error_message().find("/api/v1/engine-tokens") != std::string::npos);
  CHECK(services.List({}).error_code() == grpc::StatusCode::UNAUTHENTICATED);
  // Nor does a token of another kind, here or there.
  CHECK(services.List({{"authorization", "Bearer " + ann}}).error_code() ==
        grpc::StatusCode::UNAUTHENTICATED);
  const std::string token = services.EngineTokenFor(ann);
  CHECK(services.Ask("GET", "/api/v1/migrations", token).status == 401);
  // A group of new ones is as good as each one's token.
  v1::CreateMigrationsRequest group;
  for (const std::string& proof : {std::string(), token}) {
    auto* item = group.add_items();
    item->set_tenant(tenant);
    item->set_token(proof);
    item->mutable_request()->set_source(services.scripts);
    item->mutable_request()->set_target("duckdb");
  }
  v1::CreateMigrationsResponse results;
  grpc::ClientContext context;
  REQUIRE(services.stub->CreateMigrations(&context, group, &results).ok());
  CHECK(results.results(0).code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(results.results(1).code() == 0);

  // The tenant is the token's, whatever else is said: somebody else sees nothing.
  const std::string bob = services.EngineTokenFor(services.Register("bob@example.com"));
  v1::ListMigrationsResponse seen;
  CHECK(services.List({{"authorization", "Bearer " + bob}, {"x-datamigrate-tenant", tenant}}, &seen)
            .ok());
  CHECK(seen.migrations_size() == 0);
  CHECK(services.List({{"authorization", "Bearer " + token}}, &seen).ok());
  CHECK(seen.migrations_size() == 2);
  // Another engine has the keys from the gateway itself.
  std::vector<std::string> command =
      EngineCommand(services.home.path(), "127.0.0.1:0", services.database.url());
  command.insert(command.end(),
                 {"--token-keys",
                  "http://127.0.0.1:" + std::to_string(services.port) + "/.well-known/jwks.json"});
  command[4] = services.home.path() / "second.port";
  ChildProcess second(command, services.home.path() / "second.log");
  const std::string port = WaitForFile(services.home.path() / "second.port", second, kStartLimit);
  INFO(ReadFile(services.home.path() / "second.log"));
  REQUIRE_FALSE(port.empty());
  const auto by_url = v1::MigrationService::NewStub(grpc::CreateChannel(
      "127.0.0.1:" + std::to_string(std::stoi(port)), grpc::InsecureChannelCredentials()));
  for (const std::string& proof : {token, ann}) {
    grpc::ClientContext asking;
    asking.AddMetadata("authorization", "Bearer " + proof);
    CHECK(by_url->ListMigrations(&asking, {}, &seen).ok() == (proof == token));
  }
  // Streams are refused like the rest.
  grpc::ClientContext watching;
  v1::WatchMigrationRequest watch;
  watch.set_id(migration["id"]);
  const auto reader = services.stub->WatchMigration(&watching, watch);
  v1::MigrationEvent event;
  CHECK_FALSE(reader->Read(&event));
  CHECK(reader->Finish().error_code() == grpc::StatusCode::UNAUTHENTICATED);
}

TEST_CASE("An API key calls the engine within its scopes, from the command line",
          "[gateway][service][engine-identity]") {
  const Services services;
  const std::string ann = services.Register("ann@example.com");
  const json reads = services.MakeKey(ann, {"migrations:read"});
  const json writes = services.MakeKey(ann, {"migrations:read", "migrations:write"});

  const std::vector<std::string> create = {"migrate", "--source", services.scripts, "--detach",
                                           "--json"};
  const ProgramResult refused = services.Run(create, reads["key"]);
  CHECK(refused.exit_code == 1);
  CHECK(refused.err.find("lacks migrations:write") != std::string::npos);
  const ProgramResult created = services.Run(create, writes["key"]);
  INFO(created.err);
  REQUIRE(created.exit_code == 0);
  const ProgramResult listed = services.Run({"list", "--json"}, reads["key"]);
  CHECK(listed.exit_code == 0);
  CHECK(json::parse(listed.out)["migrations"].size() == 1);
  // Over HTTP it is the same organization's.
  CHECK(json::parse(services.Ask("GET", "/api/v1/migrations", ann).body)["migrations"].size() == 1);

  // A key for other things, one that is none, and one that was revoked get no token.
  const ProgramResult other =
      services.Run({"list"}, services.MakeKey(ann, {"members:read"})["key"]);
  CHECK(other.exit_code == 1);
  CHECK(other.err.find("migrations:read") != std::string::npos);
  CHECK(services.Run({"list"}, "dm_rubbish").exit_code == 1);
  CHECK(services.Ask("DELETE", "/api/v1/api-keys/" + reads["id"].get<std::string>(), ann).status ==
        204);
  const ProgramResult revoked = services.Run({"list"}, reads["key"]);
  CHECK(revoked.exit_code == 1);
  CHECK(revoked.err.find("revoked") != std::string::npos);
  CHECK(revoked.err.find(reads["key"].get<std::string>()) == std::string::npos);
  CHECK(RunDatamigrate({"list", "--engine", services.engine_address}).exit_code == 1);

  // The door that grants has written down who came with which key.
  pg::PoolOptions options;
  options.connection.url = services.database.url();
  pg::Pool pool(options);
  const auto rows =
      pg::Execute(pool, {},
                  {"rows",
                   "SELECT count(*) AS n FROM audit_logs WHERE action = 'createEngineToken'"
                   " AND key_id IN ($1, $2) AND status = 201"},
                  {reads["id"].get<std::string>(), writes["id"].get<std::string>()});
  REQUIRE(rows.ok());
  CHECK(rows->front().Get<int64_t>("n") == 3);
  // And the engine what the client did there, while the gateway writes its own: each once.
  const json body = {{"source", services.scripts}, {"target", "duckdb"}};
  REQUIRE(services.Ask("POST", "/api/v1/migrations", ann, body).status == 201);
  const auto creates =
      pg::Execute(pool, {},
                  {"creates",
                   "SELECT key_id, object, status, body_sha256 FROM audit_logs"
                   " WHERE action = 'createMigration' AND status < 300 ORDER BY sequence"});
  REQUIRE(creates.ok());
  REQUIRE(creates->size() == 2);
  const pg::Row by_client = creates->front();
  CHECK(by_client.Get<std::string>("key_id") == writes["id"]);
  CHECK(by_client.Get<std::string>("object") == json::parse(created.out)["id"]);
  CHECK(by_client.Get<std::string>("body_sha256").size() == 64);
  CHECK(RunDatamigrate({"audit", "verify", "--database-url", services.database.url()}).exit_code ==
        0);
}

TEST_CASE("Keys and tokens do not travel in clear text", "[gateway][service][engine-identity]") {
  const TemporaryDirectory home;
  const std::string file = home.path() / "api.key";
  std::ofstream(file) << "dm_" << std::string(40, '0') << "0M7Cj4\n";
  chmod(file.c_str(), 0600);
  const ProgramResult far = RunDatamigrate({"list", "--engine", "10.255.255.1:1", "--gateway",
                                            "https://127.0.0.1:1", "--api-key-file", file});
  CHECK(far.exit_code == 1);
  CHECK(far.err.find("--engine-ca") != std::string::npos);
  const ProgramResult plain = RunDatamigrate({"list", "--engine", "127.0.0.1:1", "--gateway",
                                              "http://gateway.example", "--api-key-file", file});
  CHECK(plain.exit_code == 1);
  CHECK(plain.err.find("https://") != std::string::npos);
  chmod(file.c_str(), 0644);
  const ProgramResult open = RunDatamigrate({"list", "--engine", "127.0.0.1:1", "--gateway",
                                             "https://127.0.0.1:1", "--api-key-file", file});
  CHECK(open.exit_code == 1);
  CHECK(open.err.find("dm_0") == std::string::npos);
}

TEST_CASE("An engine that anybody reaches does not start without a proof of its callers",
          "[gateway][service][engine-identity]") {
  const TestDatabase database(std::getenv("DATAMIGRATE_TEST_DATABASE_URL"));
  const TemporaryDirectory home;
  ChildProcess engine(EngineCommand(home.path(), "0.0.0.0:0", database.url()), home.path() / "log");
  const int status = engine.Wait(kStartLimit);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 1));
  CHECK(ReadFile(home.path() / "log").find("--token-keys") != std::string::npos);
}

}  // namespace
}  // namespace datamigrate::testing
