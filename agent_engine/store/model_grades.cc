#include "agent_engine/store/model_grades.h"

#include "agent_engine/store/migration_store.h"
#include "common/pg/transaction.h"

namespace datamigrate::store {
namespace {

const pg::RetryPolicy kRepeatable{.retry_unknown_outcome = true};

constexpr pg::Statement kSums = {
    "model_grade_sums",
    "SELECT code, tier, model, count(*) AS answers,"
    "   count(*) FILTER (WHERE verdict = 'proven') AS proven,"
    "   count(*) FILTER (WHERE is_accepted) AS accepted,"
    "   count(*) FILTER (WHERE verdict IN ('refused', 'does_not_run', 'differs')) AS wrong,"
    "   sum(cost_microdollars)::bigint AS cost_microdollars"
    " FROM model_grades CROSS JOIN LATERAL unnest(codes) AS code"
    " WHERE tenant = $1 AND graded_at >= $2 AND graded_at < $3"
    "   AND ($4 = '' OR migration_id = nullif($4, '')::uuid)"
    " GROUP BY code, tier, model ORDER BY code, tier, model"};

}  // namespace

absl::StatusOr<std::vector<ModelGradeSum>> ModelGrades::Sums(std::string_view tenant,
                                                             std::string_view migration,
                                                             absl::Time from, absl::Time before) {
  if (!migration.empty()) {
    if (absl::Status status = CheckId(migration); !status.ok()) return status;
  }
  const auto rows = pg::Execute(*pool_, kRepeatable, kSums, {tenant, from, before, migration});
  if (!rows.ok()) return rows.status();
  std::vector<ModelGradeSum> sums;
  for (const pg::Row row : *rows) {
    sums.push_back({row.Get<std::string>("code"), row.Get<std::string>("tier"),
                    row.Get<std::string>("model"), row.Get<int64_t>("answers"),
                    row.Get<int64_t>("proven"), row.Get<int64_t>("accepted"),
                    row.Get<int64_t>("wrong"), row.Get<int64_t>("cost_microdollars")});
  }
  return sums;
}

}  // namespace datamigrate::store
