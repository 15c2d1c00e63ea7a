// Secrets that lie in a database, encrypted with a key that does not.
#ifndef DATAMIGRATE_COMMON_CRYPTO_SEALING_KEY_H_
#define DATAMIGRATE_COMMON_CRYPTO_SEALING_KEY_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace datamigrate::crypto {

// XChaCha20-Poly1305 with a random nonce. Copyable; const members are thread safe.
class SealingKey {
 public:
  // Reads the key from `path`, or makes one. Errors: those of ReadKeyFile; kDataLoss when the file
  // holds no key.
  static absl::StatusOr<SealingKey> LoadOrCreate(const std::string& path);

  SealingKey(const SealingKey&) = default;
  SealingKey& operator=(const SealingKey&) = default;
  ~SealingKey();

  // `context` says whose secret it is: a sealed text opens in the same context alone, so that rows
  // cannot be exchanged.
  std::string Seal(std::string_view secret, std::string_view context) const;

  // Errors: kDataLoss when it was sealed with another key, for another context, or changed.
  absl::StatusOr<std::string> Open(std::string_view sealed, std::string_view context) const;

 private:
  explicit SealingKey(std::string key) : key_(std::move(key)) {}

  std::string key_;
};

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_SEALING_KEY_H_
