// An Ed25519 key pair (RFC 8032).
#ifndef DATAMIGRATE_COMMON_CRYPTO_SIGNING_KEY_H_
#define DATAMIGRATE_COMMON_CRYPTO_SIGNING_KEY_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace datamigrate::crypto {

// Copyable; the secret half is wiped when a key goes away. Const members are thread safe.
class SigningKey {
 public:
  static SigningKey Generate();

  // `seed`: 32 bytes. Errors: kInvalidArgument for another length.
  static absl::StatusOr<SigningKey> FromSeed(std::string_view seed);

  SigningKey(const SigningKey&) = default;
  SigningKey& operator=(const SigningKey&) = default;
  ~SigningKey();

  // 64 bytes.
  std::string Sign(std::string_view message) const;
  bool Verify(std::string_view message, std::string_view signature) const;

  // 32 bytes.
  const std::string& public_key() const { return public_key_; }

  // Names the key in tokens: the first 16 hex digits of the public half's SHA-256.
  const std::string& id() const { return id_; }

 private:
  SigningKey() = default;

  std::string secret_key_;
  std::string public_key_;
  std::string id_;
};

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_SIGNING_KEY_H_
