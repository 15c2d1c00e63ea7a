// What values of HTTP fields have in common.
#ifndef DATAMIGRATE_GATEWAY_HTTP_FIELD_VALUE_H_
#define DATAMIGRATE_GATEWAY_HTTP_FIELD_VALUE_H_

#include <string_view>

namespace datamigrate::gateway {

// Without optional white space around it (RFC 9110 section 5.6.3).
inline std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_FIELD_VALUE_H_
