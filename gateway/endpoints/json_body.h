// Request bodies that hold one JSON object, and answers that do.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_JSON_BODY_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_JSON_BODY_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/http/message.h"

namespace google::protobuf {
class Message;
}

namespace datamigrate::gateway {

// 415 unless the request says that its body is application/json.
std::optional<Response> RefuseUnlessJson(const Request& request);

// Reads `request.json` into `message`, fields by their names in the .proto file. No body is an
// empty message. Errors: kInvalidArgument for anything that is not a JSON object, and as
// ReadMessage's: the route's schema should have left none.
absl::Status ReadJsonBody(const Request& request, google::protobuf::Message& message);

// The same names, enums by name, every field written. Integers of 64 bits are strings, as
// protobuf's JSON mapping says.
std::string ToJson(const google::protobuf::Message& message);

Response JsonResponse(int status, std::string body);

// "2026-11-21T16:00:00Z", as RFC 3339 writes a time, to the second.
std::string IsoTime(absl::Time time);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_JSON_BODY_H_
