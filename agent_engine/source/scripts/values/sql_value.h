// A value of T-SQL with its type, and conversions between types as the server does them.
//
// Rules: "CAST and CONVERT (Transact-SQL)", "Data type conversion (Database Engine)", "Constants
// (Transact-SQL)".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/source/scripts/values/date_time.h"
#include "agent_engine/source/scripts/values/decimal.h"

namespace datamigrate::source {

struct SqlValue {
  catalog::DataType
      type;  // Name empty: NULL without a type. An integer literal has a precision: its digits.
  std::optional<std::string> text;  // In the canonical form of row_source.h; none is NULL.

  bool is_null() const { return !text.has_value(); }
};

SqlValue NullValue();
SqlValue IntValue(int64_t value);  // int, or bigint where it does not fit.
SqlValue BitValue(bool value);
SqlValue TextValue(std::string text, bool is_national = true);

// What a text that is too long for its target does.
enum class ConversionPlace {
  kCast,    // CAST, CONVERT, variables: it is cut.
  kColumn,  // A column of a table: error 2628, unless only blanks are lost.
};

struct ConversionSettings {
  DateOrder date_order = DateOrder::kMdy;
  ConversionPlace place = ConversionPlace::kCast;
  int style = 0;
  bool has_style = false;
};

// Converts to `target`, whose alias must be resolved. NULL stays NULL.
// Errors: kInvalidArgument, saying what does not fit; kUnimplemented for conversions not done here
// (text to hierarchyid or geography).
absl::StatusOr<SqlValue> Convert(const SqlValue& value, const catalog::DataType& target,
                                 const ConversionSettings& settings);

// The type of higher precedence: "Data type precedence (Transact-SQL)".
catalog::DataType CommonType(const catalog::DataType& left, const catalog::DataType& right);

// Negative, 0 or positive, after conversion to the common type; texts as a case-insensitive,
// accent-sensitive collation does, trailing blanks ignored. Null when either is NULL. Errors: as
// Convert.
absl::StatusOr<std::optional<int>> Compare(const SqlValue& left, const SqlValue& right,
                                           const ConversionSettings& settings);

// A number of any numeric type as an exact decimal; null for other types and for values of float
// that do not fit.
std::optional<Decimal> DecimalOf(const SqlValue& value);
// A number of any numeric type.
std::optional<double> DoubleOf(const SqlValue& value);
std::optional<int64_t> IntegerOf(const SqlValue& value);

// The shortest text that reads back as the same number.
std::string FormatDouble(double value);
std::string FormatFloat(float value);

// "0x" and upper-case digits; and back (null for an odd or empty digit string without 0x).
std::string FormatHex(std::string_view bytes);
std::optional<std::string> ParseHex(std::string_view text);

}  // namespace datamigrate::source
