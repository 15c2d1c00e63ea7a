// The rows of a file as BULK INSERT puts them into a table: read from the file at each reading.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/source/scripts/rows/bulk_file.h"
#include "agent_engine/source/scripts/rows/row_store.h"
#include "agent_engine/source/scripts/values/sql_value.h"

namespace datamigrate::source {

// What a field of the file becomes. Fields are in the order of the table's columns.
struct BulkColumn {
  std::string name;
  catalog::DataType type;
  bool nullable = true;
  bool is_stored = true;     // False for a computed column: its field is passed over.
  bool is_numbered = false;  // An identity without KEEPIDENTITY: the field is passed over.
  int64_t first_number = 1;
  int64_t increment = 1;
  data::Cell empty_value;        // What an empty field means: NULL or the default.
  bool empty_is_new_id = false;  // The default is NEWID().
};

// A row that could not be taken.
struct BulkError {
  int64_t row = 0;
  std::string why;
};

class BulkRows final : public ForeignRows {
 public:
  // Reads the file once to count its rows and find the ones that do not fit, which are then left
  // out at each reading. Errors: kNotFound for the file; kInvalidArgument when more rows than
  // format.max_errors do not fit: the server then takes none.
  static absl::StatusOr<std::shared_ptr<const BulkRows>> Open(std::filesystem::path path,
                                                              BulkFormat format,
                                                              std::vector<BulkColumn> columns,
                                                              ConversionSettings settings,
                                                              std::vector<BulkError>& errors);

  absl::Status Read(const Consumer& consume) const override;
  int64_t count() const override { return count_; }

 private:
  BulkRows(std::filesystem::path path, BulkFormat format, std::vector<BulkColumn> columns,
           ConversionSettings settings);
  absl::StatusOr<data::Row> RowOf(int64_t number, int64_t taken,
                                  const std::vector<std::string>& fields) const;
  absl::StatusOr<data::Cell> CellOf(const BulkColumn& column, int64_t number,
                                    const std::string& field) const;

  std::filesystem::path path_;
  BulkFormat format_;
  std::vector<BulkColumn> columns_;
  ConversionSettings settings_;
  int64_t count_ = 0;
};

}  // namespace datamigrate::source
