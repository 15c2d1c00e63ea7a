// Second factors in PostgreSQL. Thread safe; every call blocks.
#ifndef DATAMIGRATE_GATEWAY_STORE_SECOND_FACTOR_STORE_H_
#define DATAMIGRATE_GATEWAY_STORE_SECOND_FACTOR_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/pg/pool.h"

namespace datamigrate::gateway {

struct StoredTotp {
  std::string sealed_secret;
  bool is_confirmed = false;
};

class SecondFactorStore {
 public:
  // `pool` must outlive the store.
  explicit SecondFactorStore(pg::Pool* pool) : pool_(pool) {}

  // Nothing for a user without one.
  absl::StatusOr<std::optional<StoredTotp>> Find(const std::string& user_id);

  // Keeps a secret that is not asked for yet. Errors: kFailedPrecondition when one is.
  absl::Status Begin(const std::string& user_id, const std::string& sealed_secret);

  // From now on the secret is asked for; `step` is spent, `codes` are kept as hashes.
  absl::Status Confirm(const std::string& user_id, int64_t step,
                       const std::vector<std::string>& codes);

  // Spends a step; false when it, or a later one, is spent already.
  absl::StatusOr<bool> SpendStep(const std::string& user_id, int64_t step);

  // Spends a recovery code; false when there is no such code.
  absl::StatusOr<bool> SpendCode(const std::string& user_id, const std::string& code);

  absl::Status Remove(const std::string& user_id);

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_STORE_SECOND_FACTOR_STORE_H_
