// Answers that need not be sent again, or not in full: ETag with If-None-Match (RFC 9110 sections
// 8.8.3 and 13.1.2), and zstd or gzip where the client takes it.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_REPRESENTATION_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_REPRESENTATION_FILTER_H_

#include "gateway/filters/filter.h"

namespace datamigrate::gateway {

// Status: stable. Works on 200 answers to GET and HEAD; those that bring an ETag of their own are
// left alone, and streams are packed but have no ETag, unless their length is known or they are of
// events. Answers of sign-in routes, and those that set cookies, are never packed: packing secrets
// beside what a client sent tells their length (BREACH).
class RepresentationFilter : public Filter {
 public:
  void OnResponse(const Request& request, Response& response) override;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_REPRESENTATION_REPRESENTATION_FILTER_H_
