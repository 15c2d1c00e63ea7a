// Schemas of what stands in paths.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_PATH_PARAMETERS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_PATH_PARAMETERS_H_

#include <string_view>

namespace datamigrate::gateway {

inline constexpr std::string_view kUuidSchema =
    R"({"type":"string","format":"uuid","description":"a UUID",)"
    R"("pattern":"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"})";

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_PATH_PARAMETERS_H_
