#include "common/crypto/digest.h"

#include <sodium.h>

#include "common/crypto/encoding.h"

namespace datamigrate::crypto {

std::string Sha256(std::string_view bytes) {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return hash;
}

std::string Sha256Hex(std::string_view bytes) {
  return HexEncode(Sha256(bytes));
}

Sha256Stream::Sha256Stream() {
  crypto_hash_sha256_init(&state_);
}

void Sha256Stream::Add(std::string_view bytes) {
  crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()),
                            bytes.size());
}

std::string Sha256Stream::Hex() const {
  crypto_hash_sha256_state state = state_;
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256_final(&state, reinterpret_cast<unsigned char*>(hash.data()));
  return HexEncode(hash);
}

}  // namespace datamigrate::crypto
