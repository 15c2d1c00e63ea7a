// Schemas of parameters that many routes have.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_PATH_PARAMETERS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_PATH_PARAMETERS_H_

#include <string_view>

namespace datamigrate::gateway {

inline constexpr std::string_view kUuidSchema =
    R"({"type":"string","format":"uuid","description":"a UUID",)"
    R"("pattern":"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"})";

inline constexpr std::string_view kTimeSchema =
    R"({"type":"string","format":"date-time","maxLength":40,)"
    R"("pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}",)"
    R"("description":"a time of RFC 3339"})";

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_PATH_PARAMETERS_H_
