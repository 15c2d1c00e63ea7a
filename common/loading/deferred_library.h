// Shared libraries that are loaded when they are first needed: what a service seldom uses takes
// none of its memory before.
//
// The functions keep their names, so that their callers read as if the library were linked:
//
//   inline constinit DeferredFunction<decltype(::curl_easy_init)> curl_easy_init("curl_easy_init");
//
// in the callers' namespace hides the function of the library's header. Whoever begins to use the
// library calls Load() and hands its error on; after that the functions are called as ever.
#ifndef DATAMIGRATE_COMMON_LOADING_DEFERRED_LIBRARY_H_
#define DATAMIGRATE_COMMON_LOADING_DEFERRED_LIBRARY_H_

#include <atomic>
#include <mutex>
#include <span>

#include "absl/status/status.h"

namespace datamigrate::loading {

// A function's name, and where it is once its library is loaded.
class DeferredSymbol {
 public:
  constexpr explicit DeferredSymbol(const char* name) : name_(name) {}
  DeferredSymbol(const DeferredSymbol&) = delete;
  DeferredSymbol& operator=(const DeferredSymbol&) = delete;

  const char* name() const { return name_; }
  void Bind(void* address) { address_ = address; }

 protected:
  // Stops the process where the library was not loaded.
  void* address() const {
    if (address_ == nullptr) StopUnloaded();
    return address_;
  }

 private:
  [[noreturn]] void StopUnloaded() const;

  const char* const name_;
  void* address_ = nullptr;  // Written before Load() returns, read after.
};

// What is called like the function `Signature`. As thread safe as it, once its library is loaded.
template <typename Signature>
class DeferredFunction;

template <typename Result, typename... Arguments>
class DeferredFunction<Result(Arguments...)> : public DeferredSymbol {
 public:
  using DeferredSymbol::DeferredSymbol;

  Result operator()(Arguments... arguments) const {
    return reinterpret_cast<Result (*)(Arguments...)>(address())(arguments...);
  }
};

template <typename Result, typename... Arguments>
class DeferredFunction<Result(Arguments..., ...)> : public DeferredSymbol {
 public:
  using DeferredSymbol::DeferredSymbol;

  template <typename... More>
  Result operator()(Arguments... arguments, More... more) const {
    return reinterpret_cast<Result (*)(Arguments..., ...)>(address())(arguments..., more...);
  }
};

// Never unloaded. Safe to call from any thread.
class DeferredLibrary {
 public:
  // `file`: a path, or a name that the system's loader finds. `remedy`: what to do where it cannot
  // be loaded, a sentence. All must outlive the library.
  constexpr DeferredLibrary(const char* file, const char* remedy,
                            std::span<DeferredSymbol* const> symbols)
      : file_(file), remedy_(remedy), symbols_(symbols) {}

  // Loads it unless that was done. kFailedPrecondition where the file is not there, is no library
  // for this machine, or lacks one of the functions; the next call tries again.
  absl::Status Load();

 private:
  absl::Status Open();

  const char* const file_;
  const char* const remedy_;
  const std::span<DeferredSymbol* const> symbols_;
  std::atomic<bool> is_loaded_ = false;
  std::mutex mutex_;  // One thread loads, the others wait.
};

}  // namespace datamigrate::loading

#endif  // DATAMIGRATE_COMMON_LOADING_DEFERRED_LIBRARY_H_
