// What a service holds only because it has started.
#ifndef DATAMIGRATE_COMMON_MEMORY_MEMORY_OF_START_H_
#define DATAMIGRATE_COMMON_MEMORY_MEMORY_OF_START_H_

namespace datamigrate::memory {

// Gives back what only the start of a service needed: freed memory, of which that is three times
// what it keeps, and the pages of the program and of its libraries. Those that are needed again
// come back from the page cache one by one. Takes about a millisecond. Safe to call from any
// thread.
void ReturnMemoryOfStart();

}  // namespace datamigrate::memory

#endif  // DATAMIGRATE_COMMON_MEMORY_MEMORY_OF_START_H_
