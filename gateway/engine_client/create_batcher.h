// Lets new migrations travel together: those that arrive in one turn of an I/O thread or while calls
// are under way are the next call, so that one request alone does not wait and a thousand do not
// cost a thousand calls.
#ifndef DATAMIGRATE_GATEWAY_ENGINE_CLIENT_CREATE_BATCHER_H_
#define DATAMIGRATE_GATEWAY_ENGINE_CLIENT_CREATE_BATCHER_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/engine_client/engine_client.h"

namespace datamigrate::gateway {

struct CreateBatcherOptions {
  int max_calls = 4;               // under way at once
  int max_together = 128;          // in one call; the engine takes 256
  size_t max_bytes = 1024 * 1024;  // of the requests in one call, beyond its first
  size_t max_waiting = 4096;
};

// Thread safe.
class CreateBatcher {
 public:
  using Done = EngineClient::MigrationDone;
  using Answered = std::function<void(absl::StatusOr<v1::CreateMigrationsResponse>)>;
  // Makes one call, without blocking, and calls `answered` once, from any thread, possibly before
  // it returns.
  using Send =
      std::function<void(v1::CreateMigrationsRequest, absl::Time deadline, Answered answered)>;

  // Calls what it is given once, soon: now, or after other requests that are ready were read.
  using Defer = std::function<void(std::function<void()>)>;

  CreateBatcher(const CreateBatcherOptions& options, Send send, Defer defer);
  // Waits until all calls are answered.
  ~CreateBatcher();

  // `done` is called once, from any thread, possibly before this returns: with the engine's answer,
  // with the error of the call, or with kUnavailable when too many wait. `token` proves the caller.
  void Submit(const CallContext& context, std::string token, v1::CreateMigrationRequest request,
              Done done) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Item {
    v1::CreateMigrationsRequest::Item item;
    absl::Time deadline;
    Done done;
  };
  using Batch = std::vector<Item>;

  // Sends what waits while calls may be made.
  void SendWaiting() ABSL_LOCKS_EXCLUDED(mutex_);
  std::optional<Batch> Take() ABSL_LOCKS_EXCLUDED(mutex_);
  void Finish(Batch batch, absl::StatusOr<v1::CreateMigrationsResponse> answer);

  const CreateBatcherOptions options_;
  const Send send_;
  const Defer defer_;
  absl::Mutex mutex_;
  std::deque<Item> waiting_ ABSL_GUARDED_BY(mutex_);
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int finishing_ ABSL_GUARDED_BY(mutex_) = 0;  // answers that are being handed out
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENGINE_CLIENT_CREATE_BATCHER_H_
