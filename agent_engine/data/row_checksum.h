// A checksum over rows that does not depend on their order: the sum of a hash of each row. The same
// on every machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace datamigrate::data {

// Hashes one row, cell by cell, in the order of its columns.
class RowHash {
 public:
  void Add(const std::optional<std::string>& cell) {
    if (cell)
      Add(std::string_view(*cell));
    else
      AddNull();
  }
  void Add(std::string_view cell);
  void AddNull();

  uint64_t value() const;

 private:
  void Mix(uint64_t word);

  uint64_t state_ = 0x9E3779B97F4A7C15;
};

// Rows and their checksum. Two sets of rows with equal counts and sums are the same, but for one
// chance in 2^64.
struct RowsChecksum {
  int64_t rows = 0;
  uint64_t sum = 0;

  void Add(const RowHash& row) {
    ++rows;
    sum += row.value();
  }
  // Sixteen hexadecimal digits.
  std::string Text() const;
  bool operator==(const RowsChecksum&) const = default;
};

}  // namespace datamigrate::data
