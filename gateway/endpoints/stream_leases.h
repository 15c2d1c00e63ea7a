// Streams that last: how many a principal may have, and that they end with its credential.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_STREAM_LEASES_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_STREAM_LEASES_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gateway/http/message.h"
#include "gateway/http/stream_lease.h"
#include "gateway/worker_pool.h"

namespace datamigrate::gateway {

// Thread safe.
class StreamLeases {
 public:
  // Whose the token is now. May block. Errors: kUnauthenticated when it is nobody's; any other one
  // says nothing about it.
  using CheckToken = std::function<absl::StatusOr<Principal>(std::string_view token)>;

  static constexpr int kMostPerPrincipal = 32;

  // `checkers` asks `check`, and must outlive this and what it opens.
  StreamLeases(CheckToken check, WorkerPool* checkers, int most = kMostPerPrincipal);

  // For a stream that needs `permission`, with the credential of `request`, which has a principal.
  // Null when the user, or the API key, has as many as it may have. The lease ends when the token
  // has expired, its session or key is gone, or it is of another organization or no longer has the
  // permission; that is noticed within two of the server's lease intervals.
  std::shared_ptr<StreamLease> Open(const Request& request, Permission permission);

 private:
  class Lease;
  // Shared with the leases, which may outlive this.
  struct Seats {
    std::mutex mutex;
    std::map<std::string, int> taken;  // by principal; guarded by mutex
  };

  const CheckToken check_;
  WorkerPool* const checkers_;
  const int most_;
  const std::shared_ptr<Seats> seats_ = std::make_shared<Seats>();
};

// The answer for who has as many streams as it may have.
Response RefuseStream(const Request& request);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_STREAM_LEASES_H_
