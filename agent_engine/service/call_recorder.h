// The audit log's rows of calls that come past the gateway, which writes those of its own, and of
// what passes to and from language models.
#pragma once

#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent_engine/rewriting/guarded_model.h"
#include "agent_engine/service/caller.h"
#include "common/audit/chain_writer.h"
#include "common/pg/pool.h"

namespace datamigrate::service {

struct RecordedCall {
  std::string_view action;  // as the gateway names the operation: "createMigration"
  std::string object;       // the migration's id
  absl::Status outcome;
  std::string text_sha256;  // hex, of the request
  std::string request_id;   // of the call's metadata; "": one is made
  std::string address;      // of the caller, without the port
  absl::Time began;
};

// Thread-safe; blocks.
class CallRecorder {
 public:
  // `pool`: of a database with the gateway's tables. Must outlive this.
  explicit CallRecorder(pg::Pool* pool) : chains_(pool) {}

  // Adds a row to the chain of the caller's organization. Errors: kUnavailable, which says that the
  // call may have been carried out.
  absl::Status Write(const Caller& caller, const RecordedCall& call) ABSL_LOCKS_EXCLUDED(mutex_);

  // Adds a row "askModel" or "readModelAnswer" to the chain of the migration's organization; status
  // 403 is a text that the Guardian held back. Errors: kUnavailable.
  absl::Status Write(const rewriting::GuardedEvent& event) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status Append(audit::Row row) ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Mutex mutex_;
  audit::ChainWriter chains_ ABSL_GUARDED_BY(mutex_);
};

// "10.0.0.7" of gRPC's "ipv4:10.0.0.7:4711", "::1" of "ipv6:[::1]:4711" or "ipv6:%5B::1%5D:4711";
// "" for a socket's path.
std::string AddressOfPeer(std::string_view peer);

}  // namespace datamigrate::service
