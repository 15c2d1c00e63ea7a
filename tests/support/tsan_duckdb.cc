// Leaves DuckDB's own threads to themselves: DuckDB is built without the thread sanitizer, hands
// its threads work by queues without locks, and runs nothing of ours on them. What they do in the
// standard library would be seen otherwise, without what orders it. Part of every program of the
// preset "tsan" and of no other; its definition goes before the sanitizer's, which it calls.
#include <dlfcn.h>
#include <pthread.h>

#include <memory>
#include <string_view>

// Of the sanitizer's run-time library, in none of its headers.
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);
extern "C" void AnnotateIgnoreWritesBegin(const char* file, int line);
extern "C" void AnnotateIgnoreWritesEnd(const char* file, int line);

namespace {

using Start = void* (*)(void*);

struct Work {
  Start start;
  void* argument;
};

bool IsOf(const void* address, std::string_view library) {
  Dl_info found;
  return dladdr(address, &found) != 0 && found.dli_fname != nullptr &&
         std::string_view(found.dli_fname).find(library) != std::string_view::npos;
}

// A std::thread starts in the standard library, with an object of its maker's class.
bool IsStartedByDuckDb(Start start, void* argument) {
  return IsOf(reinterpret_cast<void*>(start), "libstdc++") &&
         IsOf(*static_cast<void**>(argument), "libduckdb");
}

void* RunUnseen(void* argument) {
  const std::unique_ptr<Work> work(static_cast<Work*>(argument));
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  void* const result = work->start(work->argument);
  AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
  AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  return result;
}

}  // namespace

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, Start start,
                              void* argument) {
  static auto* const real =
      reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
  if (!IsStartedByDuckDb(start, argument)) return real(thread, attributes, start, argument);
  auto work = std::make_unique<Work>(Work{start, argument});
  const int error = real(thread, attributes, RunUnseen, work.get());
  if (error == 0) static_cast<void>(work.release());
  return error;
}
