// The API's description as an OpenAPI 3.1 document.
#ifndef DATAMIGRATE_GATEWAY_OPENAPI_DOCUMENT_H_
#define DATAMIGRATE_GATEWAY_OPENAPI_DOCUMENT_H_

#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/router.h"

namespace datamigrate::gateway {

// The document, as JSON, for all of `routes`. Problems, sign-in and limits follow from the routes'
// own members. Throws std::invalid_argument, naming the route, where a description has no
// operation id, tag, summary or answer, or an operation id is there twice.
std::string ApiDocument(const std::vector<Route>& routes, std::string_view version);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_OPENAPI_DOCUMENT_H_
