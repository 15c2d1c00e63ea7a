#include "gateway/endpoints/engine_request.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <charconv>

#include "gateway/http/problem.h"

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

std::optional<Response> ReadTime(const Request& request, const std::string& name,
                                 const std::function<google::protobuf::Timestamp*()>& bound) {
  const std::string text = QueryText(request, name);
  if (text.empty()) return std::nullopt;
  if (google::protobuf::util::TimeUtil::FromString(text, bound())) return std::nullopt;
  return Problem(request, 400,
                 fmt::format("\"{}\" is not a time such as 2026-01-31T12:00:00Z.", name));
}

}  // namespace datamigrate::gateway
