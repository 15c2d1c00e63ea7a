#include "gateway/endpoints/engine_request.h"

#include <charconv>

namespace datamigrate::gateway {

CallContext ContextOf(const Request& request) {
  return {.tenant = request.principal->organization_id,
          .user = request.principal->user_id,
          .request_id = request.request_id,
          .deadline = request.deadline,
          .permissions = request.principal->permissions,
          .api_key_id = request.principal->key_id};
}

const std::string& ParameterOf(const Request& request, const std::string& name) {
  return request.parameters.at(name);
}

int64_t ParseNumber(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int64_t QueryNumber(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? 0 : ParseNumber(found->second);
}

std::string QueryText(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

}  // namespace datamigrate::gateway
