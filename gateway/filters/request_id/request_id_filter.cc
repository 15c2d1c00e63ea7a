#include "gateway/filters/request_id/request_id_filter.h"

#include <algorithm>
#include <string_view>

#include "common/crypto/random.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kLongestId = 64;

bool IsAcceptable(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace

std::optional<Response> RequestIdFilter::OnRequest(Request& request) {
  const std::string_view offered = request.headers.Get("X-Request-Id");
  request.request_id = IsAcceptable(offered) ? std::string(offered) : crypto::RandomUuid();
  return std::nullopt;
}

void RequestIdFilter::OnResponse(const Request& request, Response& response) {
  response.headers.Set("X-Request-Id", request.request_id);
}

}  // namespace datamigrate::gateway
