// One DownloadProject call.
#pragma once

#include "agent_engine/service/migration_service.h"

namespace datamigrate::service {

// Packs the migration's dbt project and writes it in chunks of at most 64 KiB. The reactor owns itself; the others must
// outlive the call.
grpc::ServerWriteReactor<v1::ProjectChunk>* StartDownload(
    store::MigrationStore* store, WorkPool* pool, Caller caller,
    const v1::DownloadProjectRequest& request);

}  // namespace datamigrate::service
