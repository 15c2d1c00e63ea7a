// What grades of models' answers come to.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_MODEL_GRADES_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_MODEL_GRADES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/pg/pool.h"

namespace datamigrate::store {

// Of one code of diagnostics, tier and model. An object that is refused for two codes counts for
// both.
struct ModelGradeSum {
  std::string code = {};
  std::string tier = {};
  std::string model = {};
  int64_t answers = 0;
  int64_t proven = 0;    // they return the source's rows
  int64_t accepted = 0;  // they stand in a project
  int64_t wrong = 0;     // refused, do not run or return other rows
  int64_t cost_microdollars = 0;
};

// Thread safe.
class ModelGrades {
 public:
  // `pool` must outlive this.
  explicit ModelGrades(pg::Pool* pool) : pool_(pool) {}

  // By code, tier and model; of one migration, or of all where it is empty. kInvalidArgument for a
  // migration that is no UUID.
  absl::StatusOr<std::vector<ModelGradeSum>> Sums(std::string_view tenant,
                                                  std::string_view migration, absl::Time from,
                                                  absl::Time before);

 private:
  pg::Pool* const pool_;
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_MODEL_GRADES_H_
