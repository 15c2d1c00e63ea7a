// Numbered schema files, embedded in the binary and applied at start.
//
// In CMake:  datamigrate_embed_schema(TARGET datamigrate_store COMPONENT engine
//                                     NAMESPACE datamigrate::store FOLDER migrations)
// turns migrations/0001_name.sql ... into `const pg::SchemaComponent& Schema();` of that namespace.
// A file that was released is never edited: a change is the next number.
#ifndef DATAMIGRATE_COMMON_PG_SCHEMA_H_
#define DATAMIGRATE_COMMON_PG_SCHEMA_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/pg/connection.h"

namespace datamigrate::pg {

struct SchemaFile {
  int number;               // 1, 2, 3, ... without gaps
  std::string_view name;    // 0001_name.sql
  std::string_view sha256;  // of the text, 64 hex digits
  std::string_view sql;
};

// One owner of tables: "engine", "gateway". Components share a database without sharing numbers.
struct SchemaComponent {
  std::string_view component;
  std::vector<SchemaFile> files;  // ascending
};

// Brings the component's tables to the newest number this binary knows, all in one transaction and
// under an advisory lock, so any number of processes may start at once.
// Errors: kFailedPrecondition when an applied file differs from the binary's, or when the database
// is newer than the binary; otherwise the failed file's SQL error. Nothing is applied on error.
// `lock_timeout` is how long to wait for another process that is applying.
absl::Status ApplySchema(Connection& connection, const SchemaComponent& component,
                         absl::Duration lock_timeout = absl::Minutes(1));

}  // namespace datamigrate::pg

#endif  // DATAMIGRATE_COMMON_PG_SCHEMA_H_
