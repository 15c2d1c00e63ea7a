// Cells in canonical text (data/row_source.h) to and from the memory of a DuckDB vector.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent_engine/data/duckdb_database.h"

namespace datamigrate::data {

enum class Fit : uint8_t {
  kExact,
  kShortened,  // Digits of a second that the type does not hold were cut off.
  kNot,        // Not a value of the type; nothing was written.
};

// Whether cells can be written to columns of that type.
bool IsLoadable(const StoredType& type);

// Writes one cell to row `row` of a vector, whose memory is `values`.
Fit StoreText(const StoredType& type, std::string_view text, duckdb_vector vector, void* values,
              idx_t row);

// The value at `row` in canonical text. Points of time with a zone are in UTC, "… +00:00". Nested
// types and intervals have no canonical text: they give "?".
std::string StoredText(const StoredType& type, const void* values, idx_t row);

// Brings a source's cell to the one spelling that StoredText() gives for the same value in a column
// of that type: no superfluous zeros, upper-case digits, fractions as long as the type holds. A
// cell that is no such value stays as it is.
std::string NormalizeText(const StoredType& type, std::string_view text);

}  // namespace datamigrate::data
