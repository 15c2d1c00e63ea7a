// The version that the build was made from.
#ifndef DATAMIGRATE_GATEWAY_VERSION_H_
#define DATAMIGRATE_GATEWAY_VERSION_H_

#include <string_view>

namespace datamigrate::gateway {

extern const std::string_view kVersion;  // "0.1.0"

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_VERSION_H_
