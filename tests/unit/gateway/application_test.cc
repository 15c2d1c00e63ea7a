// The chain as a whole, with filters and endpoints of the test's own.
#include "gateway/application.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <thread>

#include "absl/time/clock.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

// Writes down what it sees.
class TracingFilter : public Filter {
 public:
  TracingFilter(std::string name, std::vector<std::string>* trace, bool stops = false)
      : name_(std::move(name)), trace_(trace), stops_(stops) {}

  std::optional<Response> OnRequest(Request& request) override {
    trace_->push_back(name_ + ">");
    if (stops_) return Problem(request, 403, "stop");
    return std::nullopt;
  }
  bool Holds(const Request&, const Response&) const override { return true; }
  void Hold(const Request&, Response&, std::function<void()> go_on) override {
    trace_->push_back(name_ + "=");
    go_on();
  }
  void OnResponse(const Request&, Response&) override { trace_->push_back(name_ + "<"); }

 private:
  const std::string name_;
  std::vector<std::string>* const trace_;
  const bool stops_;
};

Request To(std::string method, std::string target) {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.received_at = absl::Now();
  return request;
}

Response Ask(Application& application, Request request) {
  auto answer = std::make_shared<std::promise<Response>>();
  application.Handle(std::move(request),
                     [answer](Response response) { answer->set_value(std::move(response)); });
  return answer->get_future().get();
}

Route At(std::string_view pattern, Endpoint endpoint, RunsOn runs_on = RunsOn::kWorkers) {
  return {.method = "GET", .pattern = pattern, .runs_on = runs_on, .endpoint = std::move(endpoint)};
}

Response Hello(const Request&) {
  return TextResponse(200, "text/plain", "hello");
}

TEST_CASE("Filters see a request in order and its answer in reverse", "[gateway][application]") {
  std::vector<std::string> trace;
  std::vector<std::unique_ptr<Filter>> filters;
  filters.push_back(std::make_unique<TracingFilter>("a", &trace));
  filters.push_back(std::make_unique<TracingFilter>("b", &trace));
  const RunsOn runs_on = GENERATE(RunsOn::kIoThread, RunsOn::kWorkers, RunsOn::kPasswordWorkers);
  Application application({}, {At("/x", Hello, runs_on)}, std::move(filters));
  CHECK(Ask(application, To("GET", "/x")).body == "hello");
  CHECK(trace == std::vector<std::string>{"a>", "b>", "a=", "b=", "b<", "a<"});
}

// Keeps answers until it is told.
class HoldingFilter : public Filter {
 public:
  explicit HoldingFilter(std::promise<std::function<void()>>* held) : held_(held) {}
  bool Holds(const Request&, const Response&) const override { return true; }
  void Hold(const Request&, Response& response, std::function<void()> go_on) override {
    response.body += " you";
    held_->set_value(std::move(go_on));
  }

 private:
  std::promise<std::function<void()>>* const held_;
};

TEST_CASE("An answer that a filter holds leaves when it lets go, and no sooner",
          "[gateway][application]") {
  std::promise<std::function<void()>> held;
  std::vector<std::unique_ptr<Filter>> filters;
  filters.push_back(std::make_unique<HoldingFilter>(&held));
  const RunsOn runs_on = GENERATE(RunsOn::kIoThread, RunsOn::kWorkers);
  auto application = std::make_unique<Application>(
      ApplicationOptions(), std::vector{At("/x", Hello, runs_on)}, std::move(filters));
  std::promise<Response> answer;
  std::future<Response> answered = answer.get_future();
  application->Handle(To("GET", "/x"),
                      [&](Response response) { answer.set_value(std::move(response)); });
  std::function<void()> go_on = held.get_future().get();
  CHECK(answered.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  // The end waits for what is held.
  std::thread ending([&] { application.reset(); });
  go_on();
  ending.join();
  CHECK(answered.get().body == "hello you");
}

TEST_CASE("A filter that answers ends the request", "[gateway][application]") {
  std::vector<std::string> trace;
  std::vector<std::unique_ptr<Filter>> filters;
  filters.push_back(std::make_unique<TracingFilter>("a", &trace));
  filters.push_back(std::make_unique<TracingFilter>("b", &trace, /*stops=*/true));
  filters.push_back(std::make_unique<TracingFilter>("c", &trace));
  Application application({}, {At("/x", Hello)}, std::move(filters));
  CHECK(Ask(application, To("GET", "/x")).status == 403);
  CHECK(trace == std::vector<std::string>{"a>", "b>", "b<", "a<"});
}

TEST_CASE("Requests without a route are answered through the chain", "[gateway][application]") {
  std::vector<std::string> trace;
  std::vector<std::unique_ptr<Filter>> filters;
  filters.push_back(std::make_unique<TracingFilter>("a", &trace));
  Application application({}, {At("/x", Hello)}, std::move(filters));
  SECTION("404") {
    CHECK(Ask(application, To("GET", "/y")).status == 404);
  }
  SECTION("400") {
    CHECK(Ask(application, To("GET", "/%zz")).status == 400);
  }
  SECTION("405") {
    const Response response = Ask(application, To("POST", "/x"));
    CHECK(response.status == 405);
    CHECK(response.headers.Get("Allow") == "GET, HEAD, OPTIONS");
  }
  SECTION("OPTIONS") {
    const Response response = Ask(application, To("OPTIONS", "/x"));
    CHECK(response.status == 204);
    CHECK(response.headers.Get("Allow") == "GET, HEAD, OPTIONS");
  }
  SECTION("refused by the server") {
    CHECK(application.Refuse(To("GET", "/x"), 413, "large").status == 413);
  }
  CHECK(trace == std::vector<std::string>{"a>", "a<"});
}

TEST_CASE("The absolute form of a target is its path", "[gateway][application]") {
  Application application({}, {At("/x", Hello), At("/", Hello)}, {});
  CHECK(Ask(application, To("GET", "http://host:80/x?y")).status == 200);
  CHECK(Ask(application, To("GET", "https://host")).status == 200);
}

TEST_CASE("An endpoint may answer later, from another thread", "[gateway][application]") {
  std::vector<std::string> trace;
  std::vector<std::unique_ptr<Filter>> filters;
  filters.push_back(std::make_unique<TracingFilter>("a", &trace));
  std::thread other;
  Route route = At("/x", nullptr, RunsOn::kIoThread);
  route.async_endpoint = [&](const Request&, const Respond& respond) {
    trace.push_back("begins");
    other = std::thread([respond] { respond(TextResponse(200, "text/plain", "later")); });
  };
  Route broken = At("/y", nullptr, RunsOn::kIoThread);
  broken.async_endpoint = [](const Request&, const Respond&) {
    throw std::runtime_error("secret");
  };
  {
    Application application({}, {route, broken}, std::move(filters));
    CHECK(Ask(application, To("GET", "/x")).body == "later");
    CHECK(trace == std::vector<std::string>{"a>", "begins", "a=", "a<"});
    const Response response = Ask(application, To("GET", "/y"));
    CHECK(response.status == 500);
    CHECK(response.body.find("secret") == std::string::npos);
  }
  other.join();
}

TEST_CASE("A long body leaves the thread that reads from the network", "[gateway][application]") {
  std::thread::id ran_on;
  Application application({},
                          {At(
                              "/x",
                              [&](const Request& request) {
                                ran_on = std::this_thread::get_id();
                                return Hello(request);
                              },
                              RunsOn::kIoThread)},
                          {});
  Request request = To("GET", "/x");
  Ask(application, request);
  CHECK(ran_on == std::this_thread::get_id());
  request.body = std::string(20000, 'x');
  Ask(application, request);
  CHECK(ran_on != std::this_thread::get_id());
}

TEST_CASE("An endpoint that throws is a 500 and nothing more", "[gateway][application]") {
  Application application(
      {}, {At("/x", [](const Request&) -> Response { throw std::runtime_error("secret"); })}, {});
  const Response response = Ask(application, To("GET", "/x"));
  CHECK(response.status == 500);
  CHECK(response.body.find("secret") == std::string::npos);
}

// Fails whenever it sees an answer.
class FailingFilter : public Filter {
 public:
  void OnResponse(const Request&, Response&) override { throw std::runtime_error("secret"); }
};

TEST_CASE("A filter that throws on an answer is a 500 and nothing more", "[gateway][application]") {
  const RunsOn runs_on = GENERATE(RunsOn::kIoThread, RunsOn::kWorkers);
  std::vector<std::unique_ptr<Filter>> filters;
  filters.push_back(std::make_unique<FailingFilter>());
  Application application({}, {At("/x", Hello, runs_on)}, std::move(filters));
  const Response response = Ask(application, To("GET", "/x"));
  CHECK(response.status == 500);
  CHECK(response.body.find("secret") == std::string::npos);
}

TEST_CASE("A full queue is answered with 503, and I/O endpoints go on", "[gateway][application]") {
  ApplicationOptions options;
  options.workers = 1;
  options.max_queued = 0;
  Application application(options, {At("/x", Hello), At("/health", Hello, RunsOn::kIoThread)}, {});
  const Response response = Ask(application, To("GET", "/x"));
  CHECK(response.status == 503);
  CHECK(response.headers.Get("Retry-After") == "1");
  CHECK(Ask(application, To("GET", "/health")).status == 200);
}

TEST_CASE("A route that will go away says so in each answer", "[gateway][application]") {
  Route route = At("/x", Hello);
  route.deprecation = {.since = absl::FromUnixSeconds(1688169599),
                       .sunset = absl::FromUnixSeconds(1700000000),
                       .instead = "https://example.com/instead"};
  Application application({}, {route, At("/y", Hello)}, {});
  const Response response = Ask(application, To("GET", "/x"));
  CHECK(response.headers.Get("Deprecation") == "@1688169599");
  CHECK(response.headers.Get("Sunset") == "Tue, 14 Nov 2023 22:13:20 GMT");
  CHECK(response.headers.Get("Link") == "<https://example.com/instead>; rel=\"deprecation\"");
  CHECK_FALSE(Ask(application, To("GET", "/y")).headers.Has("Deprecation"));
}

TEST_CASE("A request that is not as its route says never meets the endpoint",
          "[gateway][application]") {
  bool ran = false;
  Route route = At("/x", [&](const Request& request) {
    ran = true;
    return Hello(request);
  });
  route.description.parameters = {{"n", R"({"type":"integer"})", ""}};
  Application application({}, {route}, {});
  CHECK(Ask(application, To("GET", "/x?n=a")).status == 400);
  CHECK_FALSE(ran);
  CHECK(Ask(application, To("GET", "/x?n=1")).status == 200);
  CHECK(ran);
}

TEST_CASE("A request that waited past its deadline is not run", "[gateway][application]") {
  ApplicationOptions options;
  options.request_timeout = absl::ZeroDuration();
  bool ran = false;
  Application application(options,
                          {At("/x",
                              [&](const Request& request) {
                                ran = true;
                                return Hello(request);
                              })},
                          {});
  CHECK(Ask(application, To("GET", "/x")).status == 503);
  CHECK_FALSE(ran);
}

}  // namespace
}  // namespace datamigrate::gateway
