// Reads the file of a BULK INSERT as the server does.
//
// Rules: "BULK INSERT (Transact-SQL)", "Specify field and row terminators (SQL Server)", "Keep
// nulls or default values during bulk import".
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/source/scripts/rows/row_store.h"

namespace datamigrate::source {

struct BulkFormat {
  std::string field_terminator = "\t";
  std::string row_terminator = "\n";
  bool is_wide = false;  // DATAFILETYPE = 'widechar': UTF-16.
  bool is_csv = false;   // FORMAT = 'CSV': fields may stand in quotes.
  char field_quote = '"';
  std::string code_page = "oem";  // CODEPAGE: "acp", "oem", "raw" or a number.
  int64_t first_row = 1;
  int64_t last_row = 0;  // 0: to the end.
  int max_errors = 10;
};

// A terminator as it is written: \t \n \r \0 \\ and 0x0a. "\n" ends rows at CR LF too: it stands
// for both on the server.
std::string ParseTerminator(std::string_view written);

// Reads fields of a file in blocks; memory is bounded by the longest row.
class BulkFileReader {
 public:
  // The texts of one row, in UTF-8; `number` counts from 1 from the file's beginning.
  using Consumer = std::function<absl::Status(int64_t number, std::vector<std::string>& fields)>;

  // Gives every row from first_row to last_row, each with `field_count` fields where the file has
  // as many: the last field runs to the row's end. Errors: kNotFound or kPermissionDenied for the
  // file; the consumer's first error.
  static absl::Status Read(const std::filesystem::path& path, const BulkFormat& format,
                           size_t field_count, const Consumer& consume);
};

}  // namespace datamigrate::source
