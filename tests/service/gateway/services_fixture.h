// Gateway and engine as processes, with one PostgreSQL.
#ifndef DATAMIGRATE_TESTS_SERVICE_GATEWAY_SERVICES_FIXTURE_H_
#define DATAMIGRATE_TESTS_SERVICE_GATEWAY_SERVICES_FIXTURE_H_

#include <catch2/catch.hpp>

#include <grpcpp/create_channel.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "datamigrate/v1/migration.grpc.pb.h"
#include "tests/support/child_process.h"
#include "tests/support/test_database.h"
#include "tests/unit/cli/program_run.h"
#include "tests/unit/gateway/raw_client.h"

namespace datamigrate::testing {

inline constexpr std::chrono::seconds kStartLimit{60};

inline std::vector<std::string> EngineCommand(const std::string& home, const std::string& listen,
                                              const std::string& database_url) {
  return {DATAMIGRATE_BINARY_DIR "/bin/datamigrate-engine",
          "--listen",
          listen,
          "--port-file",
          home + "/engine.port",
          "--home",
          home,
          "--database-url",
          database_url,
          "--concurrency",
          "0",
          "--source-root",
          home};
}

// A gateway and an engine that takes its tokens: they share a folder, and a socket in it.
struct Services {
  // `more`: options of the engine.
  explicit Services(const std::vector<std::string>& more = {})
      : database(std::getenv("DATAMIGRATE_TEST_DATABASE_URL")),
        engine_address("unix:" + (home.path() / "engine.sock").string()),
        gateway({DATAMIGRATE_BINARY_DIR "/bin/datamigrate-gateway", "--listen", "127.0.0.1:0",
                 "--database-url", database.url(), "--home", home.path(), "--port-file",
                 home.path() / "gateway.port", "--engine", engine_address, "--rate-limit", "0",
                 "--log-level", "error"},
                home.path() / "gateway.log") {
    port = static_cast<uint16_t>(std::stoi(Ready(gateway, "gateway")));
    std::vector<std::string> command = EngineCommand(home.path(), engine_address, database.url());
    command.insert(command.end(), {"--token-keys", home.path() / "jwks.json"});
    command.insert(command.end(), more.begin(), more.end());
    engine = std::make_unique<ChildProcess>(command, home.path() / "engine.log");
    Ready(*engine, "engine");
    stub = v1::MigrationService::NewStub(
        grpc::CreateChannel(engine_address, grpc::InsecureChannelCredentials()));
    scripts = (home.path() / "scripts").string();
    std::filesystem::create_directory(scripts);
    std::ofstream(scripts + "/a.sql") << "CREATE TABLE dbo.T (A int);\n";
  }

  std::string Ready(ChildProcess& process, const std::string& name) {
    const std::string text = WaitForFile(home.path() / (name + ".port"), process, kStartLimit);
    INFO(ReadFile(home.path() / (name + ".log")));
    REQUIRE_FALSE(text.empty());
    return text;
  }

  RawResponse Ask(const std::string& method, const std::string& path, const std::string& credential,
                  const nlohmann::json& body = nullptr) const {
    const std::string text = body.is_null() ? "" : body.dump();
    std::string request = method + " " + path + " HTTP/1.1\r\nHost: test\r\n";
    if (!credential.empty()) request += "Authorization: Bearer " + credential + "\r\n";
    if (!text.empty()) request += "Content-Type: application/json\r\n";
    return RawClient(port).Ask(request + "Content-Length: " + std::to_string(text.size()) +
                               "\r\n\r\n" + text);
  }

  std::string Register(const std::string& email) const {
    const RawResponse response = Ask("POST", "/api/v1/auth/register", "",
                                     {{"email", email}, {"password", "a long password"}});
    REQUIRE(response.status == 201);
    return nlohmann::json::parse(response.body)["access_token"];
  }

  nlohmann::json MakeKey(const std::string& credential,
                         const std::vector<std::string>& scopes) const {
    const RawResponse made =
        Ask("POST", "/api/v1/api-keys", credential, {{"name", "ci"}, {"scopes", scopes}});
    INFO(made.body);
    REQUIRE(made.status == 201);
    return nlohmann::json::parse(made.body);
  }

  std::string EngineTokenFor(const std::string& credential) const {
    const RawResponse granted = Ask("POST", "/api/v1/engine-tokens", credential);
    INFO(granted.body);
    REQUIRE(granted.status == 201);
    return nlohmann::json::parse(granted.body)["token"];
  }

  // The status of ListMigrations with this metadata.
  grpc::Status List(const std::vector<std::pair<std::string, std::string>>& metadata,
                    v1::ListMigrationsResponse* answer = nullptr) const {
    grpc::ClientContext context;
    for (const auto& [name, value] : metadata) context.AddMetadata(name, value);
    v1::ListMigrationsResponse ignored;
    return stub->ListMigrations(&context, {}, answer == nullptr ? &ignored : answer);
  }

  // Runs the command line with the key in a file.
  ProgramResult Run(std::vector<std::string> arguments, const std::string& key) const {
    const std::string file = home.path() / "api.key";
    std::ofstream(file) << key << "\n";
    chmod(file.c_str(), 0600);
    arguments.insert(arguments.end(),
                     {"--engine", engine_address, "--gateway",
                      "http://127.0.0.1:" + std::to_string(port), "--api-key-file", file});
    return RunDatamigrate(arguments);
  }

  TestDatabase database;
  TemporaryDirectory home;
  std::string engine_address;
  ChildProcess gateway;
  std::unique_ptr<ChildProcess> engine;
  std::unique_ptr<v1::MigrationService::Stub> stub;
  uint16_t port = 0;
  std::string scripts;
};

}  // namespace datamigrate::testing

#endif  // DATAMIGRATE_TESTS_SERVICE_GATEWAY_SERVICES_FIXTURE_H_
