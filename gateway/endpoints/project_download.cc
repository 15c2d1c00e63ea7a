#include "gateway/endpoints/project_download.h"

#include <fmt/format.h>

#include <string>

#include "gateway/endpoints/engine_request.h"
#include "gateway/endpoints/file_download.h"

namespace datamigrate::gateway {
namespace {

// Only what cannot end the field or leave the folder.
std::string FileName(std::string id) {
  std::erase_if(id, [](char c) {
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '-');
  });
  return fmt::format("dbt-project-{}.zip", id);
}

}  // namespace

Response DownloadProject(EngineClient* engine, const Request& request) {
  v1::DownloadProjectRequest asked;
  asked.set_migration_id(ParameterOf(request, "id"));
  const auto open = [&](const CallContext& context, const v1::FilePart& part) {
    *asked.mutable_part() = part;
    return engine->DownloadProject(context, asked);
  };
  Response response = DownloadFile(request, open, "application/zip");
  if (response.status < 300) {
    response.headers.Set("Content-Disposition", fmt::format("attachment; filename=\"{}\"",
                                                            FileName(asked.migration_id())));
  }
  return response;
}

}  // namespace datamigrate::gateway
