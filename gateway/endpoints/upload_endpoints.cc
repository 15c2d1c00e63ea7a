#include "gateway/endpoints/upload_endpoints.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/path_parameters.h"
#include "gateway/endpoints/status_problem.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kLargestUpload = uint64_t{256} * 1024 * 1024;
constexpr std::string_view kTag = "uploads";
constexpr std::string_view kZip = "application/zip";

constexpr NamedSchema kUpload = {.name = "Upload", .text = R"({
  "type": "object",
  "required": ["id", "source", "files", "bytes", "created_at"],
  "properties": {
    "id": {"type": "string", "format": "uuid"},
    "source": {"type": "string", "description": "what POST /api/v1/migrations takes as its source"},
    "files": {"type": "integer"},
    "bytes": {"type": "integer", "description": "of all files, unpacked"},
    "created_at": {"type": "string", "format": "date-time"}
  }
})"};

constexpr NamedSchema kUploadList = {.name = "UploadList", .text = R"({
  "type": "object",
  "required": ["uploads"],
  "properties": {"uploads": {"type": "array", "items": {"type": "object",
    "required": ["id", "source", "files", "bytes", "created_at"]}}}
})"};

constexpr Parameter kId = {.name = "id",
                           .schema = kUuidSchema,
                           .description = "the upload",
                           .place = Parameter::Place::kPath};

Json ToJson(const Upload& upload) {
  return {{"id", upload.id},
          {"source", "upload:" + upload.id},
          {"files", upload.files},
          {"bytes", upload.bytes},
          {"created_at", IsoTime(upload.created_at)}};
}

// More than is taken is not a mistake in the request's form.
Response ProblemOfUpload(const Request& request, const absl::Status& status) {
  const std::string detail(status.message());
  if (absl::IsOutOfRange(status)) return Problem(request, 413, detail + ".");
  if (absl::IsInvalidArgument(status)) return Problem(request, 422, detail + ".");
  if (absl::IsResourceExhausted(status)) return Problem(request, 507, detail + ".");
  return ProblemOf(request, status);
}

Response Add(UploadStore* uploads, const Request& request) {
  const bool is_zip = request.headers.Get("Content-Type").starts_with(kZip);
  const absl::StatusOr<Upload> upload =
      uploads->Add(request.principal->organization_id, *request.file,
                   is_zip ? UploadStore::Kind::kZip : UploadStore::Kind::kScript, absl::Now());
  if (!upload.ok()) return ProblemOfUpload(request, upload.status());
  Response response = JsonResponse(201, ToJson(*upload).dump());
  response.headers.Set("Location", "/api/v1/uploads/" + upload->id);
  response.audit.object = upload->id;
  return response;
}

Response List(UploadStore* uploads, const Request& request) {
  Json list = Json::array();
  for (const Upload& upload : uploads->List(request.principal->organization_id)) {
    list.push_back(ToJson(upload));
  }
  return JsonResponse(200, Json{{"uploads", std::move(list)}}.dump());
}

Response Show(UploadStore* uploads, const Request& request) {
  const absl::StatusOr<Upload> upload =
      uploads->Find(request.principal->organization_id, request.parameters.at("id"));
  if (!upload.ok()) return ProblemOf(request, upload.status());
  return JsonResponse(200, ToJson(*upload).dump());
}

Response Remove(UploadStore* uploads, const Request& request) {
  const absl::Status removed =
      uploads->Remove(request.principal->organization_id, request.parameters.at("id"));
  if (!removed.ok()) return ProblemOf(request, removed);
  Response response;
  response.status = 204;
  return response;
}

}  // namespace

void AddUploadRoutes(UploadStore* uploads, std::vector<Route>& routes) {
  const auto on = [uploads](auto endpoint) {
    return [uploads, endpoint](const Request& request) { return endpoint(uploads, request); };
  };
  routes.push_back({.method = "GET",
                    .pattern = "/api/v1/uploads",
                    .permission = Permission::kMigrationsRead,
                    .endpoint = on(List),
                    .description = {.operation_id = "listUploads",
                                    .tag = kTag,
                                    .summary = "The organization's uploads, newest first.",
                                    .answers = {{200, "All of them.", &kUploadList}}}});
  routes.push_back(
      {.method = "POST",
       .pattern = "/api/v1/uploads",
       .permission = Permission::kMigrationsWrite,
       .max_body_bytes = kLargestUpload,
       .file_types = {kZip, "application/sql", "text/x-sql"},
       .endpoint = on(Add),
       .description = {
           .operation_id = "createUpload",
           .tag = kTag,
           .summary = "Keeps a script, or a folder of scripts as a zip archive, for a week.",
           .answers = {{201, "The upload; Location names it.", &kUpload}}}});
  routes.push_back({.method = "GET",
                    .pattern = "/api/v1/uploads/{id}",
                    .permission = Permission::kMigrationsRead,
                    .endpoint = on(Show),
                    .description = {.operation_id = "showUpload",
                                    .tag = kTag,
                                    .summary = "One upload.",
                                    .parameters = {kId},
                                    .answers = {{200, "The upload.", &kUpload}}}});
  routes.push_back({.method = "DELETE",
                    .pattern = "/api/v1/uploads/{id}",
                    .permission = Permission::kMigrationsWrite,
                    .endpoint = on(Remove),
                    .description = {.operation_id = "deleteUpload",
                                    .tag = kTag,
                                    .summary = "Removes an upload.",
                                    .parameters = {kId},
                                    .answers = {{204, "It is gone.", nullptr, ""}}}});
}

}  // namespace datamigrate::gateway
