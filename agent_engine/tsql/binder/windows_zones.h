// Time zones by the names that Windows and so SQL Server give them (sys.time_zone_info), as the
// IANA database names them. Source: Unicode CLDR, supplemental data, windowsZones (territory 001).
#pragma once

#include <string_view>

namespace datamigrate::tsql {

// The IANA name of the zone, e.g. "America/New_York" for "Eastern Standard Time"; case does not
// count. Empty for a name that Windows does not have.
std::string_view IanaZone(std::string_view windows_name);

}  // namespace datamigrate::tsql
