// The public halves of signing keys, as JSON Web Keys (RFC 7517, RFC 8037 section 2).
#ifndef DATAMIGRATE_COMMON_CRYPTO_PUBLISHED_KEYS_H_
#define DATAMIGRATE_COMMON_CRYPTO_PUBLISHED_KEYS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/crypto/signed_token.h"
#include "common/crypto/token_keys.h"

namespace datamigrate::crypto {

// The document {"keys": [...]} of the EdDSA keys among `keys`. Shared secrets are left out.
std::string PublishKeys(const TokenKeys& keys);

// What such a document holds. Copyable. Const members are thread safe.
class PublishedKeys {
 public:
  // Takes the Ed25519 keys that have a name and are for signatures, at most 64; others are left
  // out. Errors: kInvalidArgument for what is no set of keys, or has no key of that kind.
  static absl::StatusOr<PublishedKeys> Parse(std::string_view document);

  // The key named `id`, compared as text and used for nothing else. It points into this object.
  std::optional<Verifier> Find(std::string_view id) const;

  size_t size() const { return keys_.size(); }

 private:
  struct Key {
    std::string id;
    std::string public_key;  // 32 bytes
  };
  std::vector<Key> keys_;
};

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_PUBLISHED_KEYS_H_
