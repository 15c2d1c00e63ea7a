#include "gateway/endpoints/json_body.h"

#include <google/protobuf/message.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>
#include <utility>

#include "gateway/endpoints/message_reader.h"
#include "gateway/endpoints/message_writer.h"
#include "gateway/http/problem.h"
#include "gateway/openapi/request_check.h"

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr size_t kUsualAnswer = 1024;

}  // namespace

std::optional<Response> RefuseUnlessJson(const Request& request) {
  if (request.body.empty() || IsJson(request.headers.Get("Content-Type"))) return std::nullopt;
  return Problem(request, 415, "Send the body as \"Content-Type: application/json\".");
}

absl::Status ReadJsonBody(const Request& request, google::protobuf::Message& message) {
  message.Clear();
  if (request.json == nullptr) return absl::OkStatus();
  if (!request.json->is_object()) {
    return absl::InvalidArgumentError("the body is not a JSON object");
  }
  return ReadMessage(request.json->get_object(), message);
}

std::string ToJson(const google::protobuf::Message& message) {
  std::string json;
  json.reserve(kUsualAnswer);
  WriteMessage(message, json);
  return json;
}

Response JsonResponse(int status, std::string body) {
  return TextResponse(status, kJson, std::move(body));
}

std::string IsoTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

}  // namespace datamigrate::gateway
