// Language models through gateway and engine as processes, in front of a provider of the test's
// own.
#include <catch2/catch.hpp>

#include <grpcpp/create_channel.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "datamigrate/v1/models.grpc.pb.h"
#include "tests/service/gateway/services_fixture.h"
#include "tests/service/models/provider.h"
#include "tests/support/eventually.h"

namespace datamigrate::testing {
namespace {

using nlohmann::json;

// Put together at run time, so that no file holds what a scanner would take for a leak.
const std::string kToken = std::string("ghp") + "_" + "0123456789abcdefghijABCDEFGHIJ4Xq7Zk";

struct World {
  World() : services({"--routes", WriteRoutes()}), ann(services.Register("ann@example.com")) {}

  std::string WriteRoutes() const {
    std::string yaml = "models:\n";
    for (const char* name : {"good", "failing", "leaking"}) {
      yaml += std::string("  ") + name +
              ":\n    context: 10000\n    max_output: 1000\n    price: {input: 1, output: 2}\n"
              "    deployments: [{name: d-" +
              name + ", protocol: vllm, url: \"" + provider.url() + "\", model: " + name + "}]\n";
    }
    yaml +=
        "retry: {attempts: 1}\ntiers: {simple: good, medium: failing, complex: leaking, "
        "critical: good}\n";
    const std::string file = folder.path() / "routes.yaml";
    std::ofstream(file) << yaml;
    return file;
  }

  RawResponse Complete(const std::string& credential, const std::string& task,
                       const std::string& path = "/api/v1/models/complete") const {
    const json part = {{"text", "hi"}};
    const json message = {{"parts", json::array({part})}};
    return services.Ask("POST", path, credential,
                        {{"task", task},
                         {"max_output_tokens", 100},
                         {"cache", "MODEL_CACHE_USE_NONE"},
                         {"messages", json::array({message})}});
  }

  // Calls that the records have of the caller's organization: {answered, failed}.
  std::pair<int, int> Recorded() const {
    const json usage = json::parse(services.Ask("GET", "/api/v1/models/usage", ann).body);
    std::pair<int, int> recorded;
    for (const json& row : usage["rows"]) {
      CHECK(row["agent"] == "api");
      recorded.first += std::stoi(row["answered"].get<std::string>());
      recorded.second += std::stoi(row["failed"].get<std::string>());
    }
    return recorded;
  }

  TemporaryDirectory folder;
  Provider provider;
  Services services;
  std::string ann;
};

TEST_CASE("Models are asked through gateway and engine, and answers pass the Guardian",
          "[gateway][service][models]") {
  World world;
  const RawResponse listed = world.services.Ask("GET", "/api/v1/models", world.ann);
  CHECK(json::parse(listed.body)["tiers"].size() == 4);
  CHECK(json::parse(listed.body)["deployments"].size() == 3);

  const RawResponse good = world.Complete(world.ann, "simple");
  INFO(good.body);
  REQUIRE(good.status == 200);
  CHECK(json::parse(good.body)["text"] == "SELECT 1");
  CHECK(json::parse(good.body)["cost_microdollars"] == "2000");
  const RawResponse failed = world.Complete(world.ann, "medium");
  CHECK(failed.status == 502);
  CHECK(failed.body.find("d-failing") != std::string::npos);
  CHECK(world.Complete(world.ann, "nobody").status == 404);

  // A secret in two pieces of a stream.
  world.provider.Tell("leaking", {"It is " + kToken.substr(0, 15), kToken.substr(15) + "."});
  const RawResponse whole = world.Complete(world.ann, "complex");
  CHECK(json::parse(whole.body)["text"] == "It is [secret.github_token].");
  const RawResponse streamed =
      world.Complete(world.ann, "complex", "/api/v1/models/complete/stream");
  INFO(streamed.body);
  CHECK(streamed.body.find("{\"text\":\"It is [secret.github_token].\"}") != std::string::npos);
  CHECK(streamed.body.find("event: answer\n") != std::string::npos);
  CHECK(streamed.body.find("ghp_") == std::string::npos);

  // A model of one's own: its key reaches its server, and nobody else the model.
  const json model = {{"model",
                       {{"protocol", "openai"},
                        {"url", world.provider.url()},
                        {"provider_model", "ours-x"},
                        {"context_tokens", "10000"},
                        {"max_output_tokens", "1000"}}},
                      {"key", "sk-secret-of-ours"}};
  const RawResponse registered =
      world.services.Ask("PUT", "/api/v1/models/custom/ours", world.ann, model);
  INFO(registered.body);
  REQUIRE(registered.status == 200);
  CHECK(registered.body.find("sk-secret") == std::string::npos);
  CHECK(world.Complete(world.ann, "ours").status == 200);
  CHECK(world.provider.requests().back().find("Bearer sk-secret-of-ours") != std::string::npos);
  const std::string bob = world.services.Register("bob@example.com");
  CHECK(world.Complete(bob, "ours").status == 404);
  CHECK(world.services.Ask("GET", "/api/v1/models", bob).body.find("ours") == std::string::npos);
  CHECK(world.services.Ask("DELETE", "/api/v1/models/custom/ours", bob).status == 404);
  json elsewhere = model;
  elsewhere["model"]["url"] = "http://169.254.169.254";
  const RawResponse refused =
      world.services.Ask("PUT", "/api/v1/models/custom/other", world.ann, elsewhere);
  INFO(refused.body);
  CHECK(refused.status == 400);

  // Records are written a moment after their calls.
  std::pair<int, int> recorded;
  Eventually([&] {
    recorded = world.Recorded();
    return recorded == std::pair(4, 1);
  });
  CHECK(recorded == std::pair(4, 1));
  CHECK(world.services.Ask("DELETE", "/api/v1/models/custom/ours", world.ann).status == 204);
  CHECK(world.Complete(world.ann, "ours").status == 404);
}

TEST_CASE("A client of the engine asks models within its key's scopes",
          "[gateway][service][models]") {
  World world;
  const auto stub = v1::ModelService::NewStub(
      grpc::CreateChannel(world.services.engine_address, grpc::InsecureChannelCredentials()));
  const auto statuses = [&](const std::vector<std::string>& scopes) {
    const std::string key = world.services.MakeKey(world.ann, scopes)["key"];
    const std::string token = world.services.EngineTokenFor(key);
    const auto as = [&](grpc::ClientContext& context) -> grpc::ClientContext* {
      context.AddMetadata("authorization", "Bearer " + token);
      return &context;
    };
    grpc::ClientContext listing, asking, removing;
    v1::ListDeploymentsResponse listed;
    v1::CompleteResponse answer;
    v1::CompleteRequest question;
    question.set_task("simple");
    question.add_messages()->add_parts()->set_text("hi");
    v1::RemoveCustomModelRequest removal;
    removal.set_name("none");
    v1::RemoveCustomModelResponse removed;
    return std::vector<int>{stub->ListDeployments(as(listing), {}, &listed).error_code(),
                            stub->Complete(as(asking), question, &answer).error_code(),
                            stub->RemoveCustomModel(as(removing), removal, &removed).error_code()};
  };
  constexpr int kDenied = grpc::StatusCode::PERMISSION_DENIED;
  CHECK(statuses({"migrations:read", "migrations:write"}) ==
        std::vector<int>{kDenied, kDenied, kDenied});
  CHECK(statuses({"models:read"}) == std::vector<int>{0, kDenied, kDenied});
  CHECK(statuses({"models:read", "models:use"}) == std::vector<int>{0, 0, kDenied});
  CHECK(statuses({"models:write"}) ==
        std::vector<int>{kDenied, kDenied, grpc::StatusCode::NOT_FOUND});
}

TEST_CASE("A model is asked about a migration, and its answer is let in by the Guardian or not",
          "[gateway][service][models]") {
  World world;
  const RawResponse created =
      world.services.Ask("POST", "/api/v1/migrations", world.ann,
                         {{"source", world.services.scripts}, {"target", "duckdb"}});
  INFO(created.body);
  REQUIRE(created.status == 201);
  const std::string path =
      "/api/v1/migrations/" + json::parse(created.body)["id"].get<std::string>() + "/explanation";
  const json question = {{"question", "When will it be done?"}};

  world.provider.Tell("good", {"Soon."});
  const RawResponse answered = world.services.Ask("POST", path, world.ann, question);
  INFO(answered.body);
  REQUIRE(answered.status == 200);
  const json explained = json::parse(answered.body);
  CHECK(explained["answer"]["text"] == "Soon.");
  CHECK(explained["answer"]["model"] == "good");
  CHECK(explained["answer"]["cost_microdollars"] == "2000");
  const json plain = json::parse(world.services.Ask("GET", path, world.ann).body);
  CHECK(explained["headline"] == plain["headline"]);
  CHECK(explained["sections"] == plain["sections"]);
  const std::string asked = world.provider.requests().back();
  CHECK(asked.find("When will it be done?") != std::string::npos);
  CHECK(asked.find(plain["headline"].get<std::string>()) != std::string::npos);

  const std::string bob = world.services.Register("bob@example.com");
  CHECK(world.services.Ask("POST", path, bob, question).status == 404);
  CHECK(world.services.Ask("POST", path, world.ann, {{"question", ""}}).status == 400);
  CHECK(world.services.Ask("POST", path, world.ann, json::object()).status == 400);
  const json key = world.services.MakeKey(world.ann, {"migrations:read"});
  CHECK(world.services.Ask("POST", path, key["key"].get<std::string>(), question).status == 403);
  // The engine itself takes no answer with a secret.
  world.provider.Tell("good", {"Log in with " + kToken + "."});
  const RawResponse refused = world.services.Ask("POST", path, world.ann, {{"question", "How?"}});
  CHECK(refused.status == 403);
  CHECK(refused.body.find("secret.github_token") != std::string::npos);
  CHECK(refused.body.find("ghp_") == std::string::npos);
}

}  // namespace
}  // namespace datamigrate::testing
