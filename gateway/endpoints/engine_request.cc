#include "gateway/endpoints/engine_request.h"

#include <fmt/format.h>

#include <charconv>

namespace datamigrate::gateway {

CallContext ContextOf(const Request& request) {
  return {.tenant = request.principal->organization_id,
          .user = request.principal->user_id,
          .request_id = request.request_id,
          .deadline = request.deadline};
}

const std::string& ParameterOf(const Request& request, const std::string& name) {
  return request.parameters.at(name);
}

absl::StatusOr<int64_t> ParseNumber(std::string_view text, std::string_view what, int64_t minimum,
                                    int64_t maximum) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < minimum ||
      number > maximum) {
    return absl::InvalidArgumentError(
        fmt::format("\"{}\" must be a whole number from {} to {}", what, minimum, maximum));
  }
  return number;
}

absl::StatusOr<int64_t> QueryNumber(const Request& request, const std::string& name,
                                    int64_t minimum, int64_t maximum, int64_t fallback) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return fallback;
  return ParseNumber(found->second, name, minimum, maximum);
}

std::string QueryText(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

}  // namespace datamigrate::gateway
