// Passwords as argon2id hashes. Each call takes milliseconds and `memory_bytes` of memory, so it
// belongs on a bounded pool of threads, never on an I/O thread.
#ifndef DATAMIGRATE_COMMON_CRYPTO_PASSWORD_HASH_H_
#define DATAMIGRATE_COMMON_CRYPTO_PASSWORD_HASH_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace datamigrate::crypto {

// OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB, 2 passes.
struct PasswordCost {
  uint64_t passes = 2;
  size_t memory_bytes = 19 * 1024 * 1024;
};

// A self-describing hash ("$argon2id$v=19$m=...") with its own salt.
// Errors: kResourceExhausted when the memory is not to be had.
absl::StatusOr<std::string> HashPassword(const std::string& password, const PasswordCost& cost);

// True when `password` gives `hash`. False too for text that is not a hash.
bool PasswordMatches(const std::string& password, const std::string& hash);

// True when `hash` was made with another cost, so that it should be made again at the next login.
bool NeedsRehash(const std::string& hash, const PasswordCost& cost);

}  // namespace datamigrate::crypto

#endif  // DATAMIGRATE_COMMON_CRYPTO_PASSWORD_HASH_H_
