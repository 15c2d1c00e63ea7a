// The store's records as the contract's messages.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent_engine/store/records.h"
#include "datamigrate/v1/migration.pb.h"
#include "datamigrate/v1/state.pb.h"
#include "grpcpp/support/status.h"

namespace datamigrate::service {

grpc::Status ToGrpc(const absl::Status& status);
// The answer when the engine has no thread for the call: kResourceExhausted, to be tried again.
grpc::Status Overloaded();
inline constexpr char kOverloaded[] = "the engine is overloaded; try again in a moment";

// `decisions` are the migration's, for the question of one that waits.
v1::Migration ToMessage(const store::MigrationRecord& record,
                        const std::vector<store::DecisionRecord>& decisions);
v1::MigrationEvent ToMessage(const store::EventRecord& record);
v1::Model ToMessage(const store::ModelRecord& record);

google::protobuf::Timestamp ToTimestamp(absl::Time time);

v1::MigrationStatus ToMessage(store::MigrationStatus status);
// kInvalidArgument for a status that no migration has.
absl::StatusOr<store::MigrationStatus> FromMessage(v1::MigrationStatus status);

// The state that a checkpoint holds; kDataLoss for other bytes.
absl::StatusOr<v1::MigrationState> StateOf(const std::string& bytes);

// The answer to a question, as the node that asked reads it.
std::string AnswerJson(const v1::DecideMigrationRequest& request);

}  // namespace datamigrate::service
