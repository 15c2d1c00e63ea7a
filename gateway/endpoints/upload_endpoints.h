// Scripts sent to the gateway, as sources of migrations: "source": "upload:ID".
//
//   GET    /api/v1/uploads          200, {"uploads": [...]}, newest first
//   POST   /api/v1/uploads          a zip archive or a script as the body; 201, Location
//   GET    /api/v1/uploads/{id}     200
//   DELETE /api/v1/uploads/{id}     204
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_UPLOAD_ENDPOINTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_UPLOAD_ENDPOINTS_H_

#include <vector>

#include "gateway/http/router.h"
#include "gateway/uploads/upload_store.h"

namespace datamigrate::gateway {

// `uploads` must outlive the routes.
void AddUploadRoutes(UploadStore* uploads, std::vector<Route>& routes);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_UPLOAD_ENDPOINTS_H_
