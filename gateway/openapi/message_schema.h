// JSON Schemas made from protobuf messages, as their JSON mapping is used by this API: names as in
// the .proto file, enums by name, 64-bit integers as texts.
#ifndef DATAMIGRATE_GATEWAY_OPENAPI_MESSAGE_SCHEMA_H_
#define DATAMIGRATE_GATEWAY_OPENAPI_MESSAGE_SCHEMA_H_

#include <boost/json/object.hpp>

#include "gateway/http/description.h"

namespace datamigrate::gateway {

enum class SchemaUse {
  kRequest,  // fields may be missing; fields that are not known are refused
  kAnswer,   // all fields but messages are there; more may come with a later version
};

// The whole schema: the message's where `schema` names one, with its text laid over.
// Throws std::invalid_argument for a message that is not linked in or contains itself, and
// boost::system::system_error for a text that is not JSON.
boost::json::object ResolveSchema(const NamedSchema& schema, SchemaUse use);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_OPENAPI_MESSAGE_SCHEMA_H_
