#include "agent_engine/service/caller.h"

#include <condition_variable>
#include <mutex>
#include <string>

#include "agent_engine/service/call_recorder.h"
#include "agent_engine/service/exposure.h"
#include "catch2/catch.hpp"
#include "common/crypto/engine_token.h"
#include "common/crypto/signing_key.h"

namespace datamigrate::service {
namespace {

using crypto::TokenKey;

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

// Keys that a test puts there, and a watch that reads them without pauses.
class Keys {
 public:
  // Waits until the watch has taken them.
  void Put(absl::StatusOr<std::string> document) {
    std::unique_lock lock(mutex_);
    document_ = std::move(document);
    const int before = readings_;
    // A reading that began earlier may have missed it; the one after the next has stored the next
    // one's.
    changed_.wait(lock, [&] { return readings_ >= before + 3; });
  }
  KeyWatch& watch() { return watch_; }

 private:
  absl::StatusOr<std::string> Read() {
    const std::lock_guard lock(mutex_);
    ++readings_;
    changed_.notify_all();
    return document_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  absl::StatusOr<std::string> document_ = absl::UnavailableError("not there yet");
  int readings_ = 0;
  KeyWatch watch_{[this] { return Read(); },
                  {.period = absl::Milliseconds(1), .shortest_pause = absl::Milliseconds(1)}};
};

std::string Token(const TokenKey& key, const std::string& scope,
                  const std::string& tenant = "org") {
  return crypto::SignEngineToken(key, {.user_id = "ann",
                                       .organization_id = tenant,
                                       .scope = scope,
                                       .issued_at = kNow,
                                       .expires_at = kNow + absl::Minutes(2)});
}

TEST_CASE("without keys a caller is believed, and is local when it says nothing") {
  CallerCheck check(nullptr);
  const auto nobody = check.Check({}, Right::kWrite);
  REQUIRE(nobody.ok());
  CHECK(nobody->tenant == "local");
  CHECK(nobody->user == "local");
  CHECK(nobody->watches_until == absl::InfiniteFuture());
  CHECK(check.Check({"acme", "ann", "rubbish"}, Right::kRead)->tenant == "acme");
}

TEST_CASE("with keys a caller is who the token says, whatever the call says") {
  const TokenKey key = crypto::SigningKey::Generate();
  Keys keys;
  keys.Put(crypto::PublishKeys(key));
  absl::Time now = kNow;
  CallerCheck check(&keys.watch(), [&] { return now; });
  const std::string token = Token(key, "migrations:read migrations:write");
  for (int twice = 0; twice < 2; ++twice) {  // the second time from the cache
    const auto caller = check.Check({"other", "bob", token}, Right::kWrite);
    REQUIRE(caller.ok());
    CHECK(caller->tenant == "org");
    CHECK(caller->user == "ann");
    CHECK(caller->watches_until == kNow + absl::Minutes(2) + absl::Hours(1));
  }
  const absl::Status lacking = check.Check({"", "", token}, Right::kDecide).status();
  CHECK(absl::IsPermissionDenied(lacking));
  CHECK(std::string(lacking.message()).find("migrations:decide") != std::string::npos);
  now += absl::Minutes(2);
  CHECK(absl::IsUnauthenticated(check.Check({"", "", token}, Right::kRead).status()));
}

TEST_CASE("a scope that reads does not write") {
  const TokenKey key = crypto::SigningKey::Generate();
  Keys keys;
  keys.Put(crypto::PublishKeys(key));
  CallerCheck check(&keys.watch(), [] { return kNow; });
  const std::string token = Token(key, "migrations:read");
  CHECK(check.Check({"", "", token}, Right::kRead).ok());
  CHECK(absl::IsPermissionDenied(check.Check({"", "", token}, Right::kWrite).status()));
  CHECK(absl::IsPermissionDenied(check.Check({"", "", Token(key, "")}, Right::kRead).status()));
}

TEST_CASE("who writes migrations neither asks models nor registers any") {
  const TokenKey key = crypto::SigningKey::Generate();
  Keys keys;
  keys.Put(crypto::PublishKeys(key));
  CallerCheck check(&keys.watch(), [] { return kNow; });
  const std::string token = Token(key, "migrations:read migrations:write migrations:decide");
  for (const Right right : {Right::kReadModels, Right::kUseModels, Right::kWriteModels}) {
    CHECK(absl::IsPermissionDenied(check.Check({"", "", token}, right).status()));
  }
  const std::string editor = Token(key, "models:read models:use");
  CHECK(check.Check({"", "", editor}, Right::kReadModels).ok());
  CHECK(check.Check({"", "", editor}, Right::kUseModels).ok());
  CHECK(absl::IsPermissionDenied(check.Check({"", "", editor}, Right::kWriteModels).status()));
}

TEST_CASE("with keys a call without a good token is refused and told what to do") {
  Keys keys;
  keys.Put(crypto::PublishKeys(TokenKey(crypto::SigningKey::Generate())));
  CallerCheck check(&keys.watch(), [] { return kNow; });
  const TokenKey theirs = crypto::SigningKey::Generate();
  const std::string token = GENERATE_COPY("", "rubbish", "a.b.c", Token(theirs, "migrations:read"));
  const absl::Status refused = check.Check({"org", "ann", token}, Right::kRead).status();
  CHECK(absl::IsUnauthenticated(refused));
  const std::string text(refused.message());
  CHECK(text.find("/api/v1/engine-tokens") != std::string::npos);
  if (token.size() > 10) CHECK(text.find(token) == std::string::npos);
}

TEST_CASE("until the keys are read calls are to be tried again, and a new key is found") {
  const TokenKey first = crypto::SigningKey::Generate();
  const TokenKey second = crypto::SigningKey::Generate();
  Keys keys;
  CallerCheck check(&keys.watch(), [] { return kNow; });
  CHECK(absl::IsUnavailable(
      check.Check({"", "", Token(first, "migrations:read")}, Right::kRead).status()));
  keys.Put(crypto::PublishKeys(first));
  CHECK(check.Check({"", "", Token(first, "migrations:read")}, Right::kRead).ok());
  CHECK_FALSE(check.Check({"", "", Token(second, "migrations:read")}, Right::kRead).ok());
  keys.Put(crypto::PublishKeys(second));
  CHECK(check.Check({"", "", Token(second, "migrations:read")}, Right::kRead).ok());
  SECTION("what was read stays while it cannot be read again") {
    keys.Put(GENERATE(absl::StatusOr<std::string>(absl::UnavailableError("gone")),
                      absl::StatusOr<std::string>("<html>")));
    CHECK(check.Check({"", "", Token(second, "migrations:read", "b")}, Right::kRead).ok());
  }
}

TEST_CASE("the address of a caller is its own, without port and scheme") {
  const auto test =
      GENERATE(table<std::string, std::string>({{"ipv4:10.0.0.7:4711", "10.0.0.7"},
                                                {"ipv6:[2001:db8::7]:4711", "2001:db8::7"},
                                                {"ipv6:%5B::1%5D:4711", "::1"},
                                                {"unix:/run/engine.sock", ""},
                                                {"unix:", ""},
                                                {"", ""}}));
  CHECK(AddressOfPeer(std::get<0>(test)) == std::get<1>(test));
}

TEST_CASE("keys come by https, from this machine or from a file") {
  CHECK(ReaderOf("https://gateway.example/.well-known/jwks.json", "").ok());
  CHECK(ReaderOf("http://127.0.0.1:8080/.well-known/jwks.json", "").ok());
  CHECK(absl::IsInvalidArgument(ReaderOf("http://gateway/.well-known/jwks.json", "").status()));
  CHECK(absl::IsInvalidArgument(ReaderOf("file:///etc/passwd", "").status()));
  const auto missing = ReaderOf("/nonexistent/jwks.json", "");
  REQUIRE(missing.ok());
  CHECK(absl::IsUnavailable((*missing)().status()));
}

TEST_CASE("an engine that anybody reaches wants its callers proved") {
  const std::string far = GENERATE("0.0.0.0:50051", "[::]:50051", ":50051", "10.0.0.7:50051",
                                   "engine:50051", "127.evil.example:1", "localhost.example:1");
  CHECK(absl::IsFailedPrecondition(CheckExposure(far, false)));
  CHECK(CheckExposure(far, true).ok());
  const std::string near =
      GENERATE("127.0.0.1:50051", "127.0.0.2:0", "localhost:1", "[::1]:50051", "unix:/run/engine");
  CHECK(CheckExposure(near, false).ok());
}

}  // namespace
}  // namespace datamigrate::service
