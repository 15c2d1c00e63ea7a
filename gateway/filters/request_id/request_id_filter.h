// Gives every request an id that the log, the engine, the audit and the answer carry.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_REQUEST_ID_REQUEST_ID_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_REQUEST_ID_REQUEST_ID_FILTER_H_

#include "gateway/filters/filter.h"

namespace datamigrate::gateway {

// Keeps the client's X-Request-Id when it is 1 to 64 letters, digits, '.', '_' or '-'; otherwise
// makes a UUID. The answer carries the id in the same field.
class RequestIdFilter : public Filter {
 public:
  std::optional<Response> OnRequest(Request& request) override;
  void OnResponse(const Request& request, Response& response) override;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_REQUEST_ID_REQUEST_ID_FILTER_H_
