// Protobuf messages from JSON, strictly: names as in the .proto file, enums by name, 64-bit
// integers as texts or numbers, no null.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_MESSAGE_READER_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_MESSAGE_READER_H_

#include <boost/json/fwd.hpp>

#include "absl/status/status.h"

namespace google::protobuf {
class Message;
}

namespace datamigrate::gateway {

// Fills `message`, which is cleared first, from `object`. Errors: kInvalidArgument for a field that
// the message does not have, a value of another type, and a kind of field that no request has
// (bytes); the message is then partly filled.
absl::Status ReadMessage(const boost::json::object& object, google::protobuf::Message& message);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_MESSAGE_READER_H_
