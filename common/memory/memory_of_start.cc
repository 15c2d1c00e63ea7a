#include "common/memory/memory_of_start.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

// Of jemalloc, which release programs are linked with; absent in others.
extern "C" int mallctl(const char* name, void* old_value, size_t* old_size, void* new_value,
                       size_t new_size) __attribute__((weak));

namespace datamigrate::memory {
namespace {

// Of all arenas: MALLCTL_ARENAS_ALL of jemalloc's manual.
constexpr char kPurge[] = "arena.4096.purge";

void ReturnFreedMemory() {
  if (mallctl != nullptr) {
    mallctl(kPurge, nullptr, nullptr, nullptr, 0);
  } else {
    malloc_trim(0);
  }
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

void ReturnMemoryOfStart() {
  ReturnFreedMemory();
  dl_iterate_phdr(UnmapReadPages, nullptr);
}

}  // namespace datamigrate::memory
