#include "gateway/http/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/http/target.h"

namespace datamigrate::gateway {
namespace {

bool IsParameter(std::string_view segment) {
  return segment.starts_with('{');
}

// The values of the pattern's parameters, or nothing when the path differs.
std::optional<std::map<std::string, std::string>> MatchSegments(
    const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  std::map<std::string, std::string> parameters;
  for (size_t i = 0; i < path.size(); ++i) {
    if (IsParameter(pattern[i])) {
      if (path[i].empty()) return std::nullopt;
      parameters[pattern[i].substr(1, pattern[i].size() - 2)] = path[i];
    } else if (pattern[i] != path[i]) {
      return std::nullopt;
    }
  }
  return parameters;
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (const Route& route : routes_) {
    entries_.push_back({ParseTarget(route.pattern)->segments, &route});
  }
  // Literal segments first: '{' sorts after letters, digits and '-'.
  std::ranges::stable_sort(entries_, {}, &Entry::segments);
}

Router::Match Router::Find(std::string_view method,
                           const std::vector<std::string>& segments) const {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  Match match;
  const std::vector<std::string>* pattern = nullptr;
  for (const Entry& entry : entries_) {
    auto parameters = MatchSegments(entry.segments, segments);
    if (!parameters.has_value()) continue;
    // A path is that of the first pattern, which is the most literal, for all methods.
    if (pattern == nullptr) pattern = &entry.segments;
    if (*pattern != entry.segments) continue;
    match.allowed_methods.push_back(entry.route->method);
    if (match.route == nullptr && entry.route->method == wanted) {
      match.route = entry.route;
      match.parameters = *std::move(parameters);
    }
  }
  return match;
}

}  // namespace datamigrate::gateway
