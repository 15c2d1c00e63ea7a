// Where the work of calls is put.
#pragma once

#include <functional>

namespace datamigrate::service {

// Thread-safe.
class WorkQueue {
 public:
  virtual ~WorkQueue() = default;
  // Runs `work` on a thread of its own, soon; false when there is no room for it: the caller
  // answers that it is overloaded.
  [[nodiscard]] virtual bool Submit(std::function<void()> work) = 0;
};

}  // namespace datamigrate::service
