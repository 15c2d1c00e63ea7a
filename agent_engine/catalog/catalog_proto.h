// The catalog as a protobuf message and back: ToProto and FromProto are inverse to each other.
#pragma once

#include "absl/status/statusor.h"
#include "agent_engine/catalog/catalog.h"
#include "datamigrate/v1/catalog.pb.h"

namespace datamigrate::catalog {

v1::Catalog ToProto(const Catalog& catalog);

// Errors: kInvalidArgument where the message holds a routine without a kind.
absl::StatusOr<Catalog> FromProto(const v1::Catalog& message);

}  // namespace datamigrate::catalog
