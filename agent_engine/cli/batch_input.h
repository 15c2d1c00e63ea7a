// Reads NUL-separated batches, as `--stdin-batches` takes them.
#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace datamigrate::cli {

// Calls `batch` for each part between NUL bytes, the last one included, while it reads: memory is bounded by the longest
// batch. Input without a byte has no batch. Errors: kDataLoss when reading fails.
absl::Status ForEachBatch(std::FILE* input, const std::function<void(const std::string&)>& batch);

}  // namespace datamigrate::cli
