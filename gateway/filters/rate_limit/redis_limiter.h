// Limits that many gateways share, in Redis: one round trip a request.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_REDIS_LIMITER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_REDIS_LIMITER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/telemetry/metrics.h"
#include "gateway/filters/rate_limit/limiter.h"
#include "gateway/filters/rate_limit/memory_limiter.h"

struct redisContext;

namespace datamigrate::gateway {

struct RedisAddress {
  std::string host;  // "": `socket`
  int port = 6379;
  std::string socket;  // path of a Unix socket
  std::string user;    // "": none
  std::string password;
  int database = 0;
};

// "redis://[[user]:password@]host[:port][/database]" or "unix:/path/to/socket".
// Errors: kInvalidArgument, without the password.
absl::StatusOr<RedisAddress> ParseRedisUrl(const std::string& url);

struct RedisLimiterOptions {
  RedisAddress address;
  absl::Duration timeout = absl::Milliseconds(50);  // of connecting, and of a command
  absl::Duration rest = absl::Seconds(1);  // after a failure Redis is not asked for so long
  int max_connections = 16;                // further requests count in memory
  size_t max_keys = 100000;                // in memory
};

// Counts by the server's clock: of a minute two buckets, the one before weighted by how much of it
// lies in the last 60 seconds. While Redis is away each gateway counts in its own memory, from
// zero: limits then hold per gateway, and requests go on. It is asked again after `rest`, by one
// request.
// The process must ignore SIGPIPE, which a connection that Redis closed would raise.
class RedisLimiter : public Limiter {
 public:
  RedisLimiter(RedisLimiterOptions options, telemetry::Metrics& metrics);
  ~RedisLimiter() override;

  LimitVerdict Charge(const std::vector<Limit>& limits, absl::Time now) override;
  bool Blocks() const override;

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };
  using Connection = std::unique_ptr<redisContext, Free>;

  // Nothing when all connections are busy.
  absl::StatusOr<Connection> Borrow();
  absl::StatusOr<Connection> Connect() const;
  void Return(Connection connection);
  absl::StatusOr<LimitVerdict> Ask(redisContext* connection,
                                   const std::vector<Limit>& limits) const;
  void Succeeded();
  void Failed(const absl::Status& status);

  const RedisLimiterOptions options_;
  telemetry::Counter& fallbacks_;
  MemoryLimiter memory_;
  mutable absl::Mutex mutex_;
  std::vector<Connection> idle_ ABSL_GUARDED_BY(mutex_);
  int lent_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_away_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time resting_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_RATE_LIMIT_REDIS_LIMITER_H_
