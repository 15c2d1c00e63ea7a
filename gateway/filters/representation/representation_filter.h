// Answers that need not be sent again, or not in full: ETag with If-None-Match (RFC 9110 sections
// 8.8.3 and 13.1.2), and gzip where the client takes it.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_REPRESENTATION_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_REPRESENTATION_FILTER_H_

#include "gateway/filters/filter.h"

namespace datamigrate::gateway {

// Status: stable. Works on whole 200 answers to GET and HEAD, not on streams
// and not on those that bring an ETag of their own. Answers of sign-in
// routes are never packed: packing secrets beside what a client sent tells their length (BREACH).
class RepresentationFilter : public Filter {
 public:
  void OnResponse(const Request& request, Response& response) override;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_REPRESENTATION_FILTER_H_
