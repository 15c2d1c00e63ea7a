// Rows of one table as the source gives them, before any target has seen them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "agent_engine/catalog/catalog.h"

namespace datamigrate::data {

// A value in canonical text, or NULL. By source type:
//   integers, decimal, money: plain digits with sign and point; money with 4 decimals; float, real: shortest round trip
//   bit: 0 or 1;  char types, xml: the text in UTF-8;  uniqueidentifier: upper-case 8-4-4-4-12
//   date: YYYY-MM-DD;  time: HH:MM:SS[.f];  datetime types: YYYY-MM-DD HH:MM:SS[.f];  datetimeoffset: … +HH:MM at the end
//   binary types, rowversion, hierarchyid, geography: 0x and hexadecimal digits
using Cell = std::optional<std::string>;
using Row = std::vector<Cell>;  // One cell per column that is not computed, in the table's order.

struct RowBatch {
  std::vector<Row> rows;
};

using RowSink = std::function<absl::Status(RowBatch batch)>;

// Gives a table's rows in bounded batches. Implementations: scripts, ODBC. Safe to call from several threads at once for
// different tables.
class RowSource {
 public:
  virtual ~RowSource() = default;

  // Calls `sink` with batches of at most `batch_rows` rows, always in the same order, and stops at its first error, which
  // it returns. Memory use is bounded by the batch, not by the table. kNotFound: the source does not know the table.
  virtual absl::Status ReadTable(const catalog::ObjectName& table, int batch_rows,
                                 const RowSink& sink) = 0;
};

}  // namespace datamigrate::data
