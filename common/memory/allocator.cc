#include "common/memory/allocator.h"

#include <link.h>
#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace datamigrate::memory {
namespace {

// Those of the machine that this process may run on, which std::thread::hardware_concurrency does
// not tell. One where there are more than the system call's set holds.
int UsableProcessors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

// Unmaps the pages of what is only read of a program or library: they are as in the file. Those of
// segments that may be written are not, even where they are protected after relocation.
int UnmapReadPages(dl_phdr_info* object, size_t, void*) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    // What the system does not unmap stays, which is as good.
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void KeepAnArenaForEachProcessor() {
  mallopt(M_ARENA_MAX, UsableProcessors());
}

void ReturnMemoryOfStart() {
  malloc_trim(0);
  dl_iterate_phdr(UnmapReadPages, nullptr);
}

}  // namespace datamigrate::memory
