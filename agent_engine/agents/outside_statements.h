// What a database's own code does beyond the database: a migration takes none of it along.
#pragma once

#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::agents {

// A finding (SC0501) for each thing outside of the database that a view, routine or trigger uses: programs, files, other
// servers and databases, the server itself, rights, mail. Each once per object, where it is used first; objects in the
// catalog's order. The texts are read, never run.
std::vector<diagnostics::Diagnostic> FindOutsideStatements(const catalog::Catalog& catalog);

}  // namespace datamigrate::agents
