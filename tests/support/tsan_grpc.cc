// Tells the thread sanitizer what Debian's gRPC, which is built without it, does: it hands work
// from thread to thread by queues without locks. Who begins an operation, and who ends it, come
// before who is told of it: the completion queue passes the operation's tag, and every call of
// ours goes through one, unary or streaming, of a client or a server, with callbacks or without.
// And the last of a call's callbacks comes after the others, which are counted partly in the
// library. Part of every program of the preset "tsan" and of no other; its definitions go before
// the library's, for the library's own calls as well. Such an edge belongs here and not at our
// callbacks, for gRPC parses what came, and frees what was sent, by code of its headers before it
// calls them.
#include <dlfcn.h>
#include <grpc/grpc.h>
#include <grpcpp/support/server_callback.h>
#include <sanitizer/tsan_interface.h>

#include <atomic>

struct grpc_cq_completion;

// C++ functions of the library that are in none of its installed headers. The error is an
// absl::Status, which is passed by its address.
#define DATAMIGRATE_BEGIN_NAME "_Z16grpc_cq_begin_opP21grpc_completion_queuePv"
#define DATAMIGRATE_END_NAME                                                                \
  "_Z14grpc_cq_end_opP21grpc_completion_queuePvN4absl7debian36StatusEPFvS1_P18grpc_cq_comp" \
  "letionES1_S6_b"

extern "C" {

using EndOperation = void(grpc_completion_queue*, void*, void*,
                          void (*)(void*, grpc_cq_completion*), void*, grpc_cq_completion*, bool);
using BeginOperation = bool(grpc_completion_queue*, void*);

BeginOperation DatamigrateBeginOperation __asm__(DATAMIGRATE_BEGIN_NAME);
EndOperation DatamigrateEndOperation __asm__(DATAMIGRATE_END_NAME);

bool DatamigrateBeginOperation(grpc_completion_queue* queue, void* tag) {
  static auto* const real =
      reinterpret_cast<BeginOperation*>(dlsym(RTLD_NEXT, DATAMIGRATE_BEGIN_NAME));
  __tsan_release(tag);
  return real(queue, tag);
}

void DatamigrateEndOperation(grpc_completion_queue* queue, void* tag, void* error,
                             void (*done)(void*, grpc_cq_completion*), void* argument,
                             grpc_cq_completion* completion, bool is_internal) {
  static auto* const real = reinterpret_cast<EndOperation*>(dlsym(RTLD_NEXT, DATAMIGRATE_END_NAME));
  __tsan_release(tag);
  real(queue, tag, error, done, argument, completion, is_internal);
}

grpc_event grpc_completion_queue_next(grpc_completion_queue* queue, gpr_timespec deadline,
                                      void* reserved) {
  static auto* const real = reinterpret_cast<decltype(&grpc_completion_queue_next)>(
      dlsym(RTLD_NEXT, "grpc_completion_queue_next"));
  const grpc_event event = real(queue, deadline, reserved);
  if (event.type == GRPC_OP_COMPLETE) __tsan_acquire(event.tag);
  return event;
}

grpc_event grpc_completion_queue_pluck(grpc_completion_queue* queue, void* tag,
                                       gpr_timespec deadline, void* reserved) {
  static auto* const real = reinterpret_cast<decltype(&grpc_completion_queue_pluck)>(
      dlsym(RTLD_NEXT, "grpc_completion_queue_pluck"));
  const grpc_event event = real(queue, tag, deadline, reserved);
  if (event.type == GRPC_OP_COMPLETE) __tsan_acquire(tag);
  return event;
}

}  // extern "C"

namespace grpc::internal {

// Called by whoever counts down to none; the loads see what the others have counted.
void ServerCallbackCall::ScheduleOnDone(bool inline_ondone) {
  static auto* const real = reinterpret_cast<void (*)(ServerCallbackCall*, bool)>(
      dlsym(RTLD_NEXT, "_ZN4grpc8internal18ServerCallbackCall14ScheduleOnDoneEb"));
  callbacks_outstanding_.load(std::memory_order_acquire);
  real(this, inline_ondone);
}

void ServerCallbackCall::CallOnCancel(ServerReactor* reactor) {
  static auto* const real = reinterpret_cast<void (*)(ServerCallbackCall*, ServerReactor*)>(dlsym(
      RTLD_NEXT, "_ZN4grpc8internal18ServerCallbackCall12CallOnCancelEPNS0_13ServerReactorE"));
  on_cancel_conditions_remaining_.load(std::memory_order_acquire);
  real(this, reactor);
}

}  // namespace grpc::internal
