// How much memory this process keeps.
#ifndef DATAMIGRATE_COMMON_MEMORY_ALLOCATOR_H_
#define DATAMIGRATE_COMMON_MEMORY_ALLOCATOR_H_

namespace datamigrate::memory {

// Has threads allocate from as many arenas as this process may use processors. glibc makes eight
// times as many, each of which keeps what its threads have freed; no more are used at a time than
// threads run. Comes before the first other thread.
void KeepAnArenaForEachProcessor();

// Gives back what only the start of a service needed: freed memory, of which that is three times
// what it keeps, and the pages of the program and of its libraries. Those that are needed again
// come back from the page cache one by one. Takes about a millisecond. Safe to call from any
// thread.
void ReturnMemoryOfStart();

}  // namespace datamigrate::memory

#endif  // DATAMIGRATE_COMMON_MEMORY_ALLOCATOR_H_
