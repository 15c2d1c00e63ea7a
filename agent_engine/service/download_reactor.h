// One call that sends a file.
#pragma once

#include <functional>

#include "agent_engine/service/migration_service.h"
#include "agent_engine/service/served_file.h"

namespace datamigrate::service {

// Opens the file on a thread of the pool, and writes what `part` asks for in chunks of at most 64
// KiB. The reactor owns itself; the pool must outlive the call.
using OpenServed = std::function<absl::StatusOr<std::shared_ptr<const ServedFile>>()>;
grpc::ServerWriteReactor<v1::FileChunk>* StartDownload(WorkPool* pool, OpenServed open,
                                                       const v1::FilePart& part);

}  // namespace datamigrate::service
