#include "gateway/http/problem.h"

#include <nlohmann/json.hpp>

namespace datamigrate::gateway {

Response Problem(const Request& request, int status, std::string_view detail) {
  const nlohmann::ordered_json document = {
      {"type", "about:blank"}, {"title", ReasonPhrase(status)}, {"status", status},
      {"detail", detail},      {"instance", request.path},      {"request_id", request.request_id}};
  // Bytes that are not UTF-8 can come from the path: they are replaced.
  return TextResponse(
      status, "application/problem+json",
      document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace datamigrate::gateway
