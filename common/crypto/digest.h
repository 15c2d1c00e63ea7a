// SHA-256 of bytes.
#ifndef DATAMIGRATE_COMMON_CRYPTO_DIGEST_H_
#define DATAMIGRATE_COMMON_CRYPTO_DIGEST_H_

#include <sodium/crypto_hash_sha256.h>

#include <string>
#include <string_view>

namespace datamigrate::crypto {

// 32 bytes.
std::string Sha256(std::string_view bytes);

// 64 hex digits.
std::string Sha256Hex(std::string_view bytes);

// Of bytes that come in pieces. One thread at a time.
class Sha256Stream {
 public:
  Sha256Stream();
  void Add(std::string_view bytes);
  // Of everything added so far, as 64 hex digits.
  std::string Hex() const;

 private:
  crypto_hash_sha256_state state_;
};

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_DIGEST_H_
