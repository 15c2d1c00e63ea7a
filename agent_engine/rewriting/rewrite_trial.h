// What an engine says of a rewrite: it is translated with the rest of the project, run in an
// embedded DuckDB over the loaded rows, and compared with what the source returned.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/dbt/project_builder.h"
#include "agent_engine/verify/captured_results.h"

namespace datamigrate::rewriting {

enum class Outcome : uint8_t {
  kNotTranslated,  // The rules refuse it, too.
  kDoesNotRun,
  kDiffers,   // It returns other rows than the source.
  kUnproven,  // It runs; there is no result of the source.
  kProven,    // It returns the source's rows.
};

struct Trial {
  Outcome outcome = Outcome::kNotTranslated;
  std::string finding;  // What was seen: "TP0101 …", "12 of 830 rows differ …", "its 830 rows are
                        // the source's".
};

struct TrialPlace {
  std::filesystem::path raw_file{};                  // As in verify::ProjectRunOptions.
  const verify::CapturedResults* results = nullptr;  // May be null.
  verify::Tolerance tolerance{};                     // Of `results`.
  int threads = 1;
  std::function<bool()> is_cancelled{};  // May be empty.
};

// Tries the rewrite of `object` that `options.rewrites` holds; of the project, only what it reads
// is run besides. Models are tried on DuckDB whatever the migration's target, as it is the engine
// at hand. Errors: kCancelled; kUnavailable for the file.
absl::StatusOr<Trial> TryRewrite(const catalog::Catalog& catalog, dbt::BuildOptions options,
                                 const catalog::ObjectName& object, const TrialPlace& place);

}  // namespace datamigrate::rewriting
