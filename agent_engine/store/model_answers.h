// Answers of language models in PostgreSQL, shared by all engines.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_MODEL_ANSWERS_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_MODEL_ANSWERS_H_

#include "agent_engine/routing/answer_cache.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

// Thread safe.
class ModelAnswers : public routing::AnswerCache {
 public:
  // `pool` must outlive it.
  explicit ModelAnswers(pg::Pool* pool) : pool_(pool) {}

  absl::StatusOr<std::optional<std::string>> Find(std::string_view tenant, std::string_view key,
                                                  absl::Time now) override;
  absl::Status Store(std::string_view tenant, std::string_view key, std::string_view value,
                     absl::Time now, absl::Time expires) override;

  // Takes away at most `most` answers that have expired; how many there were.
  absl::StatusOr<int64_t> DropExpired(absl::Time now, int most = 1000);

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_MODEL_ANSWERS_H_
