#include "common/crypto/signing_key.h"

#include <sodium.h>

#include "common/crypto/digest.h"
#include "common/crypto/random.h"

namespace datamigrate::crypto {
namespace {

unsigned char* Raw(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* Raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

SigningKey::~SigningKey() {
  if (!secret_key_.empty()) sodium_memzero(secret_key_.data(), secret_key_.size());
}

SigningKey SigningKey::Generate() {
  return *FromSeed(RandomBytes(crypto_sign_SEEDBYTES));
}

absl::StatusOr<SigningKey> SigningKey::FromSeed(std::string_view seed) {
  if (seed.size() != crypto_sign_SEEDBYTES) {
    return absl::InvalidArgumentError("an Ed25519 seed has 32 bytes");
  }
  SigningKey key;
  key.secret_key_.resize(crypto_sign_SECRETKEYBYTES);
  key.public_key_.resize(crypto_sign_PUBLICKEYBYTES);
  crypto_sign_seed_keypair(Raw(key.public_key_), Raw(key.secret_key_), Raw(seed));
  key.id_ = Sha256Hex(key.public_key_).substr(0, 16);
  return key;
}

std::string SigningKey::Sign(std::string_view message) const {
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(Raw(signature), nullptr, Raw(message), message.size(),
                       Raw(std::string_view(secret_key_)));
  return signature;
}

bool SigningKey::Verify(std::string_view message, std::string_view signature) const {
  return signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(Raw(signature), Raw(message), message.size(),
                                     Raw(std::string_view(public_key_))) == 0;
}

}  // namespace datamigrate::crypto
