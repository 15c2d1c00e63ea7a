// Tokens, passwords, keys and encodings of common/crypto.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "common/crypto/access_token.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/crypto/password_hash.h"
#include "common/crypto/random.h"
#include "common/crypto/signing_key.h"
#include "tests/support/child_process.h"

namespace datamigrate::crypto {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1700000000);
const PasswordCost kCheap = {.passes = 1, .memory_bytes = 8192 * 16};

AccessClaims Claims() {
  return {.issuer = "us",
          .audience = "api",
          .user_id = "user",
          .organization_id = "org",
          .session_id = "session",
          .issued_at = kNow,
          .expires_at = kNow + absl::Minutes(15)};
}

absl::StatusOr<AccessClaims> Verify(const SigningKey& key, const std::string& token,
                                    absl::Time now = kNow) {
  return VerifyAccessToken(key, token, {"us", "api"}, now);
}

// A token with any header and body, signed by `key`.
std::string Forge(const SigningKey& key, const nlohmann::json& header, const nlohmann::json& body) {
  const std::string text = Base64UrlEncode(header.dump()) + "." + Base64UrlEncode(body.dump());
  return text + "." + Base64UrlEncode(key.Sign(text));
}

nlohmann::json Part(const std::string& token, int index) {
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  return nlohmann::json::parse(*Base64UrlDecode(
      index == 0 ? token.substr(0, first) : token.substr(first + 1, last - first - 1)));
}

TEST_CASE("Base64url follows RFC 4648's vectors without padding", "[crypto]") {
  const auto test = GENERATE(table<std::string, std::string>({{"", ""},
                                                              {"f", "Zg"},
                                                              {"fo", "Zm8"},
                                                              {"foo", "Zm9v"},
                                                              {"foobar", "Zm9vYmFy"},
                                                              {"\xfb\xff", "-_8"}}));
  CHECK(Base64UrlEncode(std::get<0>(test)) == std::get<1>(test));
  CHECK(Base64UrlDecode(std::get<1>(test)) == std::get<0>(test));
}

TEST_CASE("Base64url accepts one text per value", "[crypto]") {
  const std::string text = GENERATE("Zg==", "Zh", "Zm9v\n", "Zm 9", "Zm+/", "Z");
  CHECK_FALSE(Base64UrlDecode(text).has_value());
}

TEST_CASE("Ed25519 follows RFC 8032's second vector", "[crypto]") {
  const auto unhex = [](std::string_view hex) {
    std::string bytes;
    for (size_t i = 0; i < hex.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    }
    return bytes;
  };
  const auto key = SigningKey::FromSeed(
      unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  REQUIRE(key.ok());
  CHECK(HexEncode(key->public_key()) ==
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  CHECK(HexEncode(key->Sign("\x72")) ==
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST_CASE("A token is read back as it was signed", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const auto claims = Verify(key, SignAccessToken(key, Claims()));
  REQUIRE(claims.ok());
  CHECK(claims->user_id == "user");
  CHECK(claims->organization_id == "org");
  CHECK(claims->session_id == "session");
  CHECK(claims->expires_at == kNow + absl::Minutes(15));
}

TEST_CASE("A token is good until the second it expires", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string token = SignAccessToken(key, Claims());
  CHECK(Verify(key, token, kNow + absl::Minutes(15) - absl::Seconds(1)).ok());
  CHECK_FALSE(Verify(key, token, kNow + absl::Minutes(15)).ok());
  CHECK(Verify(key, token, kNow - kClockTolerance).ok());
  CHECK_FALSE(Verify(key, token, kNow - kClockTolerance - absl::Seconds(1)).ok());
}

TEST_CASE("Every single changed character spoils a token", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string token = SignAccessToken(key, Claims());
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    INFO(i);
    CHECK_FALSE(Verify(key, changed).ok());
  }
}

TEST_CASE("No other algorithm is ever accepted", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string good = SignAccessToken(key, Claims());
  nlohmann::json header = Part(good, 0);
  const nlohmann::json body = Part(good, 1);
  SECTION("none") {
    header["alg"] = GENERATE("none", "None", "HS256", "EdDsa", "");
    CHECK_FALSE(Verify(key, Forge(key, header, body)).ok());
    const std::string unsigned_token =
        Base64UrlEncode(header.dump()) + "." + Base64UrlEncode(body.dump()) + ".";
    CHECK_FALSE(Verify(key, unsigned_token).ok());
  }
  SECTION("no text") {
    header["alg"] = nlohmann::json::array({"EdDSA"});
    CHECK_FALSE(Verify(key, Forge(key, header, body)).ok());
  }
  SECTION("missing") {
    header.erase("alg");
    CHECK_FALSE(Verify(key, Forge(key, header, body)).ok());
  }
  SECTION("an extension") {
    header["crit"] = {"b64"};
    CHECK_FALSE(Verify(key, Forge(key, header, body)).ok());
  }
  SECTION("an unknown key") {
    header["kid"] = "../../dev/null";
    CHECK_FALSE(Verify(key, Forge(key, header, body)).ok());
  }
  SECTION("the same header passes") {
    CHECK(Verify(key, Forge(key, header, body)).ok());
  }
}

TEST_CASE("A token of another key is refused, even under our key's name", "[crypto][token]") {
  const SigningKey ours = SigningKey::Generate();
  const SigningKey theirs = SigningKey::Generate();
  CHECK_FALSE(Verify(ours, SignAccessToken(theirs, Claims())).ok());
  const std::string token = SignAccessToken(ours, Claims());
  CHECK_FALSE(Verify(ours, Forge(theirs, Part(token, 0), Part(token, 1))).ok());
}

TEST_CASE("Claims must be there and of their type", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string token = SignAccessToken(key, Claims());
  nlohmann::json body = Part(token, 1);
  const std::string claim = GENERATE("iss", "aud", "sub", "org", "sid", "iat", "exp");
  INFO(claim);
  SECTION("missing") {
    body.erase(claim);
  }
  SECTION("null") {
    body[claim] = nullptr;
  }
  SECTION("other") {
    body[claim] = "other";
    body["sub"] = "";
  }
  SECTION("negative") {
    body[claim] = -1;
  }
  SECTION("huge") {
    body[claim] = 1e300;
  }
  CHECK_FALSE(Verify(key, Forge(key, Part(token, 0), body)).ok());
}

TEST_CASE("Text that is no token is refused without a word of it", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string text =
      GENERATE("", ".", "..", "...", "secret", "a.b.c", "e30.e30.e30", "bnVsbA.bnVsbA.AAAA",
               std::string(5000, 'a'), std::string(3000, '.'), std::string("\0\0", 2));
  const auto claims = Verify(key, text);
  CHECK(absl::IsUnauthenticated(claims.status()));
  CHECK(std::string(claims.status().message()).find("secret") == std::string::npos);
}

TEST_CASE("A deep header does not exhaust the stack", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string deep = Base64UrlEncode(std::string(2500, '['));
  CHECK_FALSE(Verify(key, deep + ".e30.AAAA").ok());
}

TEST_CASE("A password matches its own hash only", "[crypto][password]") {
  const auto hash = HashPassword("correct horse", kCheap);
  REQUIRE(hash.ok());
  CHECK(hash->starts_with("$argon2id$v=19$m=128,t=1,p=1$"));
  CHECK(PasswordMatches("correct horse", *hash));
  CHECK_FALSE(PasswordMatches("correct horsf", *hash));
  CHECK_FALSE(PasswordMatches("", *hash));
  CHECK(*HashPassword("correct horse", kCheap) != *hash);
  CHECK_FALSE(NeedsRehash(*hash, kCheap));
  CHECK(NeedsRehash(*hash, PasswordCost()));
  const std::string broken = GENERATE("", "x", "$argon2id$", std::string(500, '$'));
  CHECK_FALSE(PasswordMatches("correct horse", broken));
}

TEST_CASE("The key file is made once, private, and read again", "[crypto][key]") {
  const testing::TemporaryDirectory folder;
  const std::string path = folder.path() / "jwt.key";
  const auto made = SigningKey::LoadOrCreate(path);
  REQUIRE(made.ok());
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::mask) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(SigningKey::LoadOrCreate(path)->id() == made->id());
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()),
                      std::filesystem::directory_iterator()) == 1);
}

TEST_CASE("Processes that start together agree on one key", "[crypto][key]") {
  const testing::TemporaryDirectory folder;
  const std::string path = folder.path() / "jwt.key";
  std::vector<std::string> ids(8);
  {
    std::vector<std::jthread> threads;
    for (std::string& id : ids) {
      threads.emplace_back([&] { id = SigningKey::LoadOrCreate(path)->id(); });
    }
  }
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 1);
}

TEST_CASE("A key file that is readable by others, damaged or out of reach is refused",
          "[crypto][key]") {
  const testing::TemporaryDirectory folder;
  const std::string path = folder.path() / "jwt.key";
  SECTION("readable") {
    REQUIRE(SigningKey::LoadOrCreate(path).ok());
    chmod(path.c_str(), 0640);
    CHECK(absl::IsPermissionDenied(SigningKey::LoadOrCreate(path).status()));
  }
  SECTION("damaged") {
    std::ofstream(path) << GENERATE("", "rubbish", "ed25519-seed:AAAA", "ed25519-seed:");
    chmod(path.c_str(), 0600);
    CHECK(absl::IsDataLoss(SigningKey::LoadOrCreate(path).status()));
  }
  SECTION("no folder") {
    CHECK(absl::IsUnavailable(
        SigningKey::LoadOrCreate(folder.path() / "missing" / "jwt.key").status()));
  }
}

TEST_CASE("Random values have their form and differ", "[crypto]") {
  const std::string uuid = RandomUuid();
  CHECK(uuid.size() == 36);
  CHECK(uuid[14] == '4');
  CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
  CHECK(RandomToken().size() == 43);
  CHECK(RandomToken() != RandomToken());
}

}  // namespace
}  // namespace datamigrate::crypto
