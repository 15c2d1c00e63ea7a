// The keys that access tokens are signed with: one at a time, while older ones still verify.
//
// They live in one file, a key a line, in any order:
//   ed25519-seed:<base64url of 32 bytes> from=<Unix second>
//   hs256-secret:<base64url of 32 bytes> from=<Unix second>
// A key signs from its second on, until a later one does; "from" may be left out for 0. Keys are
// published before they sign, so that every gateway knows a key before it meets its tokens.
#ifndef DATAMIGRATE_COMMON_CRYPTO_TOKEN_KEYS_H_
#define DATAMIGRATE_COMMON_CRYPTO_TOKEN_KEYS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/signing_key.h"

namespace datamigrate::crypto {

enum class TokenAlgorithm { kEdDsa, kHs256 };

// A key and the one algorithm that it is for (RFC 8725 section 3.1). Const members are thread safe.
class TokenKey {
 public:
  TokenKey(SigningKey key);  // NOLINT: a signing key is a token key
  // `secret`: 32 bytes, shared by everybody who verifies. Errors: kInvalidArgument.
  static absl::StatusOr<TokenKey> Hs256(std::string_view secret);

  TokenKey(const TokenKey&) = default;
  TokenKey& operator=(const TokenKey&) = default;
  ~TokenKey();

  TokenAlgorithm algorithm() const {
    return key_ ? TokenAlgorithm::kEdDsa : TokenAlgorithm::kHs256;
  }
  std::string_view algorithm_name() const { return key_ ? "EdDSA" : "HS256"; }
  const std::string& id() const { return id_; }
  std::string Sign(std::string_view message) const;
  bool Verify(std::string_view message, std::string_view signature) const;

  // 32 bytes, for an EdDSA key; null for a shared secret, which is never published.
  const std::string* public_key() const { return key_ ? &key_->public_key() : nullptr; }

 private:
  TokenKey() = default;

  std::optional<SigningKey> key_;
  std::string secret_;
  std::string id_;
};

// Copyable. Const members are thread safe.
class TokenKeys {
 public:
  struct Entry {
    TokenKey key;
    absl::Time signs_from;
  };

  // One key, which signs from the beginning of time.
  TokenKeys(TokenKey key);  // NOLINT: one key is a set of keys

  // Reads the file, or makes one with a key of `algorithm`.
  // Errors: those of ReadKeyFile; kDataLoss when a line is no key; kFailedPrecondition when the key
  // that signs at `now` is of another algorithm: Rotate changes it.
  static absl::StatusOr<TokenKeys> LoadOrCreate(const std::string& path, TokenAlgorithm algorithm,
                                                absl::Time now);

  // Adds a key to the file that signs from `now` + `delay`, and drops those whose tokens are over:
  // superseded for longer than `token_lifetime`. Processes that rotate at once wait for each other.
  // Errors: as LoadOrCreate, and kUnavailable when the file cannot be written.
  static absl::Status Rotate(const std::string& path, TokenAlgorithm algorithm, absl::Time now,
                             absl::Duration delay, absl::Duration token_lifetime);

  // Rotates as above when no key is younger than `age`; tells whether it did.
  static absl::StatusOr<bool> RotateIfOlder(const std::string& path, TokenAlgorithm algorithm,
                                            absl::Duration age, absl::Time now,
                                            absl::Duration delay, absl::Duration token_lifetime);

  // The key that signs at `now`: the latest that has begun, or the first when none has.
  const TokenKey& Signing(absl::Time now) const;

  // The key named `id`, or null.
  const TokenKey* Find(std::string_view id) const;

  // The first that signs first.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  TokenKeys() = default;
  static absl::StatusOr<TokenKeys> Parse(std::string_view text, const std::string& path);
  static absl::StatusOr<TokenKeys> Load(const std::string& path);

  std::vector<Entry> entries_;
};

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_TOKEN_KEYS_H_
