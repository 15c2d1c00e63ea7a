// Rows that a statement returned, with typed access.
#ifndef DATAMIGRATE_COMMON_PG_RESULT_H_
#define DATAMIGRATE_COMMON_PG_RESULT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/time/time.h"
#include "common/pg/statement.h"

struct pg_result;

namespace datamigrate::pg {

class Result;

// One row. Valid while its Result lives. Columns are asked for by name; a name that the
// statement did not select, NULL read as a plain type, or text that is not of the type is a
// mistake in our statement, not in the input, and stops the process.
class Row {
 public:
  // T: bool, int, int64_t, double, std::string, Bytes, absl::Time, std::optional of these.
  template <typename T>
  T Get(std::string_view column) const;

  bool IsNull(std::string_view column) const;

 private:
  friend class Result;
  Row(const pg_result* result, int row) : result_(result), row_(row) {}

  int Column(std::string_view name) const;
  struct Value;
  Value ValueOf(std::string_view column) const;

  const pg_result* result_;
  int row_;
};

template <>
bool Row::Get<bool>(std::string_view column) const;
template <>
int Row::Get<int>(std::string_view column) const;
template <>
int64_t Row::Get<int64_t>(std::string_view column) const;
template <>
double Row::Get<double>(std::string_view column) const;
template <>
std::string Row::Get<std::string>(std::string_view column) const;
template <>
Bytes Row::Get<Bytes>(std::string_view column) const;
template <>
absl::Time Row::Get<absl::Time>(std::string_view column) const;

namespace internal {
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
}  // namespace internal

template <typename T>
T Row::Get(std::string_view column) const {
  static_assert(internal::IsOptional<T>::value, "Row::Get does not know this type");
  if (IsNull(column)) return std::nullopt;
  return Get<typename T::value_type>(column);
}

// Everything one statement returned. Move-only; independent of its connection.
class Result {
 public:
  explicit Result(pg_result* result);  // takes ownership

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  Row operator[](std::size_t index) const;  // precondition: index < size()
  Row front() const { return (*this)[0]; }

  // Rows that INSERT, UPDATE, DELETE or SELECT touched.
  int64_t affected_rows() const;

  // What the server says it did: "COMMIT", "ROLLBACK", "INSERT 0 1".
  std::string_view command_tag() const;

  class Iterator {
   public:
    Iterator(const Result* result, std::size_t index) : result_(result), index_(index) {}
    Row operator*() const { return (*result_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const Result* result_;
    std::size_t index_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace datamigrate::pg

#endif  // DATAMIGRATE_COMMON_PG_RESULT_H_
