#include "agent_engine/data/duckdb_library.h"

namespace datamigrate::data {
namespace {

constinit loading::DeferredSymbol* const kSymbols[] = {
#define DUCKDB_FUNCTION(name) &name,
#include "agent_engine/data/duckdb_functions.def"
#undef DUCKDB_FUNCTION
};

constinit loading::DeferredLibrary library(
    DATAMIGRATE_DUCKDB_LIBRARY, "It is where it was at build time; deploy/local/setup brings it.",
    kSymbols);

}  // namespace

absl::Status LoadDuckDb() {
  return library.Load();
}

}  // namespace datamigrate::data
