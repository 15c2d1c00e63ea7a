#include "common/crypto/token_keys.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/crypto/key_file.h"
#include "common/crypto/random.h"

namespace datamigrate::crypto {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kMostKeys = 64;
constexpr std::string_view kSeedPrefix = "ed25519-seed:";
constexpr std::string_view kSecretPrefix = "hs256-secret:";
constexpr std::string_view kFrom = " from=";

const unsigned char* Raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

absl::Status Damaged(const std::string& path) {
  return absl::DataLossError(fmt::format("the file {} does not hold signing keys", path));
}

std::string NewLine(TokenAlgorithm algorithm, absl::Time signs_from) {
  std::string bytes = RandomBytes(kKeyBytes);
  std::string line =
      fmt::format("{}{}{}{}\n", algorithm == TokenAlgorithm::kEdDsa ? kSeedPrefix : kSecretPrefix,
                  Base64UrlEncode(bytes), kFrom, absl::ToUnixSeconds(signs_from));
  Wipe(bytes);
  return line;
}

absl::StatusOr<TokenKey> ParseKey(std::string_view text) {
  const bool is_seed = text.starts_with(kSeedPrefix);
  const std::string_view prefix = is_seed ? kSeedPrefix : kSecretPrefix;
  if (!text.starts_with(prefix)) return absl::DataLossError("");
  std::optional<std::string> bytes = Base64UrlDecode(text.substr(prefix.size()));
  if (!bytes.has_value()) return absl::DataLossError("");
  absl::Cleanup wipe = [&] { Wipe(*bytes); };
  if (!is_seed) return TokenKey::Hs256(*bytes);
  absl::StatusOr<SigningKey> key = SigningKey::FromSeed(*bytes);
  if (!key.ok()) return key.status();
  return TokenKey(*std::move(key));
}

absl::StatusOr<TokenKeys::Entry> ParseLine(std::string_view line) {
  absl::Time signs_from = absl::UnixEpoch();
  const size_t from = line.find(kFrom);
  if (from != std::string_view::npos) {
    int64_t second = 0;
    const std::string_view digits = line.substr(from + kFrom.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), second);
    if (error != std::errc() || end != digits.data() + digits.size() || second < 0) {
      return absl::DataLossError("");
    }
    signs_from = absl::FromUnixSeconds(second);
  }
  absl::StatusOr<TokenKey> key = ParseKey(line.substr(0, from));
  if (!key.ok()) return key.status();
  return TokenKeys::Entry{*std::move(key), signs_from};
}

// The file's lines, without empty ones.
std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Held while a file is rotated. The lock is on a file beside it, as the file itself is replaced.
class RotationLock {
 public:
  explicit RotationLock(const std::string& path)
      : fd_(open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ >= 0 && flock(fd_, LOCK_EX) != 0) Close();
  }
  ~RotationLock() { Close(); }
  bool is_held() const { return fd_ >= 0; }

 private:
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  int fd_;
};

}  // namespace

TokenKey::TokenKey(SigningKey key) : key_(std::move(key)), id_(key_->id()) {}

absl::StatusOr<TokenKey> TokenKey::Hs256(std::string_view secret) {
  if (secret.size() != kKeyBytes) {
    return absl::InvalidArgumentError("an HS256 secret has 32 bytes");
  }
  TokenKey key;
  key.secret_ = secret;
  // The name is published with every token, so it must not help to guess the secret: it has 256
  // random bits, of which a hash tells nothing.
  key.id_ = Sha256Hex(std::string("hs256 key id ").append(secret)).substr(0, 16);
  return key;
}

TokenKey::~TokenKey() {
  Wipe(secret_);
}

std::string TokenKey::Sign(std::string_view message) const {
  if (key_) return key_->Sign(message);
  std::string mac(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256(reinterpret_cast<unsigned char*>(mac.data()), Raw(message), message.size(),
                         Raw(secret_));
  return mac;
}

bool TokenKey::Verify(std::string_view message, std::string_view signature) const {
  if (key_) return key_->Verify(message, signature);
  return signature.size() == crypto_auth_hmacsha256_BYTES &&
         crypto_auth_hmacsha256_verify(Raw(signature), Raw(message), message.size(),
                                       Raw(secret_)) == 0;
}

TokenKeys::TokenKeys(TokenKey key) {
  entries_.push_back({std::move(key), absl::InfinitePast()});
}

absl::StatusOr<TokenKeys> TokenKeys::Parse(std::string_view text, const std::string& path) {
  TokenKeys keys;
  for (const std::string_view line : LinesOf(text)) {
    absl::StatusOr<Entry> entry = ParseLine(line);
    if (!entry.ok() || keys.entries_.size() == kMostKeys) return Damaged(path);
    keys.entries_.push_back(*std::move(entry));
  }
  if (keys.entries_.empty()) return Damaged(path);
  std::ranges::stable_sort(keys.entries_, {}, &Entry::signs_from);
  return keys;
}

absl::StatusOr<TokenKeys> TokenKeys::Load(const std::string& path) {
  absl::StatusOr<std::string> text = ReadKeyFile(path);
  if (!text.ok()) return text.status();
  absl::Cleanup wipe = [&] { Wipe(*text); };
  return Parse(*text, path);
}

absl::StatusOr<TokenKeys> TokenKeys::LoadOrCreate(const std::string& path, TokenAlgorithm algorithm,
                                                  absl::Time now) {
  absl::StatusOr<TokenKeys> keys = Load(path);
  if (absl::IsNotFound(keys.status())) {
    std::string line = NewLine(algorithm, now);
    const absl::Status created = CreateKeyFile(path, line);
    Wipe(line);
    if (!created.ok()) return created;
    keys = Load(path);
  }
  if (keys.ok() && keys->Signing(now).algorithm() != algorithm) {
    return absl::FailedPreconditionError(
        fmt::format("the key file {} signs with {}, which is not the configured algorithm", path,
                    keys->Signing(now).algorithm_name()));
  }
  return keys;
}

absl::Status TokenKeys::Rotate(const std::string& path, TokenAlgorithm algorithm, absl::Time now,
                               absl::Duration delay, absl::Duration token_lifetime) {
  return RotateIfOlder(path, algorithm, -absl::InfiniteDuration(), now, delay, token_lifetime)
      .status();
}

absl::StatusOr<bool> TokenKeys::RotateIfOlder(const std::string& path, TokenAlgorithm algorithm,
                                              absl::Duration age, absl::Time now,
                                              absl::Duration delay, absl::Duration token_lifetime) {
  const RotationLock lock(path);
  if (!lock.is_held()) {
    return absl::UnavailableError(fmt::format("cannot lock the key file {}", path));
  }
  absl::StatusOr<std::string> text = ReadKeyFile(path);
  if (!text.ok()) return text.status();
  absl::Cleanup wipe = [&] { Wipe(*text); };
  absl::StatusOr<TokenKeys> keys = Parse(*text, path);
  if (!keys.ok()) return keys.status();
  if (keys->entries_.back().signs_from + age > now) return false;
  std::string next;
  absl::Cleanup wipe_next = [&] { Wipe(next); };
  for (const std::string_view line : LinesOf(*text)) {
    const absl::StatusOr<Entry> entry = ParseLine(line);
    const auto successor = std::ranges::find_if(
        keys->entries_, [&](const Entry& other) { return other.signs_from > entry->signs_from; });
    const bool is_over =
        successor != keys->entries_.end() && successor->signs_from + token_lifetime <= now;
    if (!is_over) next.append(line).append("\n");
  }
  next += NewLine(algorithm, now + delay);
  if (absl::Status replaced = ReplaceKeyFile(path, next); !replaced.ok()) return replaced;
  return true;
}

const TokenKey& TokenKeys::Signing(absl::Time now) const {
  const Entry* signing = &entries_.front();
  for (const Entry& entry : entries_) {
    if (entry.signs_from <= now) signing = &entry;
  }
  return signing->key;
}

const TokenKey* TokenKeys::Find(std::string_view id) const {
  for (const Entry& entry : entries_) {
    if (entry.key.id() == id) return &entry.key;
  }
  return nullptr;
}

}  // namespace datamigrate::crypto
