// ModelService of a real engine on a real PostgreSQL, in front of a provider that does what its
// models' names say.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "datamigrate/v1/models.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "tests/service/engine_under_test.h"
#include "tests/service/models/provider.h"
#include "tests/support/eventually.h"

namespace datamigrate::testing {
namespace {

std::string RoutesOf(const Provider& provider, const std::string& more = "") {
  std::string yaml = "models:\n";
  for (const char* name : {"good", "failing", "breaking"}) {
    yaml += std::string("  ") + name +
            ":\n    context: 10000\n    max_output: 1000\n    price: {input: 1, output: 2}\n" +
            (name == std::string("good") ? "" : "    fallbacks: [good]\n") +
            "    deployments: [{name: d-" + name + ", protocol: vllm, url: \"" + provider.url() +
            "\", model: " + name + "}]\n";
  }
  return yaml +
         "retry: {attempts: 1}\ntiers: {simple: good, medium: failing, complex: breaking, "
         "critical: good}\n" +
         more;
}

class World {
 public:
  explicit World(const Surroundings& surroundings)
      : home_(std::filesystem::temp_directory_path() /
              ("model_service_test." + std::to_string(getpid()))),
        engine_(surroundings, home_) {
    std::filesystem::remove_all(home_);
    std::filesystem::create_directories(home_);
    Write(RoutesOf(provider));
    setenv("DATAMIGRATE_ROUTES", routes_file().c_str(), 1);
    Start();
  }
  ~World() {
    unsetenv("DATAMIGRATE_ROUTES");
    engine_.Kill();
    std::filesystem::remove_all(home_);
  }

  void Write(const std::string& yaml) {
    std::ofstream(routes_file() + ".new") << yaml;
    std::filesystem::rename(routes_file() + ".new", routes_file());
  }
  void Start() {
    engine_.Start();
    stub = v1::ModelService::NewStub(
        grpc::CreateChannel(engine_.address(), grpc::InsecureChannelCredentials()));
  }
  void Restart() {
    engine_.Kill();
    Start();
  }

  static v1::CompleteRequest Ask(const std::string& task, const std::string& text = "hi") {
    v1::CompleteRequest request;
    request.set_task(task);
    request.set_max_output_tokens(100);
    request.set_agent("test");
    request.add_messages()->add_parts()->set_text(text);
    return request;
  }

  grpc::Status Complete(const v1::CompleteRequest& request, const std::string& tenant = "acme") {
    grpc::ClientContext context;
    context.AddMetadata("x-datamigrate-tenant", tenant);
    response.Clear();
    const grpc::Status status = stub->Complete(&context, request, &response);
    const auto& trailing = context.GetServerTrailingMetadata();
    const auto found = trailing.find("x-datamigrate-cause");
    cause = found == trailing.end() ? "" : std::string(found->second.data(), found->second.size());
    return status;
  }

  std::string Stream(const std::string& task, int* restarts) {
    grpc::ClientContext context;
    context.AddMetadata("x-datamigrate-tenant", "acme");
    v1::CompleteRequest request = Ask(task);
    request.set_cache(v1::MODEL_CACHE_USE_NONE);
    const auto reader = stub->StreamComplete(&context, request);
    v1::StreamCompleteResponse event;
    std::string text;
    while (reader->Read(&event)) {
      if (event.has_answer()) {
        CHECK(event.answer().text() == text);
      } else if (!event.restart().empty()) {
        ++*restarts;
        text.clear();
      } else {
        text += event.text();
      }
    }
    const grpc::Status status = reader->Finish();
    INFO(status.error_message());
    CHECK(status.ok());
    return text;
  }

  // Requests to providers that were recorded as failed.
  int64_t Failed() {
    grpc::ClientContext context;
    context.AddMetadata("x-datamigrate-tenant", "acme");
    v1::GetModelUsageResponse usage;
    REQUIRE(stub->GetModelUsage(&context, {}, &usage).ok());
    int64_t failed = 0;
    for (const v1::ModelUsageRow& row : usage.rows()) failed += row.failed();
    return failed;
  }

  Provider provider;
  std::unique_ptr<v1::ModelService::Stub> stub;
  v1::CompleteResponse response;
  std::string cause;

 private:
  std::string routes_file() const { return (home_ / "routes.yaml").string(); }

  const std::filesystem::path home_;
  EngineUnderTest engine_;
};

TEST_CASE("An engine asks models, falls back, streams, keeps to budgets and accounts",
          "[service][models]") {
  const auto surroundings = FindSurroundings();
  if (!surroundings) return;
  World world(*surroundings);

  REQUIRE(world.Complete(World::Ask("simple")).ok());
  CHECK(world.response.text() == "SELECT 1");
  CHECK(world.response.cost_microdollars() == 2000);
  REQUIRE(world.Complete(World::Ask("simple")).ok());
  CHECK(world.response.is_from_cache());
  REQUIRE(world.Complete(World::Ask("medium", "fall back")).ok());
  CHECK(world.response.model() == "good");
  CHECK(world.response.attempts_size() == 2);

  int restarts = 0;
  CHECK(world.Stream("good", &restarts) == "SELECT 1");
  CHECK(restarts == 0);
  CHECK(world.Stream("complex", &restarts) == "SELECT 1");
  CHECK(restarts == 1);

  CHECK(world.Complete(World::Ask("nobody")).error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(world.cause == "unknown_model");

  // A model of one's own: its key reaches its server and nothing else.
  v1::RegisterCustomModelRequest registration;
  registration.mutable_model()->set_name("ours");
  registration.mutable_model()->set_protocol("openai");
  registration.mutable_model()->set_url(world.provider.url());
  registration.mutable_model()->set_provider_model("ours-x");
  registration.mutable_model()->set_context_tokens(10000);
  registration.mutable_model()->set_max_output_tokens(1000);
  registration.set_key("sk-secret-of-ours");
  v1::CustomModel registered;
  {
    grpc::ClientContext context;
    context.AddMetadata("x-datamigrate-tenant", "acme");
    const grpc::Status status =
        world.stub->RegisterCustomModel(&context, registration, &registered);
    INFO(status.error_message());
    REQUIRE(status.ok());
  }
  CHECK(registered.has_key());
  CHECK(registered.DebugString().find("sk-secret") == std::string::npos);
  REQUIRE(world.Complete(World::Ask("ours")).ok());
  CHECK(world.provider.requests().back().find("Bearer sk-secret-of-ours") != std::string::npos);
  CHECK(world.Complete(World::Ask("ours"), "other").error_code() == grpc::StatusCode::NOT_FOUND);

  // Records are written a moment after their calls. "failing" failed once, and "breaking" once.
  Eventually([&] { return world.Failed() >= 2; });
  CHECK(world.Failed() == 2);

  // All of it is there when the engine was killed and another one serves.
  world.Restart();
  v1::CompleteRequest again = World::Ask("ours", "after the restart");
  REQUIRE(world.Complete(again).ok());
  CHECK(world.provider.requests().back().find("Bearer sk-secret-of-ours") != std::string::npos);
  REQUIRE(world.Complete(World::Ask("simple")).ok());
  CHECK(world.response.is_from_cache());

  CHECK(world.Failed() == 2);
}

TEST_CASE("A call is charged to no migration but the organization's own", "[service][models]") {
  const auto surroundings = FindSurroundings();
  if (!surroundings) return;
  World world(*surroundings);
  v1::CompleteRequest request = World::Ask("simple");
  request.set_migration_id("00000000-0000-4000-8000-000000000001");
  CHECK(world.Complete(request).error_code() == grpc::StatusCode::NOT_FOUND);
  request.set_migration_id("none");
  CHECK(world.Complete(request).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  request.clear_migration_id();
  CHECK(world.Complete(request).ok());
}

TEST_CASE("A routing file is taken while the engine serves, and a bad one is not",
          "[service][models]") {
  const auto surroundings = FindSurroundings();
  if (!surroundings) return;
  World world(*surroundings);
  world.Write("models: {good: {contxt: 1}}\n");
  REQUIRE(world.Complete(World::Ask("simple", "one")).ok());
  world.Write(RoutesOf(world.provider,
                       "budgets: [{name: tiny, scope: organization, window: total, dollars: "
                       "0.000001}]\n"));
  // The file is looked at every two seconds; each call tells whether it was.
  grpc::Status status;
  int calls = 0;
  Eventually([&] {
    status = world.Complete(World::Ask("simple", "call " + std::to_string(++calls)));
    return !status.ok();
  });
  CHECK(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(world.cause == "budget_spent");
  CHECK(status.error_message().find("\"tiny\"") != std::string::npos);
}

}  // namespace
}  // namespace datamigrate::testing
