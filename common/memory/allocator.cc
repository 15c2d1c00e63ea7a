#include "common/memory/allocator.h"

#include <malloc.h>
#include <sched.h>

#include <algorithm>

namespace datamigrate::memory {
namespace {

// Those of the machine that this process may run on, which std::thread::hardware_concurrency does
// not tell. One where there are more than the system call's set holds.
int UsableProcessors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace

void KeepAnArenaForEachProcessor() {
  mallopt(M_ARENA_MAX, UsableProcessors());
}

void ReturnFreedMemory() {
  malloc_trim(0);
}

}  // namespace datamigrate::memory
