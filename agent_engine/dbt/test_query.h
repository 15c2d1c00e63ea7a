// The query behind a test, as dbt would send it to DuckDB, so that tests run without dbt too.
#pragma once

#include <functional>
#include <string>

#include "agent_engine/dbt/project_model.h"

namespace datamigrate::dbt {

// A SELECT that returns the failing rows of `test`; a test holds when there are none. `relation` is
// what the tested model is called in the database, and `relation_of` gives the same for another
// model.
std::string FailingRowsQuery(
    const ModelTest& test, const std::string& relation,
    const std::function<std::string(const std::string& model)>& relation_of);

}  // namespace datamigrate::dbt
