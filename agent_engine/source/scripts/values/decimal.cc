#include "agent_engine/source/scripts/values/decimal.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <boost/multiprecision/cpp_int.hpp>

namespace datamigrate::source {
namespace {

using Wide = boost::multiprecision::int512_t;

constexpr int kMaxPrecision = 38;

Wide PowerOfTen(int exponent) {
  Wide power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// Divides and rounds half away from zero.
Wide DivideRounded(const Wide& dividend, const Wide& divisor) {
  const Wide quotient = dividend / divisor;
  const Wide remainder = abs(dividend % divisor);
  if (remainder * 2 < abs(divisor)) return quotient;
  const bool negative = (dividend < 0) != (divisor < 0);
  return negative ? quotient - 1 : quotient + 1;
}

Wide Rescale(const Wide& digits, int from, int to) {
  return to >= from ? Wide(digits * PowerOfTen(to - from))
                    : DivideRounded(digits, PowerOfTen(from - to));
}

std::optional<Decimal> Make(const Wide& digits, int precision, int scale) {
  if (abs(digits) >= PowerOfTen(std::min(precision, kMaxPrecision))) return std::nullopt;
  return Decimal{static_cast<__int128>(digits), std::min(precision, kMaxPrecision), scale};
}

Wide ToWide(const Decimal& value) {
  return Wide(value.digits);
}

struct ResultType {
  int precision;
  int scale;
};

// The table of "Precision, scale, and length", with its rules for results beyond 38 digits.
ResultType TypeOf(const Decimal& left, Arithmetic operation, const Decimal& right) {
  const int p1 = left.precision, s1 = left.scale, p2 = right.precision, s2 = right.scale;
  ResultType type{};
  switch (operation) {
    case Arithmetic::kAdd:
    case Arithmetic::kSubtract:
      type = {std::max(s1, s2) + std::max(p1 - s1, p2 - s2) + 1, std::max(s1, s2)};
      break;
    case Arithmetic::kMultiply:
      type = {p1 + p2 + 1, s1 + s2};
      break;
    case Arithmetic::kDivide: {
      const int scale = std::max(6, s1 + p2 + 1);
      type = {p1 - s1 + s2 + scale, scale};
      break;
    }
    case Arithmetic::kRemainder:
      type = {std::min(p1 - s1, p2 - s2) + std::max(s1, s2), std::max(s1, s2)};
      break;
  }
  if (type.precision <= kMaxPrecision) return type;
  const int integral = type.precision - type.scale;
  if (operation == Arithmetic::kAdd || operation == Arithmetic::kSubtract) {
    return {kMaxPrecision, std::min(type.scale, std::max(kMaxPrecision - integral, 0))};
  }
  const int scale =
      integral < 32 ? std::min(type.scale, kMaxPrecision - integral) : std::min(type.scale, 6);
  return {kMaxPrecision, scale};
}

}  // namespace

std::optional<Decimal> ParseDecimal(std::string_view text) {
  size_t at = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++at;
  Wide digits = 0;
  int scale = 0, count = 0;
  bool seen_point = false, seen_digit = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !seen_point) {
      seen_point = true;
    } else if (c >= '0' && c <= '9') {
      seen_digit = true;
      if (count > 100) return std::nullopt;
      if (digits != 0 || c != '0') ++count;
      digits = digits * 10 + (c - '0');
      scale += seen_point;
    } else {
      break;
    }
  }
  if (!seen_digit) return std::nullopt;
  int exponent = 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    if (++at < text.size() && text[at] == '+') ++at;
    const auto parsed = std::from_chars(text.data() + at, text.data() + text.size(), exponent);
    if (parsed.ec != std::errc() || std::abs(exponent) > 100) return std::nullopt;
    at = parsed.ptr - text.data();
  }
  if (at != text.size()) return std::nullopt;
  scale -= exponent;
  if (scale < 0) {
    digits *= PowerOfTen(-scale);
    scale = 0;
  }
  const int kept = std::min(scale, kMaxPrecision);
  digits = Rescale(digits, scale, kept);
  int precision = 0;
  for (Wide rest = digits; rest > 0 && precision <= kMaxPrecision; rest /= 10) ++precision;
  if (precision > kMaxPrecision || digits >= PowerOfTen(kMaxPrecision)) return std::nullopt;
  return Decimal{static_cast<__int128>(negative ? Wide(-digits) : digits),
                 std::max({precision, kept, 1}), kept};
}

std::string FormatDecimal(const Decimal& value) {
  const bool negative = value.digits < 0;
  unsigned __int128 rest = negative ? -static_cast<unsigned __int128>(value.digits)
                                    : static_cast<unsigned __int128>(value.digits);
  std::string text;
  for (int i = 0; rest > 0 || i <= value.scale; ++i) {
    if (i == value.scale && i > 0) text += '.';
    text += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  if (negative) text += '-';
  std::ranges::reverse(text);
  return text;
}

std::optional<Decimal> RoundDecimal(const Decimal& value, int precision, int scale) {
  return Make(Rescale(ToWide(value), value.scale, scale), precision, scale);
}

std::optional<Decimal> Compute(const Decimal& left, Arithmetic operation, const Decimal& right) {
  const ResultType type = TypeOf(left, operation, right);
  const int common = std::max(left.scale, right.scale);
  const Wide a = Rescale(ToWide(left), left.scale, common);
  const Wide b = Rescale(ToWide(right), right.scale, common);
  switch (operation) {
    case Arithmetic::kAdd:
      return Make(Rescale(a + b, common, type.scale), type.precision, type.scale);
    case Arithmetic::kSubtract:
      return Make(Rescale(a - b, common, type.scale), type.precision, type.scale);
    case Arithmetic::kMultiply: {
      const Wide product = ToWide(left) * ToWide(right);
      return Make(Rescale(product, left.scale + right.scale, type.scale), type.precision,
                  type.scale);
    }
    case Arithmetic::kDivide:
      if (b == 0) return std::nullopt;
      // Division cuts, it does not round.
      return Make(a * PowerOfTen(type.scale) / b, type.precision, type.scale);
    case Arithmetic::kRemainder:
      if (b == 0) return std::nullopt;
      return Make(a % b, std::max(type.precision, common + 1), common);
  }
  return std::nullopt;
}

int CompareDecimals(const Decimal& left, const Decimal& right) {
  const int common = std::max(left.scale, right.scale);
  const Wide a = Rescale(ToWide(left), left.scale, common);
  const Wide b = Rescale(ToWide(right), right.scale, common);
  return a < b ? -1 : a > b ? 1 : 0;
}

double ToDouble(const Decimal& value) {
  return std::strtod(FormatDecimal(value).c_str(), nullptr);
}

}  // namespace datamigrate::source
