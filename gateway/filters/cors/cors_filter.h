// Lets pages of listed origins call the API (Fetch standard, CORS protocol).
#ifndef DATAMIGRATE_GATEWAY_FILTERS_CORS_CORS_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_CORS_CORS_FILTER_H_

#include <string>
#include <string_view>
#include <vector>

#include "gateway/filters/filter.h"

namespace datamigrate::gateway {

// Answers preflight requests, and names the origin in answers to the others. An origin that is not
// listed gets no CORS fields, so browsers keep the answer from it. Credentials are bearer tokens:
// cookies are never allowed across origins.
class CorsFilter : public Filter {
 public:
  // Whole origins, such as "https://app.example.com".
  explicit CorsFilter(std::vector<std::string> allowed_origins);

  std::optional<Response> OnRequest(Request& request) override;
  void OnResponse(const Request& request, Response& response) override;

 private:
  bool IsAllowed(std::string_view origin) const;

  const std::vector<std::string> allowed_origins_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_CORS_CORS_FILTER_H_
