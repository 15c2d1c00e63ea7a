// Results of views and procedures as the source gave them, and whether a model gives the same rows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/data/duckdb_database.h"

namespace datamigrate::verify {

// A folder with a file "schema.name.csv" for each object whose result somebody took from the
// source: UTF-8, RFC 4180 with a header, NULL as \N without quotes, bits as 0 and 1, binary values
// as 0x…, points of time as "YYYY-MM-DD hh:mm:ss.fffffff". A procedure's is what it returns first
// when it is called with the defaults of its model's variables. Files whose name begins with _ or
// ends in .types.csv are something else.
class CapturedResults {
 public:
  // Errors: kNotFound when there is no such folder.
  static absl::StatusOr<CapturedResults> Open(const std::filesystem::path& folder);

  // By name in any case; nullopt when none was taken.
  std::optional<std::filesystem::path> FileOf(const catalog::ObjectName& object) const;

 private:
  std::map<std::string, std::filesystem::path> files_;  // By folded "schema.name".
};

// How far apart numbers may be and count as equal. The server itself derives scales of decimals by
// rules that leave room.
struct Tolerance {
  double usual = 1e-6;
  std::map<std::string, double> of_column{};  // By the name in the file's header.
};

struct RowsComparison {
  int64_t captured_rows = 0;
  int64_t model_rows = 0;
  std::string
      difference;  // Counts and names of columns, never values; empty when the rows are equal.

  bool is_equal() const { return difference.empty(); }
};

// Compares the columns of `relation` (quoted) by name and order, names in any case, and its rows as
// a multiset with those of the file. DuckDB holds the rows, within its memory limit. Errors: those
// of reading either side.
absl::StatusOr<RowsComparison> CompareWithCapture(data::Connection& connection,
                                                  const std::string& relation,
                                                  const std::filesystem::path& csv,
                                                  const Tolerance& tolerance);

}  // namespace datamigrate::verify
