#include "common/crypto/sealing_key.h"

#include <fmt/format.h>
#include <sodium.h>

#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/crypto/encoding.h"
#include "common/crypto/key_file.h"
#include "common/crypto/random.h"

namespace datamigrate::crypto {
namespace {

constexpr std::string_view kPrefix = "sealing-key:";
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* Raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

absl::StatusOr<SealingKey> SealingKey::LoadOrCreate(const std::string& path) {
  absl::StatusOr<std::string> text = ReadKeyFile(path);
  if (absl::IsNotFound(text.status())) {
    std::string bytes = RandomBytes(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    std::string line = fmt::format("{}{}\n", kPrefix, Base64UrlEncode(bytes));
    const absl::Status created = CreateKeyFile(path, line);
    Wipe(bytes);
    Wipe(line);
    if (!created.ok()) return created;
    text = ReadKeyFile(path);
  }
  if (!text.ok()) return text.status();
  absl::Cleanup wipe = [&] { Wipe(*text); };
  std::string_view encoded = *text;
  if (encoded.ends_with('\n')) encoded.remove_suffix(1);
  std::optional<std::string> key;
  if (encoded.starts_with(kPrefix)) key = Base64UrlDecode(encoded.substr(kPrefix.size()));
  if (!key.has_value() || key->size() != crypto_aead_xchacha20poly1305_ietf_KEYBYTES) {
    return absl::DataLossError(fmt::format("the file {} does not hold a sealing key", path));
  }
  return SealingKey(*std::move(key));
}

SealingKey::~SealingKey() {
  Wipe(key_);
}

std::string SealingKey::Seal(std::string_view secret, std::string_view context) const {
  std::string sealed = RandomBytes(kNonceBytes);
  sealed.resize(kNonceBytes + secret.size() + kTagBytes);
  auto* out = reinterpret_cast<unsigned char*>(sealed.data());
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + kNonceBytes, nullptr, Raw(secret), secret.size(),
                                             Raw(context), context.size(), nullptr, out, Raw(key_));
  return sealed;
}

absl::StatusOr<std::string> SealingKey::Open(std::string_view sealed,
                                             std::string_view context) const {
  const absl::Status refused =
      absl::DataLossError("a sealed secret does not open with the present key");
  if (sealed.size() < kNonceBytes + kTagBytes) return refused;
  std::string secret(sealed.size() - kNonceBytes - kTagBytes, '\0');
  const std::string_view body = sealed.substr(kNonceBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          reinterpret_cast<unsigned char*>(secret.data()), nullptr, nullptr, Raw(body), body.size(),
          Raw(context), context.size(), Raw(sealed), Raw(key_)) != 0) {
    return refused;
  }
  return secret;
}

}  // namespace datamigrate::crypto
