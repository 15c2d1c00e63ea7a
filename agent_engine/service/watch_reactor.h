// One WatchMigration call.
#pragma once

#include "agent_engine/service/migration_service.h"

namespace datamigrate::service {

// Writes the migration's events after the requested one, then new ones as they come, and ends when the migration has ended
// and all were written. The reactor owns itself; the others must outlive the call.
grpc::ServerWriteReactor<v1::MigrationEvent>* StartWatch(store::MigrationStore* store,
                                                         store::EventFeed* feed, WorkPool* pool,
                                                         Caller caller,
                                                         const v1::WatchMigrationRequest& request);

}  // namespace datamigrate::service
