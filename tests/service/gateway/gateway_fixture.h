// A gateway with a database, an engine and a folder of its own, and a client that talks to it.
#ifndef DATAMIGRATE_TESTS_SERVICE_GATEWAY_GATEWAY_FIXTURE_H_
#define DATAMIGRATE_TESTS_SERVICE_GATEWAY_GATEWAY_FIXTURE_H_

#include <catch2/catch.hpp>

#include <cstdlib>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "gateway/gateway.h"
#include "tests/service/gateway/fake_engine.h"
#include "tests/support/child_process.h"
#include "tests/support/test_database.h"
#include "tests/unit/gateway/raw_client.h"

namespace datamigrate::testing {

struct GatewayFixture {
  explicit GatewayFixture(std::function<void(gateway::Config&)> change = [](gateway::Config&) {})
      : database(std::getenv("DATAMIGRATE_TEST_DATABASE_URL")),
        engine(std::make_unique<FakeEngine>()) {
    config.listen_port = 0;
    config.database_url = database.url();
    config.home = home.path();
    config.jwt_key_file = home.path() / "jwt.key";
    config.engine = engine->address();
    config.rate_limit = 0;
    config.port_file = home.path() / "port";
    change(config);
    auto started = gateway::Gateway::Start(config);
    if (!started.ok()) throw std::runtime_error(std::string(started.status().message()));
    gateway = *std::move(started);
  }

  RawResponse Ask(const std::string& method, const std::string& target,
                  const std::string& body = "", const std::string& more = "") {
    RawClient client(gateway->port());
    std::string request = method + " " + target + " HTTP/1.1\r\nHost: test\r\n" + more;
    if (!token.empty()) request += "Authorization: Bearer " + token + "\r\n";
    if (!body.empty()) request += "Content-Type: application/json\r\n";
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    return client.Ask(request);
  }

  nlohmann::json SignUp(const std::string& email) {
    const RawResponse response =
        Ask("POST", "/api/v1/auth/register",
            nlohmann::json{{"email", email}, {"password", "a long password"}}.dump());
    REQUIRE(response.status == 201);
    nlohmann::json tokens = nlohmann::json::parse(response.body);
    token = tokens["access_token"];
    return tokens;
  }

  std::string Create(const std::string& source = "/data/scripts", const std::string& more = "") {
    const RawResponse response =
        Ask("POST", "/api/v1/migrations",
            nlohmann::json{{"source", source}, {"target", "duckdb"}}.dump(), more);
    INFO(response.body);
    REQUIRE(response.status == 201);
    return nlohmann::json::parse(response.body)["id"];
  }

  TestDatabase database;
  TemporaryDirectory home;
  std::unique_ptr<FakeEngine> engine;
  gateway::Config config;
  std::unique_ptr<gateway::Gateway> gateway;
  std::string token;
};

}  // namespace datamigrate::testing

#endif  // DATAMIGRATE_TESTS_SERVICE_GATEWAY_GATEWAY_FIXTURE_H_
