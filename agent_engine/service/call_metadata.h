// What a call's metadata says.
#pragma once

#include <string_view>

#include "agent_engine/service/call_recorder.h"
#include "agent_engine/service/caller.h"
#include "google/protobuf/message.h"
#include "grpcpp/server_context.h"

namespace datamigrate::service {

// Who is said to call. Valid as long as the context.
Claim ClaimOf(const grpc::CallbackServerContext& context);

// A row for the audit log of what `context`'s caller asks for; its outcome is to come.
RecordedCall CallOf(const grpc::CallbackServerContext& context, std::string_view action,
                    const google::protobuf::Message& request);

}  // namespace datamigrate::service
