// Tokens, passwords, keys and encodings of common/crypto.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/crypto/access_token.h"
#include "common/crypto/api_key.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/crypto/password_hash.h"
#include "common/crypto/random.h"
#include "common/crypto/sealing_key.h"
#include "common/crypto/signing_key.h"
#include "common/crypto/strict_json.h"
#include "common/crypto/token_keys.h"
#include "common/crypto/totp.h"
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

absl::StatusOr<TokenKeys> LoadKeys(const std::string& path,
                                   TokenAlgorithm algorithm = TokenAlgorithm::kEdDsa) {
  return TokenKeys::LoadOrCreate(path, algorithm, kNow);
}

absl::StatusOr<AccessClaims> Verify(const TokenKeys& key, const std::string& token,
                                    absl::Time now = kNow) {
  return VerifyAccessToken(key, token, {"us", "api"}, now);
}

// A token with any header and body, signed by `key`.
std::string Forge(const TokenKey& key, const nlohmann::json& header, const nlohmann::json& body) {
  const std::string text = Base64UrlEncode(header.dump()) + "." + Base64UrlEncode(body.dump());
  return text + "." + Base64UrlEncode(key.Sign(text));
}

nlohmann::json Part(const std::string& token, int index) {
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  return nlohmann::json::parse(*Base64UrlDecode(
      index == 0 ? token.substr(0, first) : token.substr(first + 1, last - first - 1)));
}

TEST_CASE("SHA-256 of pieces is that of the whole", "[crypto]") {
  Sha256Stream stream;
  CHECK(stream.Hex() == Sha256Hex(""));
  stream.Add("ab");
  stream.Add("c");
  CHECK(stream.Hex() == Sha256Hex("abc"));
  stream.Add("d");
  CHECK(stream.Hex() == Sha256Hex("abcd"));
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
  const auto claims = Verify(TokenKey(key), SignAccessToken(key, Claims()));
  REQUIRE(claims.ok());
  CHECK(claims->user_id == "user");
  CHECK(claims->organization_id == "org");
  CHECK(claims->session_id == "session");
  CHECK(claims->expires_at == kNow + absl::Minutes(15));
}

TEST_CASE("A token is good until the second it expires", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string token = SignAccessToken(key, Claims());
  CHECK(Verify(TokenKey(key), token, kNow + absl::Minutes(15) - absl::Seconds(1)).ok());
  CHECK_FALSE(Verify(TokenKey(key), token, kNow + absl::Minutes(15)).ok());
  CHECK(Verify(TokenKey(key), token, kNow - kClockTolerance).ok());
  CHECK_FALSE(Verify(TokenKey(key), token, kNow - kClockTolerance - absl::Seconds(1)).ok());
}

TEST_CASE("Every single changed character spoils a token", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string token = SignAccessToken(key, Claims());
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    INFO(i);
    CHECK_FALSE(Verify(TokenKey(key), changed).ok());
  }
}

TEST_CASE("No other algorithm is ever accepted", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string good = SignAccessToken(key, Claims());
  nlohmann::json header = Part(good, 0);
  const nlohmann::json body = Part(good, 1);
  SECTION("none") {
    header["alg"] = GENERATE("none", "None", "HS256", "EdDsa", "");
    CHECK_FALSE(Verify(TokenKey(key), Forge(key, header, body)).ok());
    const std::string unsigned_token =
        Base64UrlEncode(header.dump()) + "." + Base64UrlEncode(body.dump()) + ".";
    CHECK_FALSE(Verify(TokenKey(key), unsigned_token).ok());
  }
  SECTION("no text") {
    header["alg"] = nlohmann::json::array({"EdDSA"});
    CHECK_FALSE(Verify(TokenKey(key), Forge(key, header, body)).ok());
  }
  SECTION("missing") {
    header.erase("alg");
    CHECK_FALSE(Verify(TokenKey(key), Forge(key, header, body)).ok());
  }
  SECTION("an extension") {
    header["crit"] = {"b64"};
    CHECK_FALSE(Verify(TokenKey(key), Forge(key, header, body)).ok());
  }
  SECTION("an unknown key") {
    header["kid"] = "../../dev/null";
    CHECK_FALSE(Verify(TokenKey(key), Forge(key, header, body)).ok());
  }
  SECTION("the same header passes") {
    CHECK(Verify(TokenKey(key), Forge(key, header, body)).ok());
  }
}

TEST_CASE("A token of another key is refused, even under our key's name", "[crypto][token]") {
  const SigningKey ours = SigningKey::Generate();
  const SigningKey theirs = SigningKey::Generate();
  CHECK_FALSE(Verify(TokenKey(ours), SignAccessToken(theirs, Claims())).ok());
  const std::string token = SignAccessToken(ours, Claims());
  CHECK_FALSE(Verify(TokenKey(ours), Forge(theirs, Part(token, 0), Part(token, 1))).ok());
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
  CHECK_FALSE(Verify(TokenKey(key), Forge(key, Part(token, 0), body)).ok());
}

TEST_CASE("Text that is no token is refused without a word of it", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string text =
      GENERATE("", ".", "..", "...", "secret", "a.b.c", "e30.e30.e30", "bnVsbA.bnVsbA.AAAA",
               std::string(5000, 'a'), std::string(3000, '.'), std::string("\0\0", 2));
  const auto claims = Verify(TokenKey(key), text);
  CHECK(absl::IsUnauthenticated(claims.status()));
  CHECK(std::string(claims.status().message()).find("secret") == std::string::npos);
}

TEST_CASE("A deep header does not exhaust the stack", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string deep = Base64UrlEncode(std::string(2500, '['));
  CHECK_FALSE(Verify(TokenKey(key), deep + ".e30.AAAA").ok());
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
  const auto made = LoadKeys(path);
  REQUIRE(made.ok());
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::mask) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(LoadKeys(path)->Signing(kNow).id() == made->Signing(kNow).id());
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
      threads.emplace_back([&] { id = LoadKeys(path)->Signing(kNow).id(); });
    }
  }
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 1);
}

TEST_CASE("A key file that is readable by others, damaged or out of reach is refused",
          "[crypto][key]") {
  const testing::TemporaryDirectory folder;
  const std::string path = folder.path() / "jwt.key";
  SECTION("readable") {
    REQUIRE(LoadKeys(path).ok());
    chmod(path.c_str(), 0640);
    CHECK(absl::IsPermissionDenied(LoadKeys(path).status()));
  }
  SECTION("damaged") {
    std::ofstream(path) << GENERATE("", "rubbish", "ed25519-seed:AAAA", "ed25519-seed:");
    chmod(path.c_str(), 0600);
    CHECK(absl::IsDataLoss(LoadKeys(path).status()));
  }
  SECTION("no folder") {
    CHECK(absl::IsUnavailable(LoadKeys(folder.path() / "missing" / "jwt.key").status()));
  }
}

TEST_CASE("Keys rotate without a token that nobody can check", "[crypto][key]") {
  const testing::TemporaryDirectory folder;
  const std::string path = folder.path() / "jwt.key";
  const absl::Duration delay = absl::Minutes(1);
  const absl::Duration lifetime = absl::Minutes(15);
  const auto first = LoadKeys(path);
  REQUIRE(first.ok());
  const std::string old_token = SignAccessToken(first->Signing(kNow), Claims());
  REQUIRE(TokenKeys::Rotate(path, TokenAlgorithm::kEdDsa, kNow, delay, lifetime).ok());
  const auto both = LoadKeys(path);
  REQUIRE(both->entries().size() == 2);
  // The new key is known before it signs.
  CHECK(both->Signing(kNow + delay - absl::Seconds(1)).id() == first->Signing(kNow).id());
  const TokenKey& next = both->Signing(kNow + delay);
  CHECK(next.id() != first->Signing(kNow).id());
  CHECK(Verify(*both, old_token).ok());
  CHECK(Verify(*both, SignAccessToken(next, Claims())).ok());
  CHECK_FALSE(Verify(*first, SignAccessToken(next, Claims())).ok());
  // The next rotation drops the first key, whose tokens are over by then.
  const absl::Time later = kNow + delay + lifetime;
  REQUIRE(TokenKeys::Rotate(path, TokenAlgorithm::kEdDsa, later, delay, lifetime).ok());
  const auto last = LoadKeys(path);
  CHECK(last->entries().size() == 2);
  CHECK_FALSE(Verify(*last, old_token).ok());
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::mask) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK_FALSE(*TokenKeys::RotateIfOlder(path, TokenAlgorithm::kEdDsa, absl::Hours(1), later, delay,
                                        lifetime));
  CHECK(*TokenKeys::RotateIfOlder(path, TokenAlgorithm::kEdDsa, absl::Hours(1),
                                  later + delay + absl::Hours(1), delay, lifetime));
}

TEST_CASE("Processes that rotate together lose no key", "[crypto][key]") {
  const testing::TemporaryDirectory folder;
  const std::string path = folder.path() / "jwt.key";
  REQUIRE(LoadKeys(path).ok());
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        TokenKeys::RotateIfOlder(path, TokenAlgorithm::kEdDsa, absl::Hours(1),
                                 kNow + absl::Hours(2), absl::Minutes(1), absl::Minutes(15))
            .IgnoreError();
      });
    }
  }
  CHECK(LoadKeys(path)->entries().size() == 2);
}

TEST_CASE("HS256 is HMAC-SHA-256, by RFC 4231's second vector", "[crypto][token]") {
  // HMAC pads a short key with zeros, so the vector's four bytes may be padded to our 32.
  const auto key = TokenKey::Hs256(std::string("Jefe") + std::string(28, '\0'));
  REQUIRE(key.ok());
  CHECK(HexEncode(key->Sign("what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("A shared secret signs only where it is configured", "[crypto][token]") {
  const testing::TemporaryDirectory folder;
  const std::string path = folder.path() / "jwt.key";
  const auto keys = LoadKeys(path, TokenAlgorithm::kHs256);
  REQUIRE(keys.ok());
  const std::string token = SignAccessToken(keys->Signing(kNow), Claims());
  CHECK(Part(token, 0)["alg"] == "HS256");
  CHECK(Verify(*keys, token).ok());
  CHECK(keys->Signing(kNow).public_key() == nullptr);
  CHECK(absl::IsFailedPrecondition(LoadKeys(path).status()));
  REQUIRE(
      TokenKeys::Rotate(path, TokenAlgorithm::kEdDsa, kNow, absl::ZeroDuration(), absl::Minutes(15))
          .ok());
  const auto mixed = LoadKeys(path);
  REQUIRE(mixed.ok());
  CHECK(Verify(*mixed, token).ok());
}

TEST_CASE("The public key is no shared secret", "[crypto][token]") {
  // Key confusion (RFC 8725 section 2.1): HS256 with the published key as its secret.
  const SigningKey key = SigningKey::Generate();
  const TokenKey confused = *TokenKey::Hs256(key.public_key());
  nlohmann::json header = Part(SignAccessToken(key, Claims()), 0);
  const nlohmann::json body = Part(SignAccessToken(key, Claims()), 1);
  header["alg"] = GENERATE("HS256", "EdDSA");
  CHECK_FALSE(Verify(TokenKey(key), Forge(confused, header, body)).ok());
  // Nor is a key that the token brings along.
  header["alg"] = "EdDSA";
  const SigningKey theirs = SigningKey::Generate();
  header["jwk"] = {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", Base64UrlEncode(theirs.public_key())}};
  CHECK_FALSE(Verify(TokenKey(key), Forge(theirs, header, body)).ok());
}

TEST_CASE("A claim that is there twice spoils a token", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string token = SignAccessToken(key, Claims());
  const std::string header = Part(token, 0).dump();
  const std::string body = Part(token, 1).dump();
  const auto forge = [&](const std::string& h, const std::string& b) {
    const std::string text = Base64UrlEncode(h) + "." + Base64UrlEncode(b);
    return text + "." + Base64UrlEncode(key.Sign(text));
  };
  CHECK(Verify(TokenKey(key), forge(header, body)).ok());
  CHECK_FALSE(Verify(TokenKey(key), forge(header, R"({"sub":"admin",)" + body.substr(1))).ok());
  CHECK_FALSE(Verify(TokenKey(key), forge(R"({"alg":"none",)" + header.substr(1), body)).ok());
  CHECK_FALSE(ParseStrictObject(R"({"a":{"b":1,"b":2}})").has_value());
  CHECK(ParseStrictObject(R"({"a":{"b":1},"c":{"b":2}})").has_value());
}

TEST_CASE("A token that begins later is refused until then", "[crypto][token]") {
  const SigningKey key = SigningKey::Generate();
  const std::string token = SignAccessToken(key, Claims());
  nlohmann::json body = Part(token, 1);
  body["nbf"] = absl::ToUnixSeconds(kNow + absl::Minutes(5));
  const std::string later = Forge(key, Part(token, 0), body);
  CHECK_FALSE(Verify(TokenKey(key), later).ok());
  CHECK(Verify(TokenKey(key), later, kNow + absl::Minutes(5)).ok());
  body["nbf"] = "soon";
  CHECK_FALSE(Verify(TokenKey(key), Forge(key, Part(token, 0), body)).ok());
}

TEST_CASE("An API key carries its own checksum", "[crypto][key]") {
  const std::string key = MakeApiKey();
  CHECK(key.size() == 49);
  CHECK(key.starts_with("dm_"));
  CHECK(IsApiKey(key));
  CHECK(MakeApiKey() != key);
  // The checksum is the CRC-32 of what stands before it, in base 62: fixed, as scanners rely on it.
  CHECK(IsApiKey("dm_" + std::string(40, '0') + "0M7Cj4"));
  for (size_t i = 0; i < key.size(); ++i) {
    std::string changed = key;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    CHECK_FALSE(IsApiKey(changed));
  }
  CHECK_FALSE(IsApiKey(key + "a"));
  CHECK_FALSE(IsApiKey("dm_"));
}

TEST_CASE("One-time codes follow RFC 6238's vectors", "[crypto][totp]") {
  const auto test = GENERATE(table<int64_t, std::string>({{59, "94287082"},
                                                          {1111111109, "07081804"},
                                                          {1111111111, "14050471"},
                                                          {1234567890, "89005924"},
                                                          {2000000000, "69279037"},
                                                          {20000000000, "65353130"}}));
  const int64_t step = TotpStep(absl::FromUnixSeconds(std::get<0>(test)));
  CHECK(TotpCode("12345678901234567890", step, 8) == std::get<1>(test));
}

TEST_CASE("A one-time code is good for its step and its neighbours", "[crypto][totp]") {
  const std::string secret = RandomTotpSecret();
  const int64_t step = TotpStep(kNow);
  const std::string code = TotpCode(secret, step);
  CHECK(MatchTotp(secret, code, kNow) == step);
  CHECK(MatchTotp(secret, code, kNow + absl::Seconds(30)) == step);
  CHECK(MatchTotp(secret, code, kNow - absl::Seconds(30)) == step);
  CHECK_FALSE(MatchTotp(secret, code, kNow + absl::Minutes(2)).has_value());
  CHECK_FALSE(MatchTotp(secret, code + "0", kNow).has_value());
  CHECK_FALSE(MatchTotp(secret, "", kNow).has_value());
}

TEST_CASE("Base32 follows RFC 4648's vectors without padding", "[crypto]") {
  const auto test = GENERATE(table<std::string, std::string>({{"", ""},
                                                              {"f", "MY"},
                                                              {"fo", "MZXQ"},
                                                              {"foo", "MZXW6"},
                                                              {"foob", "MZXW6YQ"},
                                                              {"fooba", "MZXW6YTB"},
                                                              {"foobar", "MZXW6YTBOI"}}));
  CHECK(Base32Encode(std::get<0>(test)) == std::get<1>(test));
}

TEST_CASE("What is sealed opens in its context alone", "[crypto][key]") {
  const testing::TemporaryDirectory folder;
  const auto key = SealingKey::LoadOrCreate(folder.path() / "a");
  const auto other = SealingKey::LoadOrCreate(folder.path() / "b");
  REQUIRE((key.ok() && other.ok()));
  std::string sealed = key->Seal("secret", "ann");
  CHECK(*SealingKey::LoadOrCreate(folder.path() / "a")->Open(sealed, "ann") == "secret");
  CHECK(key->Seal("secret", "ann") != sealed);
  CHECK(absl::IsDataLoss(key->Open(sealed, "bob").status()));
  CHECK(absl::IsDataLoss(other->Open(sealed, "ann").status()));
  CHECK(absl::IsDataLoss(key->Open("short", "ann").status()));
  sealed.back() = static_cast<char>(sealed.back() ^ 1);
  CHECK(absl::IsDataLoss(key->Open(sealed, "ann").status()));
}

// Of the first 48 bits.
int64_t MillisecondsOf(std::string uuid) {
  std::erase(uuid, '-');
  return std::stoll(uuid.substr(0, 12), nullptr, 16);
}

TEST_CASE("Identifiers that sort by time have the form of RFC 9562 and say when", "[crypto]") {
  const int64_t before = absl::ToUnixMillis(absl::Now());
  const std::string uuid = TimeOrderedUuid();
  const std::string other = TimeOrderedUuid();
  const int64_t after = absl::ToUnixMillis(absl::Now());
  CAPTURE(uuid, other);
  CHECK(uuid.size() == 36);
  CHECK(uuid[14] == '7');
  CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
  CHECK(MillisecondsOf(uuid) >= before);
  CHECK(MillisecondsOf(other) <= after);
  CHECK(uuid.substr(19) != other.substr(19));  // the random bits
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
