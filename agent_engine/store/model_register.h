// Models that organizations have registered, and their keys.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_MODEL_REGISTER_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_MODEL_REGISTER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/routing/routes.h"
#include "common/crypto/sealing_key.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

// Thread safe.
class ModelRegister {
 public:
  // `pool` must outlive it.
  ModelRegister(pg::Pool* pool, crypto::SealingKey sealing) : pool_(pool), sealing_(sealing) {}

  // All of them, of every organization, with is_custom, tenant and the reference of their key.
  absl::StatusOr<std::vector<routing::Model>> All();

  // Adds the model of `model.tenant`, or puts it in the place of the one with its name; its key
  // stays when `key` is "" and the model still names one.
  absl::Status Put(const routing::Model& model, std::string_view key);

  // Errors: kNotFound.
  absl::Status Remove(std::string_view tenant, std::string_view name);

  // The key that "sealed:REFERENCE" stands for. Errors: kNotFound, kDataLoss.
  absl::StatusOr<std::string> FindKey(std::string_view reference);

  // What `Deployment::key` says for a key of the register.
  static std::string KeyReference(std::string_view tenant, std::string_view name);

 private:
  pg::Pool* const pool_;
  const crypto::SealingKey sealing_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_MODEL_REGISTER_H_
