// A migration's dbt project as a zip archive.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_PROJECT_DOWNLOAD_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_PROJECT_DOWNLOAD_H_

#include "gateway/engine_client/engine_client.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {

// Waits for the archive's first piece, so that a refusal still gets its own status, and streams
// the rest. When the engine fails in the middle the connection is cut: what arrived is not whole.
Response DownloadProject(EngineClient* engine, const Request& request);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_PROJECT_DOWNLOAD_H_
