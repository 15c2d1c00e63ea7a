#include "gateway/filters/rate_limit/redis_limiter.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <openssl/sha.h>
#include <spdlog/spdlog.h>
#include <sys/time.h>

#include <charconv>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "common/crypto/encoding.h"
#include "gateway/http/target.h"

namespace datamigrate::gateway {
namespace {

// For each key: its limit, the seconds of its window, and 1 when the window slides. Answers
// {allowed, which limit (from 1), how many remain, seconds until more}.
constexpr char kScript[] = R"lua(
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local kept, tightest = {}, nil
for i, key in ipairs(KEYS) do
  local limit, window = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
  local slot = math.floor(now / window)
  local h = redis.call('HMGET', key, 's', 'c', 'p')
  local s, c, p = tonumber(h[1]), tonumber(h[2]) or 0, tonumber(h[3]) or 0
  if s == slot - 1 then c, p = 0, c elseif s ~= slot then c, p = 0, 0 end
  if ARGV[3 * i] == '0' then p = 0 end
  local passed = now / window - slot
  local used = c + p * (1 - passed)
  if used + 1 > limit then
    local wait = (1 - passed) * window
    if c + 1 <= limit and p > 0 then wait = (1 - passed - (limit - 1 - c) / p) * window end
    return {0, i, 0, math.max(1, math.ceil(wait))}
  end
  local remaining = math.floor(limit - used - 1)
  if not tightest or remaining < tightest[3] then
    tightest = {1, i, remaining, math.max(1, math.ceil((1 - passed) * window))}
  end
  kept[i] = {slot, c + 1, p, window}
end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 's', kept[i][1], 'c', kept[i][2], 'p', kept[i][3])
  redis.call('EXPIRE', key, 2 * kept[i][4])
end
return tightest
)lua";

using Reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

Reply Run(redisContext* connection, const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<size_t> lengths;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    lengths.push_back(word.size());
  }
  return {static_cast<redisReply*>(redisCommandArgv(connection, static_cast<int>(texts.size()),
                                                    texts.data(), lengths.data())),
          freeReplyObject};
}

bool IsError(const Reply& reply) {
  return reply == nullptr || reply->type == REDIS_REPLY_ERROR;
}

// hiredis's own words name no value that was sent; the server's could.
absl::Status FailureOf(const redisContext* connection) {
  return absl::UnavailableError(connection->err != 0 ? connection->errstr
                                                     : "Redis refused a command");
}

// What Redis knows the script by.
const std::string& ScriptSha1() {
  static const std::string* const sha1 = [] {
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<const unsigned char*>(kScript), sizeof(kScript) - 1, digest);
    return new std::string(
        crypto::HexEncode({reinterpret_cast<const char*>(digest), sizeof(digest)}));
  }();
  return *sha1;
}

std::vector<std::string> CommandOf(const std::vector<Limit>& limits, std::string_view verb,
                                   std::string script) {
  std::vector<std::string> words = {std::string(verb), std::move(script),
                                    std::to_string(limits.size())};
  for (const Limit& limit : limits) words.push_back("datamigrate:limit:" + limit.key);
  for (const Limit& limit : limits) {
    const bool slides = limit.window == LimitWindow::kMinute;
    words.push_back(std::to_string(limit.limit));
    words.push_back(slides ? "60" : "86400");
    words.push_back(slides ? "1" : "0");
  }
  return words;
}

absl::Status WrongUrl() {
  return absl::InvalidArgumentError(
      "must be redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE] or unix:/PATH");
}

bool ReadNumber(std::string_view text, int maximum, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0 &&
         number <= maximum;
}

}  // namespace

absl::StatusOr<RedisAddress> ParseRedisUrl(const std::string& url) {
  RedisAddress address;
  std::string_view rest = url;
  if (rest.starts_with("unix:/")) {
    address.socket = rest.substr(5);
    return address;
  }
  if (!rest.starts_with("redis://")) return WrongUrl();
  rest.remove_prefix(8);
  if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
    if (!ReadNumber(rest.substr(slash + 1), 1000000, address.database)) return WrongUrl();
    rest = rest.substr(0, slash);
  }
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view credentials = rest.substr(0, at);
    const size_t colon = credentials.find(':');
    if (colon == std::string_view::npos) return WrongUrl();
    const auto user = PercentDecode(credentials.substr(0, colon));
    const auto password = PercentDecode(credentials.substr(colon + 1));
    if (!user.has_value() || !password.has_value()) return WrongUrl();
    address.user = *user;
    address.password = *password;
    rest.remove_prefix(at + 1);
  }
  if (const size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    if (!ReadNumber(rest.substr(colon + 1), 65535, address.port)) return WrongUrl();
    rest = rest.substr(0, colon);
  }
  if (rest.empty()) return WrongUrl();
  address.host = rest;
  return address;
}

void RedisLimiter::Free::operator()(redisContext* context) const {
  redisFree(context);
}

RedisLimiter::RedisLimiter(RedisLimiterOptions options, telemetry::Metrics& metrics)
    : options_(std::move(options)),
      fallbacks_(metrics.AddCounter("datamigrate_gateway_limit_fallbacks_total",
                                    "Requests counted in memory because Redis was away.")),
      memory_(options_.max_keys) {}

RedisLimiter::~RedisLimiter() = default;

bool RedisLimiter::Blocks() const {
  absl::ReaderMutexLock lock(&mutex_);
  return absl::Now() >= resting_until_;
}

LimitVerdict RedisLimiter::Charge(const std::vector<Limit>& limits, absl::Time now) {
  if (Blocks()) {
    absl::StatusOr<Connection> connection = Borrow();
    if (connection.ok() && *connection != nullptr) {
      absl::StatusOr<LimitVerdict> verdict = Ask(connection->get(), limits);
      if (!verdict.ok()) connection->reset();
      Return(*std::move(connection));
      if (verdict.ok()) {
        Succeeded();
        return *verdict;
      }
      Failed(verdict.status());
    } else if (!connection.ok()) {
      Failed(connection.status());
    }
  }
  fallbacks_.Increment();
  return memory_.Charge(limits, now);
}

absl::StatusOr<RedisLimiter::Connection> RedisLimiter::Borrow() {
  {
    absl::MutexLock lock(&mutex_);
    if (is_away_) {
      // This request finds out whether Redis is back; the others do not wait with it.
      resting_until_ = absl::Now() + options_.rest;
    }
    if (lent_ >= options_.max_connections) return Connection();
    ++lent_;
    if (!idle_.empty()) {
      Connection connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  absl::StatusOr<Connection> connection = Connect();
  if (!connection.ok()) {
    absl::MutexLock lock(&mutex_);
    --lent_;
  }
  return connection;
}

absl::StatusOr<RedisLimiter::Connection> RedisLimiter::Connect() const {
  const RedisAddress& address = options_.address;
  const timeval timeout = absl::ToTimeval(options_.timeout);
  Connection connection(address.socket.empty()
                            ? redisConnectWithTimeout(address.host.c_str(), address.port, timeout)
                            : redisConnectUnixWithTimeout(address.socket.c_str(), timeout));
  if (connection == nullptr) return absl::ResourceExhaustedError("no memory for a connection");
  if (connection->err != 0) return FailureOf(connection.get());
  redisSetTimeout(connection.get(), timeout);
  if (!address.password.empty()) {
    std::vector<std::string> words = {"AUTH"};
    if (!address.user.empty()) words.push_back(address.user);
    words.push_back(address.password);
    if (IsError(Run(connection.get(), words))) return FailureOf(connection.get());
  }
  if (address.database != 0 &&
      IsError(Run(connection.get(), {"SELECT", std::to_string(address.database)}))) {
    return FailureOf(connection.get());
  }
  return connection;
}

void RedisLimiter::Return(Connection connection) {
  absl::MutexLock lock(&mutex_);
  --lent_;
  if (connection != nullptr) idle_.push_back(std::move(connection));
}

absl::StatusOr<LimitVerdict> RedisLimiter::Ask(redisContext* connection,
                                               const std::vector<Limit>& limits) const {
  Reply reply = Run(connection, CommandOf(limits, "EVALSHA", ScriptSha1()));
  if (reply != nullptr && reply->type == REDIS_REPLY_ERROR &&
      std::string_view(reply->str, reply->len).starts_with("NOSCRIPT")) {
    reply = Run(connection, CommandOf(limits, "EVAL", kScript));
  }
  if (IsError(reply) || reply->type != REDIS_REPLY_ARRAY || reply->elements != 4) {
    return FailureOf(connection);
  }
  const auto number = [&](size_t i) { return reply->element[i]->integer; };
  const auto index = static_cast<size_t>(number(1)) - 1;
  if (index >= limits.size()) return absl::InternalError("Redis answered nonsense");
  return LimitVerdict{number(0) == 1, limits[index].limit, static_cast<uint32_t>(number(2)),
                      static_cast<uint32_t>(number(3)), limits[index].window};
}

void RedisLimiter::Succeeded() {
  absl::MutexLock lock(&mutex_);
  if (is_away_) spdlog::info("Redis is back: limits are shared again");
  is_away_ = false;
  resting_until_ = absl::InfinitePast();
}

void RedisLimiter::Failed(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (!is_away_) {
    spdlog::warn("Redis is away, so limits hold for this gateway alone: {}",
                 std::string(status.message()));
  }
  is_away_ = true;
  idle_.clear();
  resting_until_ = absl::Now() + options_.rest;
}

}  // namespace datamigrate::gateway
