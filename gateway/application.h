// The gateway's one chain: route, filters, endpoint, filters again.
#ifndef DATAMIGRATE_GATEWAY_APPLICATION_H_
#define DATAMIGRATE_GATEWAY_APPLICATION_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/filters/filter.h"
#include "gateway/http/router.h"
#include "gateway/http/service.h"
#include "gateway/openapi/request_check.h"
#include "gateway/worker_pool.h"

namespace datamigrate::gateway {

struct ApplicationOptions {
  int workers = 16;
  size_t max_queued = 256;  // requests that wait for a worker; more get 503
  int password_workers = 2;
  size_t max_queued_passwords = 64;
  absl::Duration request_timeout = absl::Seconds(30);
  // For bodies that go to files.
  std::string spool_folder = "/tmp";
  int max_spooled = 16;  // at once; more get 503
};

class Application : public Service {
 public:
  // `filters` in the chain's order. Throws as RequestCheck does for a wrong description.
  Application(const ApplicationOptions& options, std::vector<Route> routes,
              std::vector<std::unique_ptr<Filter>> filters);

  uint64_t MaxBodyBytes(const Request& head) const override;
  bool IsJudgedByHead(const Request& head) const override;
  void Admit(Request head, std::function<void(Judgement)> judged) override;
  void Handle(Request request, Respond respond) override;
  Response Refuse(Request head, int status, std::string_view detail) override;

 private:
  struct Exchange;
  class FileReceiver;

  std::shared_ptr<Exchange> Begin(Request request) const;
  // For a request that its filters let in: judges it, or answers.
  void OpenFile(const std::shared_ptr<Exchange>& exchange, const Respond& respond);

  // Fills path, query, route and parameters, as far as the target is valid.
  Router::Match Resolve(Request& request) const;
  // Passes the request through the filters that it has not seen, moving to a worker before one
  // that blocks, and then to the endpoint.
  void Proceed(std::shared_ptr<Exchange> exchange, const Respond& respond, bool is_on_worker);
  void RunOrPost(std::shared_ptr<Exchange> exchange, const Respond& respond, bool is_on_worker);
  // What the route's description or a filter answers in its endpoint's place.
  std::optional<Response> RefuseEarly(Request& request) const;
  void RunEndpoint(const std::shared_ptr<Exchange>& exchange, const Respond& respond);
  // The same for an AsyncEndpoint. Throws what it throws.
  void StartEndpoint(const std::shared_ptr<Exchange>& exchange, const Respond& respond);
  // Passes the answer on once no filter holds it any more.
  void Settle(std::shared_ptr<Exchange> exchange, const Respond& respond);
  // Passes the answer through the filters that saw the request.
  Response Leave(const Exchange& exchange, Response response) const;

  const ApplicationOptions options_;
  const Router router_;
  std::vector<RequestCheck> checks_;  // of router_'s routes, in their order
  const std::vector<std::unique_ptr<Filter>> filters_;
  // Answers that a filter holds or an endpoint has begun. Its destructor waits until there are
  // none.
  class HeldAnswers {
   public:
    ~HeldAnswers();
    void Add(int change) ABSL_LOCKS_EXCLUDED(mutex_);

   private:
    absl::Mutex mutex_;
    int count_ ABSL_GUARDED_BY(mutex_) = 0;
  };
  HeldAnswers held_;
  std::atomic<int> spooled_ = 0;
  // Last: their threads use everything above until they end.
  WorkerPool workers_;
  WorkerPool password_workers_;
  WorkerPool file_workers_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_APPLICATION_H_
