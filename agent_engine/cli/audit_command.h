// `datamigrate audit`: checks, exports and trims the gateway's audit log.
#pragma once

namespace CLI {
class App;
}

namespace datamigrate::cli {

void AddAuditCommand(CLI::App& app, int& exit_code);

}  // namespace datamigrate::cli
