// How the allocator of this process keeps what is freed.
#ifndef DATAMIGRATE_COMMON_MEMORY_ALLOCATOR_H_
#define DATAMIGRATE_COMMON_MEMORY_ALLOCATOR_H_

namespace datamigrate::memory {

// Has threads allocate from as many arenas as this process may use processors. glibc makes eight
// times as many, each of which keeps what its threads have freed; no more are used at a time than
// threads run. Comes before the first other thread.
void KeepAnArenaForEachProcessor();

// Gives freed memory back to the system: a service needs three times as much while it starts as
// afterwards. Takes about a millisecond. Safe to call from any thread.
void ReturnFreedMemory();

}  // namespace datamigrate::memory

#endif  // DATAMIGRATE_COMMON_MEMORY_ALLOCATOR_H_
