// Exact decimal numbers of up to 38 digits, with T-SQL's rules for the precision and scale of
// results.
//
// Rules: "Precision, scale, and length (Transact-SQL)", "decimal and numeric", "money and
// smallmoney".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace datamigrate::source {

struct Decimal {
  __int128 digits = 0;  // The number without its point.
  int precision = 1;    // Of its type, not of its value.
  int scale = 0;        // 0 to precision.
};

// Reads digits with an optional sign, point and exponent; null for anything else or more than 38
// digits. Digits after the point that do not fit are rounded away.
std::optional<Decimal> ParseDecimal(std::string_view text);
std::string FormatDecimal(const Decimal& value);

// Rounds half away from zero to `scale`; null when the result does not fit `precision`.
std::optional<Decimal> RoundDecimal(const Decimal& value, int precision, int scale);

enum class Arithmetic { kAdd, kSubtract, kMultiply, kDivide, kRemainder };
// Null on overflow and on division by zero.
std::optional<Decimal> Compute(const Decimal& left, Arithmetic operation, const Decimal& right);
// Negative, 0 or positive.
int CompareDecimals(const Decimal& left, const Decimal& right);

double ToDouble(const Decimal& value);

}  // namespace datamigrate::source
