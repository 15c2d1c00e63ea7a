#include "agent_engine/store/migration_writer.h"

#include <utility>

namespace datamigrate::store {

workflow::Write Change(std::function<absl::Status(MigrationWriter&)> change) {
  return [change = std::move(change)](workflow::WriteContext& context) -> absl::Status {
    auto* writer = dynamic_cast<MigrationWriter*>(&context);
    if (writer == nullptr) return absl::InternalError("this checkpoint store keeps no migrations");
    return change(*writer);
  };
}

}  // namespace datamigrate::store
