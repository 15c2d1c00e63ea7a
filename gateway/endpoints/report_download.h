// A migration's report, as a page or as JSON.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_REPORT_DOWNLOAD_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_REPORT_DOWNLOAD_H_

#include "gateway/engine_client/engine_client.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {

// The format that the query's "format" names ("html", "json"), or else the one that Accept prefers:
// the page where it likes both. 406 where it takes neither. With "download=true" a browser saves it
// instead of showing it. As DownloadProject otherwise.
Response DownloadReport(EngineClient* engine, const Request& request);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_REPORT_DOWNLOAD_H_
