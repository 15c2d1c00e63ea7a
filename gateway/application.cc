#include "gateway/application.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "gateway/http/problem.h"
#include "gateway/http/response_head.h"
#include "gateway/http/spooled_body.h"
#include "gateway/http/target.h"

namespace datamigrate::gateway {
namespace {

constexpr uint64_t kMaxBodyWithoutRoute = 64 * 1024;
// Parsing and scanning more would keep the thread's other connections waiting.
constexpr size_t kLongestOnIoThread = 8 * 1024;
constexpr int kFileWorkers = 2;

// "http://host/path" (RFC 9112 section 3.2.2, absolute form) as "/path".
std::string_view WithoutAuthority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const size_t slash = target.find('/', scheme.size());
    return slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target;
}

std::string AllowedMethods(const Router::Match& match) {
  std::vector<std::string_view> methods = match.allowed_methods;
  if (std::ranges::find(methods, "GET") != methods.end()) methods.push_back("HEAD");
  methods.push_back("OPTIONS");
  return fmt::format("{}", fmt::join(methods, ", "));
}

// The answer for a request that has no route.
Response Nowhere(const Request& request, const Router::Match& match) {
  if (request.path.empty()) {
    return Problem(request, 400, "The request's target is not a valid path and query.");
  }
  if (match.allowed_methods.empty()) {
    return Problem(request, 404, "There is nothing at this path; GET /api lists what there is.");
  }
  Response response;
  if (request.method == "OPTIONS") {
    response.status = 204;
  } else {
    response = Problem(request, 405, "This path does not take this method; see the Allow field.");
  }
  response.headers.Set("Allow", AllowedMethods(match));
  return response;
}

// RFC 9745 section 2: the date as a structured field; RFC 8594 section 3: an HTTP date.
void Announce(const Deprecation& deprecation, Response& response) {
  response.headers.Set("Deprecation", fmt::format("@{}", absl::ToUnixSeconds(deprecation.since)));
  if (deprecation.sunset.has_value()) {
    response.headers.Set("Sunset", HttpDate(*deprecation.sunset));
  }
  if (!deprecation.instead.empty()) {
    response.headers.Add("Link", fmt::format("<{}>; rel=\"deprecation\"", deprecation.instead));
  }
}

Response Overloaded(const Request& request) {
  Response response = Problem(request, 503, "The gateway has too much to do; try again.");
  response.headers.Set("Retry-After", "1");
  return response;
}

// Without parameters.
std::string_view MediaTypeOf(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return type;
}

Response Failed(const Request& request, const std::exception& error) {
  spdlog::error("request {} failed: {}", request.request_id, error.what());
  return Problem(request, 500, "The gateway failed; its log says why.");
}

}  // namespace

struct Application::Exchange {
  Request request;
  Router::Match match;
  size_t entered = 0;                     // filters that have seen the request
  Response response;                      // once the endpoint has run
  size_t settled = 0;                     // filters that do not hold it any more
  std::function<void(Judgement)> judged;  // while it is to be judged by its head
};

// Keeps a body in a file.
class Application::FileReceiver : public BodyReceiver {
 public:
  FileReceiver(Application* application, std::shared_ptr<Exchange> exchange)
      : application_(application), exchange_(std::move(exchange)) {}

  ~FileReceiver() override {
    --application_->spooled_;
    if (is_over_) return;
    // Nobody gets the answer; the filters see that the request is over.
    application_->Leave(*exchange_, Problem(exchange_->request, 400, "The client has gone."));
  }

  void Take(std::string piece, std::function<void(absl::Status)> done) override {
    auto append = [file = exchange_->request.file, piece = std::move(piece), done] {
      done(file->Append(piece));
    };
    if (!application_->file_workers_.TryPost(std::move(append))) {
      done(absl::UnavailableError("too many bodies are being written"));
    }
  }

  void Finish(BodyReceiver::Respond respond) override {
    is_over_ = true;
    exchange_->request.deadline = absl::Now() + application_->options_.request_timeout;
    application_->RunOrPost(exchange_, respond, /*is_on_worker=*/false);
  }

  Response Refuse(int status, std::string_view detail) override {
    is_over_ = true;
    return application_->Leave(*exchange_, Problem(exchange_->request, status, detail));
  }

 private:
  Application* const application_;
  const std::shared_ptr<Exchange> exchange_;
  bool is_over_ = false;
};

Application::HeldAnswers::~HeldAnswers() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](int* count) { return *count == 0; }, &count_));
}

void Application::HeldAnswers::Add(int change) {
  absl::MutexLock lock(&mutex_);
  count_ += change;
}

Application::Application(const ApplicationOptions& options, std::vector<Route> routes,
                         std::vector<std::unique_ptr<Filter>> filters)
    : options_(options),
      router_(std::move(routes)),
      filters_(std::move(filters)),
      workers_(options.workers, options.max_queued),
      password_workers_(options.password_workers, options.max_queued_passwords),
      file_workers_(kFileWorkers, static_cast<size_t>(options.max_spooled)) {
  checks_.reserve(router_.routes().size());
  for (const Route& route : router_.routes()) checks_.emplace_back(route);
}

uint64_t Application::MaxBodyBytes(const Request& head) const {
  const std::optional<Target> target = ParseTarget(WithoutAuthority(head.target));
  if (!target.has_value()) return kMaxBodyWithoutRoute;
  const Router::Match match = router_.Find(head.method, target->segments);
  return match.route == nullptr ? kMaxBodyWithoutRoute : match.route->max_body_bytes;
}

Router::Match Application::Resolve(Request& request) const {
  std::optional<Target> target = ParseTarget(WithoutAuthority(request.target));
  if (!target.has_value()) return {};
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  Router::Match match = router_.Find(request.method, target->segments);
  request.route = match.route;
  request.parameters = match.parameters;
  return match;
}

void Application::Proceed(std::shared_ptr<Exchange> exchange, const Respond& respond,
                          bool is_on_worker) {
  while (exchange->entered < filters_.size()) {
    Filter& filter = *filters_[exchange->entered];
    if (!is_on_worker && filter.Blocks(exchange->request)) {
      const bool is_taken = workers_.TryPost(
          [this, exchange, respond] { Proceed(exchange, respond, /*is_on_worker=*/true); });
      if (!is_taken) respond(Leave(*exchange, Overloaded(exchange->request)));
      return;
    }
    ++exchange->entered;
    std::optional<Response> early = filter.OnRequest(exchange->request);
    if (early.has_value()) return respond(Leave(*exchange, *std::move(early)));
  }
  if (exchange->match.route == nullptr) {
    return respond(Leave(*exchange, Nowhere(exchange->request, exchange->match)));
  }
  RunOrPost(std::move(exchange), respond, is_on_worker);
}

void Application::OpenFile(const std::shared_ptr<Exchange>& exchange, const Respond& respond) {
  Request& request = exchange->request;
  const auto& types = request.route->file_types;
  const std::string_view type = MediaTypeOf(request.headers.Get("Content-Type"));
  const bool is_taken =
      std::ranges::any_of(types, [&](std::string_view one) { return IsSameName(one, type); });
  if (!is_taken) {
    return respond(Leave(*exchange, Problem(request, 415,
                                            fmt::format("Send the body as one of these types: {}.",
                                                        fmt::join(types, ", ")))));
  }
  if (++spooled_ > options_.max_spooled) {
    --spooled_;
    return respond(Leave(*exchange, Overloaded(request)));
  }
  absl::StatusOr<std::shared_ptr<SpooledBody>> file = SpooledBody::Create(options_.spool_folder);
  if (!file.ok()) {
    --spooled_;
    spdlog::error("request {}: {}", request.request_id, std::string(file.status().message()));
    return respond(Leave(*exchange, Overloaded(request)));
  }
  request.file = *std::move(file);
  const auto judged = std::exchange(exchange->judged, nullptr);
  judged(std::make_unique<FileReceiver>(this, exchange));
}

void Application::RunOrPost(std::shared_ptr<Exchange> exchange, const Respond& respond,
                            bool is_on_worker) {
  if (exchange->judged != nullptr) return OpenFile(exchange, respond);
  auto answer = [this, exchange, respond] { RunEndpoint(exchange, respond); };
  const bool is_long = exchange->request.body.size() > kLongestOnIoThread;
  RunsOn runs_on = exchange->match.route->runs_on;
  if (runs_on == RunsOn::kIoThread && is_long) runs_on = RunsOn::kWorkers;
  if (runs_on == RunsOn::kIoThread || (is_on_worker && runs_on == RunsOn::kWorkers)) {
    return answer();
  }
  WorkerPool& pool = runs_on == RunsOn::kWorkers ? workers_ : password_workers_;
  if (!pool.TryPost(answer)) respond(Leave(*exchange, Overloaded(exchange->request)));
}

Response Application::Leave(const Exchange& exchange, Response response) const {
  for (size_t i = exchange.entered; i > 0; --i) {
    try {
      filters_[i - 1]->OnResponse(exchange.request, response);
    } catch (const std::exception& error) {
      // It must not take the process with it, and what it has not seen must not go out.
      spdlog::error("an answer to request {} was not filtered: {}", exchange.request.request_id,
                    error.what());
      response = Problem(exchange.request, 500, "The gateway failed; its log says why.");
    }
  }
  const Route* const route = exchange.request.route;
  if (route != nullptr && route->deprecation.has_value()) Announce(*route->deprecation, response);
  return response;
}

void Application::Settle(std::shared_ptr<Exchange> exchange, const Respond& respond) {
  while (exchange->settled < filters_.size()) {
    Filter& filter = *filters_[exchange->settled++];
    if (!filter.Holds(exchange->request, exchange->response)) continue;
    held_.Add(1);
    try {
      return filter.Hold(exchange->request, exchange->response, [this, exchange, respond] {
        Settle(exchange, respond);
        held_.Add(-1);
      });
    } catch (const std::exception& error) {
      held_.Add(-1);
      exchange->response = Failed(exchange->request, error);
    }
  }
  respond(Leave(*exchange, std::move(exchange->response)));
}

std::optional<Response> Application::RefuseEarly(Request& request) const {
  if (absl::Now() >= request.deadline) return Overloaded(request);
  const RequestCheck& check = checks_[static_cast<size_t>(request.route - router_.routes().data())];
  std::optional<Response> refused = check.Check(request);
  for (const auto& filter : filters_) {
    if (refused.has_value()) break;
    refused = filter->BeforeEndpoint(request);
  }
  return refused;
}

void Application::RunEndpoint(const std::shared_ptr<Exchange>& exchange, const Respond& respond) {
  const Route& route = *exchange->request.route;
  try {
    std::optional<Response> response = RefuseEarly(exchange->request);
    if (!response.has_value() && route.async_endpoint != nullptr) {
      return StartEndpoint(exchange, respond);
    }
    exchange->response =
        response.has_value() ? *std::move(response) : route.endpoint(exchange->request);
  } catch (const std::exception& error) {
    exchange->response = Failed(exchange->request, error);
  }
  Settle(exchange, respond);
}

void Application::StartEndpoint(const std::shared_ptr<Exchange>& exchange, const Respond& respond) {
  held_.Add(1);
  try {
    exchange->request.route->async_endpoint(exchange->request,
                                            [this, exchange, respond](Response response) {
                                              exchange->response = std::move(response);
                                              Settle(exchange, respond);
                                              held_.Add(-1);
                                            });
  } catch (...) {
    held_.Add(-1);
    throw;
  }
}

std::shared_ptr<Application::Exchange> Application::Begin(Request request) const {
  auto exchange = std::make_shared<Exchange>();
  exchange->request = std::move(request);
  exchange->request.deadline = exchange->request.received_at + options_.request_timeout;
  exchange->match = Resolve(exchange->request);
  return exchange;
}

void Application::Handle(Request request, Respond respond) {
  // The filters come first even for a request that leads nowhere: it is logged and counted too.
  Proceed(Begin(std::move(request)), respond, /*is_on_worker=*/false);
}

bool Application::IsJudgedByHead(const Request& head) const {
  if (head.method == "GET" || head.method == "HEAD") return false;
  const std::optional<Target> target = ParseTarget(WithoutAuthority(head.target));
  if (!target.has_value()) return false;
  const Router::Match match = router_.Find(head.method, target->segments);
  return match.route != nullptr && !match.route->file_types.empty();
}

void Application::Admit(Request head, std::function<void(Judgement)> judged) {
  std::shared_ptr<Exchange> exchange = Begin(std::move(head));
  exchange->judged = judged;
  Proceed(
      std::move(exchange), [judged](Response response) { judged(std::move(response)); },
      /*is_on_worker=*/false);
}

Response Application::Refuse(Request head, int status, std::string_view detail) {
  Exchange exchange;
  exchange.request = std::move(head);
  Resolve(exchange.request);
  // Filters that would wait are passed by: the request is refused whatever they say.
  for (const auto& filter : filters_) {
    ++exchange.entered;
    if (filter->Blocks(exchange.request)) continue;
    std::optional<Response> early = filter->OnRequest(exchange.request);
    if (early.has_value()) return Leave(exchange, *std::move(early));
  }
  return Leave(exchange, Problem(exchange.request, status, detail));
}

}  // namespace datamigrate::gateway
