#include "common/crypto/signing_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/crypto/random.h"

namespace datamigrate::crypto {
namespace {

constexpr size_t kLongestKeyFile = 256;
constexpr std::string_view kFilePrefix = "ed25519-seed:";

unsigned char* Raw(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* Raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

absl::Status FileError(std::string_view action, const std::string& path) {
  return absl::UnavailableError(
      fmt::format("cannot {} the signing key {}: {}", action, path, std::strerror(errno)));
}

// Writes the whole text, or says why not.
absl::Status WriteAll(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("write", path);
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(fd) != 0) return FileError("write", path);
  return absl::OkStatus();
}

// Puts a new key at `path` unless another process was first. The file appears whole or not at all.
absl::Status CreateFile(const std::string& path) {
  const std::string draft = path + "." + RandomUuid();
  const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return FileError("create", path);
  absl::Cleanup remove_draft = [&] { unlink(draft.c_str()); };
  std::string seed = RandomBytes(crypto_sign_SEEDBYTES);
  std::string text = fmt::format("{}{}\n", kFilePrefix, Base64UrlEncode(seed));
  const absl::Status written = WriteAll(fd, text, path);
  sodium_memzero(seed.data(), seed.size());
  sodium_memzero(text.data(), text.size());
  close(fd);
  if (!written.ok()) return written;
  if (link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) return FileError("create", path);
  return absl::OkStatus();
}

absl::Status CheckPermissions(int fd, const std::string& path) {
  struct stat attributes {};
  if (fstat(fd, &attributes) != 0) return FileError("read", path);
  if (!S_ISREG(attributes.st_mode)) {
    return absl::DataLossError(fmt::format("the signing key {} is not a plain file", path));
  }
  if ((attributes.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(
        fmt::format("the signing key {} can be read by others; run: chmod 600 {}", path, path));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadSeed(int fd, const std::string& path) {
  std::string text(kLongestKeyFile, '\0');
  const ssize_t length = read(fd, text.data(), text.size());
  if (length < 0) return FileError("read", path);
  absl::Cleanup wipe = [&] { sodium_memzero(text.data(), text.size()); };
  std::string_view encoded(text.data(), static_cast<size_t>(length));
  if (encoded.ends_with('\n')) encoded.remove_suffix(1);
  if (!encoded.starts_with(kFilePrefix)) {
    return absl::DataLossError(fmt::format("the file {} does not hold a signing key", path));
  }
  encoded.remove_prefix(kFilePrefix.size());
  std::optional<std::string> seed = Base64UrlDecode(encoded);
  if (!seed.has_value() || seed->size() != crypto_sign_SEEDBYTES) {
    return absl::DataLossError(fmt::format("the signing key {} is damaged", path));
  }
  return *std::move(seed);
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

absl::StatusOr<SigningKey> SigningKey::LoadOrCreate(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    if (absl::Status created = CreateFile(path); !created.ok()) return created;
    fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (fd < 0) return FileError("read", path);
  absl::Cleanup close_file = [fd] { close(fd); };
  if (absl::Status safe = CheckPermissions(fd, path); !safe.ok()) return safe;
  absl::StatusOr<std::string> seed = ReadSeed(fd, path);
  if (!seed.ok()) return seed.status();
  absl::Cleanup wipe = [&] { sodium_memzero(seed->data(), seed->size()); };
  return FromSeed(*seed);
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
