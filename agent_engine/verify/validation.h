// The five checks that make a migration's score, each counted from what was measured.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/dbt/project_model.h"
#include "agent_engine/verify/project_run.h"

namespace datamigrate::verify {

// What each check counts, and its share of the score.
struct CheckKind {
  std::string_view name;
  double weight;
  std::string_view counts;
};

inline constexpr auto kCheckKinds = std::to_array<CheckKind>({
    {"schema", 0.20,
     "tables and columns of the source that the target has under the expected name"},
    {"type_mapping", 0.20, "columns of tables whose type in the target is the mapped one"},
    {"referential_integrity", 0.15, "foreign keys without orphans that the source did not have"},
    {"execution", 0.30, "models that plan and run, of all models, refused ones included"},
    {"test_coverage", 0.15, "keys, NOT NULLs, foreign keys and checks with a test that passes"},
});

// A migration with this score or more is approved.
inline constexpr double kApprovalScore = 95.0;

struct Check {
  std::string name;
  int64_t passed = 0;
  int64_t total = 0;
  double weight = 0;
  std::vector<std::string> findings;  // What did not pass, at most kMaxFindings of them.

  // 1 where there is nothing to check.
  double share() const {
    return total == 0 ? 1.0 : static_cast<double>(passed) / static_cast<double>(total);
  }
};

inline constexpr size_t kMaxFindings = 200;

struct Validation {
  std::vector<Check> checks;  // The five, in the order of kCheckKinds.
  double score = 0;           // 0 to 100.
  bool is_approved = false;
};

// Counts the checks over a run of `project`, which was built from `catalog`. `faithful_tables` are
// the tables, "schema.name", whose rows were found equal to the source's (data/table_comparison.h):
// orphans between two of them were in the source already.
Validation Validate(const catalog::Catalog& catalog, const dbt::Project& project,
                    const ProjectRun& run,
                    const absl::flat_hash_set<std::string>& faithful_tables = {});

}  // namespace datamigrate::verify
