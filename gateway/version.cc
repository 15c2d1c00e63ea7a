#include "gateway/version.h"

namespace datamigrate::gateway {

const std::string_view kVersion = DATAMIGRATE_VERSION;

}  // namespace datamigrate::gateway
