// How the gateway finds engines, trusts them and lets go of them.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "common/telemetry/metrics.h"
#include "gateway/engine_client/grpc_engine_client.h"
#include "tests/service/gateway/fake_engine.h"
#include "tests/support/child_process.h"
#include "tests/unit/gateway/tls_client.h"

namespace datamigrate::gateway {
namespace {

using testing::FakeEngine;

const CreateBatcher::Defer kAtOnce = [](const std::function<void()>& function) { function(); };

TEST_CASE("Gateway and engine show each other their certificates", "[gateway][service][tls]") {
  const testing::TemporaryDirectory folder;
  const auto ours = testing::WriteCertificate(folder.path(), "engine");
  const auto other = testing::WriteCertificate(folder.path(), "other");
  const FakeEngine engine(FakeEngine::Certificate{testing::ReadFile(ours.certificate_file),
                                                  testing::ReadFile(ours.key_file)});
  telemetry::Metrics metrics;
  const auto ask = [&](const EngineAddress& address) {
    return (*ConnectEngine(address, metrics, kAtOnce))->CheckHealth(absl::Now() + absl::Seconds(5));
  };
  const std::string at = engine.address();
  CHECK(ask({at, ours.certificate_file, ours.certificate_file, ours.key_file, "engine"}).ok());
  // Another name, an authority that is not the engine's, another certificate, none, no TLS.
  CHECK_FALSE(ask({at, ours.certificate_file, ours.certificate_file, ours.key_file, "else"}).ok());
  CHECK_FALSE(
      ask({at, other.certificate_file, ours.certificate_file, ours.key_file, "engine"}).ok());
  CHECK_FALSE(
      ask({at, ours.certificate_file, other.certificate_file, other.key_file, "engine"}).ok());
  CHECK_FALSE(ask({at, ours.certificate_file, "", "", "engine"}).ok());
  CHECK_FALSE(ask({at}).ok());
  CHECK(absl::IsInvalidArgument(ConnectEngine({at, "/nonexistent"}, metrics, kAtOnce).status()));
  CHECK(absl::IsInvalidArgument(ConnectEngine({"host:1,host:2"}, metrics, kAtOnce).status()));
}

absl::StatusOr<v1::Migration> CreateAt(EngineClient& client, const CallContext& context,
                                       const v1::CreateMigrationRequest& request) {
  std::promise<absl::StatusOr<v1::Migration>> created;
  client.CreateMigration(context, request, [&](absl::StatusOr<v1::Migration> migration) {
    created.set_value(std::move(migration));
  });
  return created.get_future().get();
}

TEST_CASE("Calls go to every engine of a list, and on when one goes away", "[gateway][service]") {
  const FakeEngine first;
  auto second = std::make_unique<FakeEngine>();
  telemetry::Metrics metrics;
  const auto client = *ConnectEngine({first.address() + "," + second->address()}, metrics, kAtOnce);
  const CallContext context{"t", "u", "r", absl::Now() + absl::Seconds(20)};
  v1::CreateMigrationRequest create;
  create.set_source("/data");
  int sent = 0;
  for (; sent < 1000 && (first.creates() == 0 || second->creates() == 0); ++sent) {
    create.set_idempotency_key(std::to_string(sent));
    REQUIRE(CreateAt(*client, context, create).ok());
  }
  CHECK(first.creates() > 0);
  CHECK(second->creates() > 0);
  second.reset();
  for (int i = 0; i < 10; ++i) {
    create.set_idempotency_key("after " + std::to_string(i));
    CHECK(CreateAt(*client, context, create).ok());
  }
}

// DATAMIGRATE_TEST_CONNECTIONS makes it a search for races in gRPC's shutdown.
TEST_CASE("Connections to the engine come and go without harm", "[gateway][service][engine]") {
  FakeEngine engine;
  const char* const wanted = std::getenv("DATAMIGRATE_TEST_CONNECTIONS");
  const int connections = wanted == nullptr ? 50 : std::atoi(wanted);
  const CallContext context{"t", "u", "r", absl::InfiniteFuture()};
  v1::CreateMigrationRequest create;
  create.set_source("/data");
  create.set_idempotency_key("k");
  v1::WatchMigrationRequest watch;
  watch.set_id(std::string(testing::kFirstId));
  for (int i = 0; i < connections; ++i) {
    telemetry::Metrics metrics;
    const auto client = *ConnectEngine({engine.address()}, metrics, kAtOnce);
    REQUIRE(CreateAt(*client, context, create).ok());
    // The stream goes while a read of it is pending, and the channel right after.
    const auto stream = client->WatchMigration(context, watch);
    stream->Read([](auto) {});
    REQUIRE(client->CheckHealth(absl::Now() + absl::Seconds(10)).ok());
  }
}

}  // namespace
}  // namespace datamigrate::gateway
