#include "agent_engine/routing/routes.h"

#include <catch2/catch.hpp>

#include "common/text/text.h"
#include "tests/unit/routing/fakes.h"

namespace datamigrate::routing {
namespace {

TEST_CASE("The file that is shipped has the four tiers and their chains", "[routing][routes]") {
  const auto routes = ParseRoutes(kDefaultRoutes, "default_routes.yaml");
  INFO(text::MessageOf(routes.status()));
  REQUIRE(routes.ok());
  CHECK(routes->tiers ==
        std::array<std::string, 4>{"claude-haiku", "gpt-4o-mini", "claude-sonnet", "claude-opus"});
  const auto chain = [&](const char* model) { return routes->models.at(model).fallbacks; };
  CHECK(chain("claude-opus") == std::vector<std::string>{"claude-sonnet", "gpt-4o"});
  CHECK(chain("claude-sonnet") == std::vector<std::string>{"gpt-4o", "claude-haiku"});
  CHECK(chain("claude-haiku") == std::vector<std::string>{"gpt-4o-mini", "llama-3-8b"});
  CHECK(routes->custom_fallbacks == std::vector<std::string>{"claude-sonnet", "gpt-4o"});
  for (const auto& [name, model] : routes->models) {
    for (const Deployment& deployment : model.deployments) {
      CHECK(deployment.url.starts_with("http://localhost") ==
            deployment.if_set.starts_with("OLLAMA"));
    }
  }
}

// The one fault of a file, where it is and what is said.
struct Fault {
  std::string yaml;
  std::string where;
  std::string what;
};

std::string With(std::string_view from, std::string_view to) {
  std::string yaml = kTestRoutes;
  const size_t at = yaml.find(from);
  REQUIRE(at != std::string::npos);
  return yaml.replace(at, from.size(), to);
}

TEST_CASE("A fault of the file is told by its line", "[routing][routes]") {
  const Fault fault = GENERATE_COPY(values<Fault>({
      {"models: [", "routes:1: ", ""},
      {With("context: 100000", "contxt: 100000"), "routes:4: ", "has no \"contxt\""},
      {With("context: 100000", "context: many"), "routes:4: ", "a whole number"},
      {With("context: 100000", "context: 1\n    context: 2"), "routes:5: ", "twice"},
      {With("input: 4", "input: -4"), "routes:6: ", "dollars"},
      {With("protocol: anthropic", "protocol: soap"), "routes:4: ", "speaks \"soap\""},
      {With("https://a.test", "ftp://a.test"), "routes:4: ", "\"url\""},
      {With("https://a.test", "https://me:pw@a.test"), "routes:4: ", "without a user"},
      {With("https://a.test", "http://a.test"), "routes:1: ", "http://"},
      {With("env:A", "sk-ant-secret"), "routes:4: ", "never the key itself"},
      {With("fallbacks: [spare]", "fallbacks: [nobody]"), "routes:1: ", "which is none"},
      {With("fallbacks: [spare]", "fallbacks: [main]"), "routes:1: ", "itself"},
      {With("simple: local", "simple: nobody"), "routes:", "\"simple\" needs one of"},
      {With("name: main-b", "name: main-a"), "routes:", "two deployments"},
      {std::string(kTestRoutes) + "budgets: [{name: x, dollars: 1, window: week}]\n",
       "routes:25: ", "day, month or total"},
      {std::string(kTestRoutes) + "local: {networks: [ten]}\n", "routes:1: ", "no network"},
      {std::string(kTestRoutes) + "retry: {first_pause: soon}\n", "routes:25: ", "500ms"},
      {"", "routes:1: ", "\"models\""},
      {std::string(2 << 20, ' '), "routes:1: ", "1 MiB"},
  }));
  const auto routes = ParseRoutes(fault.yaml);
  const std::string message = text::MessageOf(routes.status());
  INFO(fault.what << " | " << message);
  REQUIRE_FALSE(routes.ok());
  CHECK(message.starts_with(fault.where));
  CHECK(text::Contains(message, fault.what));
  CHECK_FALSE(text::Contains(message, "sk-ant-secret"));
}

Model Custom(const std::string& tenant) {
  Model model;
  model.name = "ours";
  model.tenant = tenant;
  model.context_tokens = 1000;
  model.max_output_tokens = 100;
  model.prices = {{0, {}}};
  model.deployments.resize(1);
  model.deployments[0].name = "ours";
  model.deployments[0].protocol = "vllm";
  model.deployments[0].url = "http://127.0.0.1:9000";
  model.deployments[0].provider_model = "m";
  return model;
}

TEST_CASE("A registered model is its organization's alone", "[routing][routes]") {
  auto routes = ParseRoutes(std::string(kTestRoutes) + "custom_models: {fallbacks: [spare]}\n");
  REQUIRE(routes.ok());
  routes = WithCustomModel(*routes, Custom("acme"));
  INFO(text::MessageOf(routes.status()));
  REQUIRE(routes.ok());
  routes = WithCustomModel(*routes, Custom("other"));
  REQUIRE(routes.ok());
  REQUIRE(routes->Find(Task("ours"), "acme") != nullptr);
  CHECK(routes->Find(Task("ours"), "acme")->tenant == "acme");
  CHECK(routes->Find(Task("ours"), "acme")->fallbacks == std::vector<std::string>{"spare"});
  CHECK(routes->Find(Task("ours"), "other")->tenant == "other");
  CHECK(routes->Find(Task("ours"), "third") == nullptr);
  CHECK(routes->Find(Task("ours@acme"), "third") == nullptr);
}

TEST_CASE("A registered model reaches no host that its operator has not named",
          "[routing][routes]") {
  const auto routes = ParseRoutes(kTestRoutes);
  Model model = Custom("acme");
  model.deployments[0].url = "http://10.0.0.7:8080";
  CHECK(text::Contains(text::MessageOf(WithCustomModel(*routes, model).status()),
                       "may not serve registered models"));
  model = Custom("acme");
  model.deployments[0].key = "env:AWS_SECRET_ACCESS_KEY";
  CHECK_FALSE(WithCustomModel(*routes, model).ok());
  model = Custom("acme");
  model.name = "main";
  CHECK(WithCustomModel(*routes, model).status().code() == absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace datamigrate::routing
