#include "gateway/endpoints/text_fields.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/crypto/strict_json.h"
#include "gateway/endpoints/status_problem.h"

namespace datamigrate::gateway {

using Json = nlohmann::json;

absl::StatusOr<Json> ReadObject(const Request& request) {
  std::optional<Json> body = crypto::ParseStrictObject(request.body);
  if (!body.has_value()) {
    return absl::InvalidArgumentError(
        "the body is not a JSON object whose members have different names");
  }
  return *std::move(body);
}

absl::Status ReadTexts(const Request& request, std::initializer_list<TextField> fields) {
  const absl::StatusOr<Json> body = ReadObject(request);
  return body.ok() ? ReadTexts(*body, fields) : body.status();
}

absl::Status ReadTexts(const Json& body, std::initializer_list<TextField> fields) {
  for (const TextField& field : fields) {
    const auto found = body.find(field.name);
    if (found == body.end() || found->is_null()) {
      if (!field.is_required) continue;
      return absl::InvalidArgumentError(fmt::format("\"{}\" is missing", field.name));
    }
    if (!found->is_string() ||
        found->get_ref<const std::string&>().find('\0') != std::string::npos) {
      return absl::InvalidArgumentError(fmt::format("\"{}\" must be a text", field.name));
    }
    *field.text = found->get<std::string>();
  }
  return absl::OkStatus();
}

absl::StatusOr<PermissionSet> ReadPermissions(const Json& body, const char* name) {
  const auto found = body.find(name);
  if (found == body.end() || !found->is_array()) {
    return absl::InvalidArgumentError(
        fmt::format("\"{}\" must be a list of permissions; GET /api/v1/roles lists them", name));
  }
  PermissionSet set;
  for (const Json& item : *found) {
    const PermissionRow* row = item.is_string() ? FindPermission(item.get<std::string>()) : nullptr;
    if (row == nullptr) {
      return absl::InvalidArgumentError(
          fmt::format("\"{}\" holds what is no permission; GET /api/v1/roles lists them", name));
    }
    set.Add(row->permission);
  }
  return set;
}

Response DoneResponse(const std::string& object) {
  Response response;
  response.status = 204;
  response.audit.object = object;
  return response;
}

Response DoneOrProblem(const Request& request, const absl::Status& status,
                       const std::string& object) {
  if (status.ok()) return DoneResponse(object);
  Response response = ProblemOf(request, status);
  response.audit.object = object;
  return response;
}

ClientPlace PlaceOf(const Request& request) {
  return {request.remote_address, std::string(request.headers.Get("User-Agent"))};
}

}  // namespace datamigrate::gateway
