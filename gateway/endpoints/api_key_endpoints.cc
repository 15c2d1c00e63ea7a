#include "gateway/endpoints/api_key_endpoints.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "common/crypto/api_key.h"
#include "common/pg/statement.h"
#include "gateway/endpoints/identity_descriptions.h"
#include "gateway/endpoints/identity_route.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/endpoints/text_fields.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLongestName = 200;
constexpr int64_t kMostDays = 3650;

Json TimeOrNull(const std::optional<absl::Time>& time) {
  return time.has_value() ? Json(IsoTime(*time)) : Json(nullptr);
}

Json KeyJson(const ApiKey& key) {
  return {{"id", key.id},
          {"name", key.name},
          {"beginning", key.beginning},
          {"scopes", key.scopes.Names()},
          {"user_id", key.user_id},
          {"created_at", IsoTime(key.created_at)},
          {"expires_at", TimeOrNull(key.expires_at)},
          {"last_used_at", TimeOrNull(key.last_used_at)}};
}

Response List(ApiKeyStore* store, const Request& request) {
  const auto keys = store->List(request.principal->organization_id);
  if (!keys.ok()) return ProblemOf(request, keys.status());
  Json list = Json::array();
  for (const ApiKey& key : *keys) list.push_back(KeyJson(key));
  return JsonResponse(200, Json{{"api_keys", list}}.dump());
}

absl::StatusOr<ApiKey> ReadKey(const Request& request) {
  const auto body = ReadObject(request);
  if (!body.ok()) return body.status();
  ApiKey key;
  key.organization_id = request.principal->organization_id;
  key.user_id = request.principal->user_id;
  if (absl::Status read = ReadTexts(*body, {{"name", &key.name, true}}); !read.ok()) return read;
  if (key.name.empty() || key.name.size() > kLongestName) {
    return absl::InvalidArgumentError("\"name\" must have 1 to 200 bytes");
  }
  const auto scopes = ReadPermissions(*body, "scopes");
  if (!scopes.ok()) return scopes.status();
  if (scopes->empty()) return absl::InvalidArgumentError("\"scopes\" must name a permission");
  if (!request.principal->permissions.Contains(*scopes)) {
    return absl::PermissionDeniedError("a key cannot have permissions that its maker lacks");
  }
  key.scopes = *scopes;
  const auto days = body->find("expires_in_days");
  if (days != body->end() && !days->is_null()) {
    if (!days->is_number_unsigned() || days->get<uint64_t>() < 1 ||
        days->get<uint64_t>() > static_cast<uint64_t>(kMostDays)) {
      return absl::InvalidArgumentError(
          "\"expires_in_days\" must be a whole number from 1 to 3650");
    }
    key.expires_at = request.received_at + absl::Hours(24) * days->get<int64_t>();
  }
  return key;
}

Response Create(ApiKeyStore* store, const Request& request) {
  // Its keys would outlive its own end, and its revocation.
  if (!request.principal->key_id.empty()) {
    return Problem(request, 403, "An API key makes no API keys; sign in to make one.");
  }
  const auto asked = ReadKey(request);
  if (!asked.ok()) return ProblemOf(request, asked.status());
  const std::string text = crypto::MakeApiKey();
  const auto made = store->Create(*asked, text);
  if (!made.ok()) return ProblemOf(request, made.status());
  Json body = KeyJson(*made);
  body["key"] = text;
  Response response = JsonResponse(201, body.dump());
  response.audit.object = made->id;
  return response;
}

Response Revoke(ApiKeyStore* store, ApiKeys* keys, const Request& request) {
  const std::string& id = request.parameters.at("id");
  const absl::Status revoked = store->Revoke(request.principal->organization_id, id);
  if (revoked.ok()) keys->Forget(id);
  return DoneOrProblem(request, revoked, id);
}

}  // namespace

void AddApiKeyRoutes(ApiKeyStore* store, ApiKeys* keys, std::vector<Route>& routes) {
  routes.push_back({.method = "GET",
                    .pattern = "/api/v1/api-keys",
                    .permission = Permission::kApiKeysRead,
                    .endpoint = [=](const Request& request) { return List(store, request); },
                    .description = DescribeIdentity("listApiKeys")});
  routes.push_back(IdentityRoute(
      {.method = "POST", .pattern = "/api/v1/api-keys", .permission = Permission::kApiKeysWrite},
      "createApiKey", [=](const Request& request) { return Create(store, request); }));
  routes.push_back(
      {.method = "DELETE",
       .pattern = "/api/v1/api-keys/{id}",
       .permission = Permission::kApiKeysWrite,
       .endpoint = [=](const Request& request) { return Revoke(store, keys, request); },
       .description = DescribeIdentity("revokeApiKey")});
}

}  // namespace datamigrate::gateway
