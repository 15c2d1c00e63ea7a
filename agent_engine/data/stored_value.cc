#include "agent_engine/data/stored_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "agent_engine/data/calendar.h"

namespace datamigrate::data {
namespace {

using Int128 = __int128;

constexpr int64_t kNanosPerMicro = 1000;
constexpr int64_t kMicrosPerDay = kSecondsPerDay * 1'000'000;

template <typename T>
void Put(void* values, idx_t row, T value) {
  static_cast<T*>(values)[row] = value;
}

template <typename T>
T Get(const void* values, idx_t row) {
  return static_cast<const T*>(values)[row];
}

std::string_view WithoutPlus(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  return text;
}

template <typename T>
Fit StoreInteger(std::string_view text, void* values, idx_t row) {
  text = WithoutPlus(text);
  T value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return Fit::kNot;
  Put(values, row, value);
  return Fit::kExact;
}

template <typename T>
Fit StoreFloating(std::string_view text, void* values, idx_t row) {
  text = WithoutPlus(text);
  T value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return Fit::kNot;
  Put(values, row, value);
  return Fit::kExact;
}

// Sign, digits, point and digits, without superfluous zeros.
struct Decimal {
  bool is_negative = false;
  std::string_view whole, fraction;
};

std::optional<Decimal> SplitDecimal(std::string_view text) {
  Decimal decimal;
  decimal.is_negative = text.starts_with('-');
  if (decimal.is_negative)
    text.remove_prefix(1);
  else
    text = WithoutPlus(text);
  const size_t point = std::min(text.find('.'), text.size());
  decimal.whole = text.substr(0, point);
  if (point < text.size()) decimal.fraction = text.substr(point + 1);
  if (decimal.whole.empty() && decimal.fraction.empty()) return std::nullopt;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::ranges::all_of(decimal.whole, is_digit)) return std::nullopt;
  if (!std::ranges::all_of(decimal.fraction, is_digit)) return std::nullopt;
  while (decimal.whole.starts_with('0')) decimal.whole.remove_prefix(1);
  while (decimal.fraction.ends_with('0')) decimal.fraction.remove_suffix(1);
  return decimal;
}

// The value times 10^scale; empty when it does not fit `width` digits or has more decimals.
std::optional<Int128> ScaledValue(std::string_view text, int width, int scale) {
  const auto decimal = SplitDecimal(text);
  if (!decimal || static_cast<int>(decimal->whole.size()) > width - scale ||
      static_cast<int>(decimal->fraction.size()) > scale) {
    return std::nullopt;
  }
  Int128 value = 0;
  for (const char c : decimal->whole) value = value * 10 + (c - '0');
  for (int i = 0; i < scale; ++i) {
    const bool has_digit = i < static_cast<int>(decimal->fraction.size());
    value = value * 10 + (has_digit ? decimal->fraction[i] - '0' : 0);
  }
  return decimal->is_negative ? -value : value;
}

void PutInt128(void* values, idx_t row, Int128 value) {
  Put(values, row, duckdb_hugeint{static_cast<uint64_t>(value), static_cast<int64_t>(value >> 64)});
}

Int128 GetInt128(const void* values, idx_t row) {
  const auto value = Get<duckdb_hugeint>(values, row);
  return static_cast<Int128>(value.upper) << 64 | value.lower;
}

Fit StoreDecimal(const StoredType& type, std::string_view text, void* values, idx_t row) {
  const auto value = ScaledValue(text, type.width, type.scale);
  if (!value) return Fit::kNot;
  switch (type.storage) {
    case DUCKDB_TYPE_SMALLINT:
      Put(values, row, static_cast<int16_t>(*value));
      break;
    case DUCKDB_TYPE_INTEGER:
      Put(values, row, static_cast<int32_t>(*value));
      break;
    case DUCKDB_TYPE_BIGINT:
      Put(values, row, static_cast<int64_t>(*value));
      break;
    default:
      PutInt128(values, row, *value);
  }
  return Fit::kExact;
}

std::string Int128Text(Int128 value) {
  const bool is_negative = value < 0;
  auto rest = static_cast<unsigned __int128>(is_negative ? -value : value);
  std::string text;
  do {
    text += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  if (is_negative) text += '-';
  std::ranges::reverse(text);
  return text;
}

Int128 DecimalValue(const StoredType& type, const void* values, idx_t row) {
  switch (type.storage) {
    case DUCKDB_TYPE_SMALLINT:
      return Get<int16_t>(values, row);
    case DUCKDB_TYPE_INTEGER:
      return Get<int32_t>(values, row);
    case DUCKDB_TYPE_BIGINT:
      return Get<int64_t>(values, row);
    default:
      return GetInt128(values, row);
  }
}

std::string DecimalText(const StoredType& type, const void* values, idx_t row) {
  const Int128 value = DecimalValue(type, values, row);
  std::string digits = Int128Text(value < 0 ? -value : value);
  if (digits.size() <= type.scale) digits.insert(0, type.scale + 1 - digits.size(), '0');
  if (type.scale > 0) {
    digits.insert(digits.size() - type.scale, ".");
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
  }
  return (value < 0 ? "-" : "") + digits;
}

template <typename T>
std::string FloatingText(T value) {
  if (value == 0) value = 0;  // No negative zero: SQL Server shows none.
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return std::string(text, end);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

constexpr char kHexDigits[] = "0123456789ABCDEF";

Fit StoreBlob(std::string_view text, duckdb_vector vector, idx_t row) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) return Fit::kNot;
  text.remove_prefix(2);
  if (text.size() % 2 != 0) return Fit::kNot;
  std::string bytes(text.size() / 2, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int high = HexDigit(text[2 * i]), low = HexDigit(text[2 * i + 1]);
    if (high < 0 || low < 0) return Fit::kNot;
    bytes[i] = static_cast<char>(high << 4 | low);
  }
  duckdb_unsafe_vector_assign_string_element_len(vector, row, bytes.data(), bytes.size());
  return Fit::kExact;
}

bool IsUtf8(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; })) {
    return true;
  }
  duckdb_error_data error = duckdb_valid_utf8_check(text.data(), text.size());
  const bool is_valid = error == nullptr;
  if (!is_valid) duckdb_destroy_error_data(&error);
  return is_valid;
}

Fit StoreString(std::string_view text, duckdb_vector vector, idx_t row) {
  if (!IsUtf8(text)) return Fit::kNot;
  duckdb_unsafe_vector_assign_string_element_len(vector, row, text.data(), text.size());
  return Fit::kExact;
}

// DuckDB flips the highest bit, so that UUIDs sort as unsigned numbers.
Fit StoreUuid(std::string_view text, void* values, idx_t row) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  if (text.size() != 36) return Fit::kNot;
  unsigned __int128 value = 0;
  for (size_t i = 0; i < 36; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return Fit::kNot;
      continue;
    }
    const int digit = HexDigit(text[i]);
    if (digit < 0) return Fit::kNot;
    value = value << 4 | static_cast<unsigned>(digit);
  }
  PutInt128(values, row, static_cast<Int128>(value ^ (static_cast<unsigned __int128>(1) << 127)));
  return Fit::kExact;
}

std::string UuidText(const void* values, idx_t row) {
  auto value = static_cast<unsigned __int128>(GetInt128(values, row)) ^
               (static_cast<unsigned __int128>(1) << 127);
  std::string text(36, '-');
  for (int i = 35; i >= 0; --i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) continue;
    text[i] = kHexDigits[static_cast<int>(value & 15)];
    value >>= 4;
  }
  return text;
}

std::string BlobText(const void* values, idx_t row) {
  auto value = Get<duckdb_string_t>(values, row);
  const std::string_view bytes(duckdb_string_t_data(&value), duckdb_string_t_length(value));
  std::string text = "0x";
  text.reserve(2 + 2 * bytes.size());
  for (const char c : bytes) {
    text += kHexDigits[static_cast<uint8_t>(c) >> 4];
    text += kHexDigits[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

std::string StringText(const void* values, idx_t row) {
  auto value = Get<duckdb_string_t>(values, row);
  return std::string(duckdb_string_t_data(&value), duckdb_string_t_length(value));
}

// Nanoseconds per unit of a type for clock times and points of time; 0 for every other type.
int64_t UnitNanos(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_TIMESTAMP_S:
      return kNanosPerSecond;
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return 1'000'000;
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return kNanosPerMicro;
    case DUCKDB_TYPE_TIME_NS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return 1;
    default:
      return 0;
  }
}

Fit StoreTime(const StoredType& type, std::string_view text, void* values, idx_t row) {
  const auto nanos = ParseTime(text);
  if (!nanos) return Fit::kNot;
  const int64_t unit = UnitNanos(type.id);
  Put(values, row, *nanos / unit);
  return *nanos % unit == 0 ? Fit::kExact : Fit::kShortened;
}

Fit StoreTimestamp(const StoredType& type, std::string_view text, void* values, idx_t row) {
  const auto at = ParseDayTime(text);
  if (!at) return Fit::kNot;
  const int64_t unit = UnitNanos(type.id);
  const Int128 count =
      static_cast<Int128>(at->day) * (kSecondsPerDay * kNanosPerSecond / unit) + at->nanos / unit;
  if (count > std::numeric_limits<int64_t>::max() || count <= std::numeric_limits<int64_t>::min()) {
    return Fit::kNot;
  }
  Put(values, row, static_cast<int64_t>(count));
  return at->nanos % unit == 0 ? Fit::kExact : Fit::kShortened;
}

Fit StoreDate(std::string_view text, void* values, idx_t row) {
  const auto day = ParseDay(text);
  if (!day) return Fit::kNot;
  Put(values, row, static_cast<int32_t>(*day));
  return Fit::kExact;
}

Fit StoreBool(std::string_view text, void* values, idx_t row) {
  if (text != "0" && text != "1") return Fit::kNot;
  Put(values, row, text == "1");
  return Fit::kExact;
}

std::string PointText(int64_t day, int64_t nanos, bool has_zone) {
  return DayText(day) + " " + TimeText(nanos) + (has_zone ? " +00:00" : "");
}

std::string TimestampText(const StoredType& type, const void* values, idx_t row) {
  const auto count = Get<int64_t>(values, row);
  const int64_t unit = UnitNanos(type.id);
  const int64_t per_day = kSecondsPerDay * kNanosPerSecond / unit;
  int64_t day = count / per_day, rest = count % per_day;
  if (rest < 0) {
    rest += per_day;
    --day;
  }
  return PointText(day, rest * unit, type.id == DUCKDB_TYPE_TIMESTAMP_TZ);
}

std::string NormalizeDecimal(std::string_view text) {
  const auto decimal = SplitDecimal(text);
  if (!decimal) return std::string(text);
  std::string normal(decimal->whole.empty() ? "0" : decimal->whole);
  if (!decimal->fraction.empty()) normal += "." + std::string(decimal->fraction);
  return decimal->is_negative && normal != "0" ? "-" + normal : normal;
}

template <typename T>
std::string NormalizeFloating(std::string_view text) {
  T value;
  if (StoreFloating<T>(text, &value, 0) == Fit::kNot) return std::string(text);
  return FloatingText(value);
}

std::string NormalizeTimestamp(const StoredType& type, std::string_view text) {
  const auto at = ParseDayTime(text);
  if (!at) return std::string(text);
  const int64_t unit = UnitNanos(type.id);
  return PointText(at->day, at->nanos / unit * unit, type.id == DUCKDB_TYPE_TIMESTAMP_TZ);
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c -= 32;
  }
  return upper;
}

}  // namespace

bool IsLoadable(const StoredType& type) {
  switch (type.id) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB:
    case DUCKDB_TYPE_UUID:
    case DUCKDB_TYPE_DATE:
      return true;
    default:
      return UnitNanos(type.id) != 0;
  }
}

Fit StoreText(const StoredType& type, std::string_view text, duckdb_vector vector, void* values,
              idx_t row) {
  switch (type.id) {
    case DUCKDB_TYPE_BOOLEAN:
      return StoreBool(text, values, row);
    case DUCKDB_TYPE_TINYINT:
      return StoreInteger<int8_t>(text, values, row);
    case DUCKDB_TYPE_SMALLINT:
      return StoreInteger<int16_t>(text, values, row);
    case DUCKDB_TYPE_INTEGER:
      return StoreInteger<int32_t>(text, values, row);
    case DUCKDB_TYPE_BIGINT:
      return StoreInteger<int64_t>(text, values, row);
    case DUCKDB_TYPE_UTINYINT:
      return StoreInteger<uint8_t>(text, values, row);
    case DUCKDB_TYPE_USMALLINT:
      return StoreInteger<uint16_t>(text, values, row);
    case DUCKDB_TYPE_UINTEGER:
      return StoreInteger<uint32_t>(text, values, row);
    case DUCKDB_TYPE_UBIGINT:
      return StoreInteger<uint64_t>(text, values, row);
    case DUCKDB_TYPE_FLOAT:
      return StoreFloating<float>(text, values, row);
    case DUCKDB_TYPE_DOUBLE:
      return StoreFloating<double>(text, values, row);
    case DUCKDB_TYPE_DECIMAL:
      return StoreDecimal(type, text, values, row);
    case DUCKDB_TYPE_VARCHAR:
      return StoreString(text, vector, row);
    case DUCKDB_TYPE_BLOB:
      return StoreBlob(text, vector, row);
    case DUCKDB_TYPE_UUID:
      return StoreUuid(text, values, row);
    case DUCKDB_TYPE_DATE:
      return StoreDate(text, values, row);
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIME_NS:
      return StoreTime(type, text, values, row);
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return StoreTimestamp(type, text, values, row);
    default:
      return Fit::kNot;
  }
}

std::string StoredText(const StoredType& type, const void* values, idx_t row) {
  switch (type.id) {
    case DUCKDB_TYPE_BOOLEAN:
      return Get<bool>(values, row) ? "1" : "0";
    case DUCKDB_TYPE_TINYINT:
      return std::to_string(Get<int8_t>(values, row));
    case DUCKDB_TYPE_SMALLINT:
      return std::to_string(Get<int16_t>(values, row));
    case DUCKDB_TYPE_INTEGER:
      return std::to_string(Get<int32_t>(values, row));
    case DUCKDB_TYPE_BIGINT:
      return std::to_string(Get<int64_t>(values, row));
    case DUCKDB_TYPE_UTINYINT:
      return std::to_string(Get<uint8_t>(values, row));
    case DUCKDB_TYPE_USMALLINT:
      return std::to_string(Get<uint16_t>(values, row));
    case DUCKDB_TYPE_UINTEGER:
      return std::to_string(Get<uint32_t>(values, row));
    case DUCKDB_TYPE_UBIGINT:
      return std::to_string(Get<uint64_t>(values, row));
    case DUCKDB_TYPE_HUGEINT:
      return Int128Text(GetInt128(values, row));
    case DUCKDB_TYPE_FLOAT:
      return FloatingText(Get<float>(values, row));
    case DUCKDB_TYPE_DOUBLE:
      return FloatingText(Get<double>(values, row));
    case DUCKDB_TYPE_DECIMAL:
      return DecimalText(type, values, row);
    case DUCKDB_TYPE_VARCHAR:
      return StringText(values, row);
    case DUCKDB_TYPE_BLOB:
      return BlobText(values, row);
    case DUCKDB_TYPE_UUID:
      return UuidText(values, row);
    case DUCKDB_TYPE_DATE:
      return DayText(Get<int32_t>(values, row));
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIME_NS:
      return TimeText(Get<int64_t>(values, row) * UnitNanos(type.id));
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return TimestampText(type, values, row);
    default:
      return "?";
  }
}

std::string NormalizeText(const StoredType& type, std::string_view text) {
  switch (type.id) {
    case DUCKDB_TYPE_VARCHAR:
      return std::string(text);
    case DUCKDB_TYPE_FLOAT:
      return NormalizeFloating<float>(text);
    case DUCKDB_TYPE_DOUBLE:
      return NormalizeFloating<double>(text);
    case DUCKDB_TYPE_BLOB:
      return text.size() < 2 ? std::string(text) : "0x" + Upper(text.substr(2));
    case DUCKDB_TYPE_UUID:
      return Upper(text.starts_with('{') && text.size() == 38 ? text.substr(1, 36) : text);
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_DATE:
      return std::string(text);
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIME_NS: {
      const auto nanos = ParseTime(text);
      const int64_t unit = UnitNanos(type.id);
      return nanos ? TimeText(*nanos / unit * unit) : std::string(text);
    }
    default:
      return UnitNanos(type.id) == 0 ? NormalizeDecimal(text) : NormalizeTimestamp(type, text);
  }
}

}  // namespace datamigrate::data
