// DuckDB, loaded when a database is first opened: an engine that only answers calls need not hold
// its eleven megabytes.
//
// In namespace datamigrate::data the names of DuckDB's functions mean those below.
#pragma once

#include "absl/status/status.h"
#include "common/loading/deferred_library.h"
#include "duckdb.h"

namespace datamigrate::data {

#define DUCKDB_FUNCTION(name) \
  inline constinit loading::DeferredFunction<decltype(::name)> name{#name};
#include "agent_engine/data/duckdb_functions.def"
#undef DUCKDB_FUNCTION

// Comes before the first call of these functions; Database::Open() does it. kFailedPrecondition
// where DuckDB cannot be loaded.
absl::Status LoadDuckDb();

}  // namespace datamigrate::data
