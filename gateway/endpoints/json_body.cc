#include "gateway/endpoints/json_body.h"

#include <fmt/format.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kJson = "application/json";

bool IsJson(std::string_view content_type) {
  std::string_view media_type = content_type.substr(0, content_type.find(';'));
  while (media_type.ends_with(' ')) media_type.remove_suffix(1);
  return absl::EqualsIgnoreCase({media_type.data(), media_type.size()},
                                {kJson.data(), kJson.size()});
}

}  // namespace

std::optional<Response> RefuseUnlessJson(const Request& request) {
  if (request.body.empty() || IsJson(request.headers.Get("Content-Type"))) return std::nullopt;
  return Problem(request, 415, "Send the body as \"Content-Type: application/json\".");
}

absl::Status ReadJsonBody(const Request& request, google::protobuf::Message& message) {
  message.Clear();
  if (request.body.empty()) return absl::OkStatus();
  // Protobuf's own parser takes more than JSON: unquoted names, trailing commas.
  if (!nlohmann::json::accept(request.body)) {
    return absl::InvalidArgumentError("the body is not valid JSON");
  }
  const auto parsed = google::protobuf::util::JsonStringToMessage(request.body, &message);
  if (parsed.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("the body is not valid: {}",
                  std::string_view(parsed.message().data(), parsed.message().size())));
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &json, options);
  return printed.ok() ? json : "{}";
}

Response JsonResponse(int status, std::string body) {
  return TextResponse(status, kJson, std::move(body));
}

}  // namespace datamigrate::gateway
