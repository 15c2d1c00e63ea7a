#include "common/loading/deferred_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace datamigrate::loading {
namespace {

// The loader's own words on its last failure.
std::string LoaderError() {
  const char* error = dlerror();
  return error == nullptr ? "unknown error" : error;
}

}  // namespace

void DeferredSymbol::StopUnloaded() const {
  std::fprintf(stderr, "%s was called before its library was loaded\n", name_);
  std::abort();
}

absl::Status DeferredLibrary::Load() {
  if (is_loaded_.load(std::memory_order_acquire)) return absl::OkStatus();
  const std::lock_guard lock(mutex_);
  if (is_loaded_.load(std::memory_order_relaxed)) return absl::OkStatus();
  absl::Status opened = Open();
  if (opened.ok()) is_loaded_.store(true, std::memory_order_release);
  return opened;
}

absl::Status DeferredLibrary::Open() {
  void* const library = dlopen(file_, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) {
    return absl::FailedPreconditionError(
        fmt::format("cannot load the library {}: {}. {}", file_, LoaderError(), remedy_));
  }
  for (DeferredSymbol* symbol : symbols_) {
    void* const address = dlsym(library, symbol->name());
    if (address == nullptr) {
      return absl::FailedPreconditionError(
          fmt::format("the library {} has no function {}. {}", file_, symbol->name(), remedy_));
    }
    symbol->Bind(address);
  }
  return absl::OkStatus();
}

}  // namespace datamigrate::loading
