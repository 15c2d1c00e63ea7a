# Script: writes OUTPUT, a C++ source with the text of INPUT.
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}" "// Generated from default_routes.yaml.
#include \"agent_engine/routing/routes.h\"

namespace datamigrate::routing {

const std::string_view kDefaultRoutes = R\"dm_yaml(${text})dm_yaml\";

}  // namespace datamigrate::routing
")
