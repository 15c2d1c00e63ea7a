// Tells the thread sanitizer what Debian's abseil, which is built without it, does: who locks a
// mutex comes after who unlocked it before, who was notified after who notified, and who destroys
// what statuses share after all who held it. Part of every program of the preset "tsan" and of no
// other; its definitions go before the library's, for gRPC as well.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/base/options.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

// Of the sanitizer's run-time library, in none of its headers.
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);

namespace absl {
ABSL_NAMESPACE_BEGIN
namespace {

#define DATAMIGRATE_TEXT_OF(name) #name
#define DATAMIGRATE_NAME_OF(name) DATAMIGRATE_TEXT_OF(name)

// The library's function of this mangled name, without what all begin with ("_ZN", or "_ZNK" for a
// const one) and the namespaces.
template <typename Function>
Function* Real(const char* begin, const char* name) {
  const std::string space = DATAMIGRATE_NAME_OF(ABSL_OPTION_INLINE_NAMESPACE_NAME);
  const std::string symbol = begin + ("4absl" + std::to_string(space.size())) + space + name;
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, symbol.c_str()));
}

// While the library works: it calls conditions, whose reads it orders as the sanitizer cannot see.
class Inside {
 public:
  Inside() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~Inside() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

class Taking {
 public:
  explicit Taking(const void* taken) : taken_(const_cast<void*>(taken)) {}
  ~Taking() { __tsan_acquire(taken_); }

 private:
  void* const taken_;
};

// Gives it up for a while.
class Retaking : public Taking {
 public:
  explicit Retaking(void* taken) : Taking(taken) { __tsan_release(taken); }
};

}  // namespace

void Mutex::Lock() {
  static auto* const real = Real<void(Mutex*)>("_ZN", "5Mutex4LockEv");
  const Taking taking(this);
  real(this);
}

bool Mutex::TryLock() {
  static auto* const real = Real<bool(Mutex*)>("_ZN", "5Mutex7TryLockEv");
  const Taking taking(this);
  return real(this);
}

void Mutex::Unlock() {
  static auto* const real = Real<void(Mutex*)>("_ZN", "5Mutex6UnlockEv");
  __tsan_release(this);
  const Inside inside;
  real(this);
}

void Mutex::ReaderLock() {
  static auto* const real = Real<void(Mutex*)>("_ZN", "5Mutex10ReaderLockEv");
  const Taking taking(this);
  real(this);
}

bool Mutex::ReaderTryLock() {
  static auto* const real = Real<bool(Mutex*)>("_ZN", "5Mutex13ReaderTryLockEv");
  const Taking taking(this);
  return real(this);
}

void Mutex::ReaderUnlock() {
  static auto* const real = Real<void(Mutex*)>("_ZN", "5Mutex12ReaderUnlockEv");
  __tsan_release(this);
  const Inside inside;
  real(this);
}

void Mutex::Await(const Condition& condition) {
  static auto* const real =
      Real<void(Mutex*, const Condition&)>("_ZN", "5Mutex5AwaitERKNS0_9ConditionE");
  const Retaking retaking(this);
  const Inside inside;
  real(this, condition);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const real = Real<bool(Mutex*, const Condition&, Duration)>(
      "_ZN", "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  const Retaking retaking(this);
  const Inside inside;
  return real(this, condition, timeout);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static auto* const real = Real<bool(Mutex*, const Condition&, Time)>(
      "_ZN", "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  const Retaking retaking(this);
  const Inside inside;
  return real(this, condition, deadline);
}

void Mutex::LockWhen(const Condition& condition) {
  static auto* const real =
      Real<void(Mutex*, const Condition&)>("_ZN", "5Mutex8LockWhenERKNS0_9ConditionE");
  const Taking taking(this);
  const Inside inside;
  real(this, condition);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static auto* const real = Real<bool(CondVar*, Mutex*, Duration)>(
      "_ZN", "7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  const Retaking retaking(mutex);
  const Inside inside;
  return real(this, mutex, timeout);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static auto* const real = Real<bool(CondVar*, Mutex*, Time)>(
      "_ZN", "7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  const Retaking retaking(mutex);
  const Inside inside;
  return real(this, mutex, deadline);
}

void CondVar::Wait(Mutex* mutex) {
  static auto* const real = Real<void(CondVar*, Mutex*)>("_ZN", "7CondVar4WaitEPNS0_5MutexE");
  const Retaking retaking(mutex);
  const Inside inside;
  real(this, mutex);
}

void Notification::Notify() {
  static auto* const real = Real<void(Notification*)>("_ZN", "12Notification6NotifyEv");
  __tsan_release(this);
  real(this);
}

void Notification::WaitForNotification() const {
  static auto* const real =
      Real<void(const Notification*)>("_ZNK", "12Notification19WaitForNotificationEv");
  const Taking taking(this);
  real(this);
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  static auto* const real = Real<bool(const Notification*, Duration)>(
      "_ZNK", "12Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const Taking taking(this);
  return real(this, timeout);
}

// Counts as the library does, by an atomic that is seen, and leaves the destruction to it.
void Status::UnrefNonInlined(uintptr_t rep) {
  static auto* const real = Real<void(uintptr_t)>("_ZN", "6Status15UnrefNonInlinedEm");
  std::atomic<int32_t>& holders = RepToPointer(rep)->ref;
  const bool is_last = holders.load(std::memory_order_acquire) == 1 ||
                       holders.fetch_sub(1, std::memory_order_acq_rel) == 1;
  if (!is_last) return;
  holders.store(1, std::memory_order_relaxed);
  real(rep);
}

ABSL_NAMESPACE_END
}  // namespace absl
