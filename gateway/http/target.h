// Request targets (RFC 9112 section 3.2.1, origin form) taken apart.
#ifndef DATAMIGRATE_GATEWAY_HTTP_TARGET_H_
#define DATAMIGRATE_GATEWAY_HTTP_TARGET_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace datamigrate::gateway {

// %XX decoded. Nothing for a broken escape, or one that hides a control character.
std::optional<std::string> PercentDecode(std::string_view text);

// Every byte but RFC 3986's unreserved ones as %XX.
std::string PercentEncode(std::string_view text);

struct Target {
  std::string path;                   // as sent, up to "?"
  std::vector<std::string> segments;  // decoded
  std::map<std::string, std::string> query;
};

// Nothing for a target that does not start with "/", has a broken escape, a character that a
// target cannot hold, or a "." or ".." segment.
std::optional<Target> ParseTarget(std::string_view target);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_TARGET_H_
