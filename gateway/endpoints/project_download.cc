#include "gateway/endpoints/project_download.h"

#include <fmt/format.h>

#include <string>

#include "gateway/endpoints/engine_request.h"
#include "gateway/endpoints/file_download.h"

namespace datamigrate::gateway {
Response DownloadProject(EngineClient* engine, const Request& request) {
  v1::DownloadProjectRequest asked;
  asked.set_migration_id(ParameterOf(request, "id"));
  const auto open = [&](const CallContext& context, const v1::FilePart& part) {
    *asked.mutable_part() = part;
    return engine->DownloadProject(context, asked);
  };
  Response response = DownloadFile(request, open, "application/zip");
  if (response.status < 300) {
    response.headers.Set("Content-Disposition",
                         fmt::format("attachment; filename=\"{}\"",
                                     FileNameOf("dbt-project", asked.migration_id(), "zip")));
  }
  return response;
}

}  // namespace datamigrate::gateway
