// The same work over a list, a bounded number at a time.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_PARALLEL_FOR_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_PARALLEL_FOR_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/workflow/cancellation.h"

namespace datamigrate::workflow {

// Calls work(0) ... work(count - 1) on at most `limit` (>= 1) threads, each index once, and waits
// for all that began. After the first error, or when `token` is cancelled, no further index begins.
// Returns the error of the lowest failed index, else the token's reason if something was left out.
// An exception that leaves `work` is thrown here, after the others have ended.
absl::Status ParallelForIndex(std::size_t count, std::size_t limit, const CancellationToken& token,
                              const std::function<absl::Status(std::size_t)>& work);

// Maps `function` (item → StatusOr<R>) over `items`; results keep the order of the items.
template <typename T, typename F>
auto ParallelFor(const std::vector<T>& items, std::size_t limit, const CancellationToken& token,
                 F function)
    -> absl::StatusOr<std::vector<typename std::invoke_result_t<F, const T&>::value_type>> {
  using R = typename std::invoke_result_t<F, const T&>::value_type;
  std::vector<std::optional<R>> results(items.size());
  absl::Status status = ParallelForIndex(items.size(), limit, token, [&](std::size_t index) {
    absl::StatusOr<R> result = function(items[index]);
    if (!result.ok()) return result.status();
    results[index].emplace(*std::move(result));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  std::vector<R> ordered;
  ordered.reserve(results.size());
  for (std::optional<R>& result : results) ordered.push_back(*std::move(result));
  return ordered;
}

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_PARALLEL_FOR_H_
