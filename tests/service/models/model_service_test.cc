// ModelService of a real engine on a real PostgreSQL, in front of a provider that does what its
// models' names say.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "datamigrate/v1/models.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "tests/service/engine_under_test.h"

namespace datamigrate::testing {
namespace {

void Say(int socket, const std::string& text) {
  size_t at = 0;
  while (at < text.size()) {
    const ssize_t count = send(socket, text.data() + at, text.size() - at, MSG_NOSIGNAL);
    if (count <= 0) return;
    at += static_cast<size_t>(count);
  }
}

std::string Chunk(const std::string& text) {
  return "data: {\"model\":\"x\",\"choices\":[{\"delta\":{\"content\":\"" + text +
         "\"},\"finish_reason\":null}]}\n\n";
}

constexpr char kLastChunk[] =
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
constexpr char kStreamHead[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

// Speaks OpenAI's dialect on 127.0.0.1.
class Provider {
 public:
  Provider() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listener_, 16) == 0);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~Provider() {
    is_stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void Run() {
    while (!is_stopping_) {
      const int peer = accept(listener_, nullptr, nullptr);
      if (peer < 0) return;
      Answer(peer, Read(peer));
      close(peer);
    }
  }

  static std::string Read(int peer) {
    std::string request;
    char bytes[4096];
    while (true) {
      const size_t head = request.find("\r\n\r\n");
      const size_t field = request.find("Content-Length: ");
      if (head != std::string::npos && field != std::string::npos &&
          request.size() >= head + 4 + std::stoul(request.substr(field + 16))) {
        return request;
      }
      const ssize_t count = recv(peer, bytes, sizeof bytes, 0);
      if (count <= 0) return request;
      request.append(bytes, static_cast<size_t>(count));
    }
  }

  void Answer(int peer, const std::string& request) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const auto asks = [&](const char* part) { return request.find(part) != std::string::npos; };
    if (asks("\"model\":\"failing\"")) {
      Say(peer, "HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    } else if (asks("\"stream\":true")) {
      const bool breaks = asks("\"model\":\"breaking\"");
      Say(peer, kStreamHead + Chunk("SELECT ") + Chunk(breaks ? "wrong" : "1"));
      if (!breaks) Say(peer, kLastChunk);
    } else {
      const std::string body =
          "{\"model\":\"x\",\"choices\":[{\"message\":{\"content\":\"SELECT 1\"},\"finish_reason\":"
          "\"stop\"}],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":500}}";
      Say(peer,
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
          "Content-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  }

  const int listener_;
  int port_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

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
  for (int i = 0; i < 5000 && world.Failed() < 2; ++i) std::this_thread::yield();
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
  for (int i = 0; i < 2000 && status.ok(); ++i) {
    v1::CompleteRequest request = World::Ask("simple", "call " + std::to_string(i));
    status = world.Complete(request);
    std::this_thread::yield();
  }
  CHECK(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(world.cause == "budget_spent");
  CHECK(status.error_message().find("\"tiny\"") != std::string::npos);
}

}  // namespace
}  // namespace datamigrate::testing
