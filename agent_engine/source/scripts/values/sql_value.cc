#include "agent_engine/source/scripts/values/sql_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/text_encoding.h"

namespace datamigrate::source {

using catalog::DataType;

namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string_view TrimRight(std::string_view text) {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

// A value for a message: not too much of it.
std::string Shown(std::string_view text) {
  constexpr size_t kMaxBytes = 40;
  if (text.size() <= kMaxBytes) return absl::StrCat("'", std::string(text), "'");
  size_t end = kMaxBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat("'", std::string(text.substr(0, end)), "...'");
}

absl::Status DoesNotFit(const SqlValue& value, const DataType& target) {
  return absl::InvalidArgumentError(
      absl::StrCat("the value ", Shown(*value.text), " does not fit the type ", target.ToString()));
}

absl::Status NotConvertible(const SqlValue& value, const DataType& target) {
  return absl::InvalidArgumentError(
      absl::StrCat("a value of type ", value.type.name, " cannot become ", target.ToString()));
}

SqlValue Make(const DataType& type, std::string text) {
  return {type, std::move(text)};
}

bool IsNumberFamily(TypeFamily family) {
  return family == TypeFamily::kInteger || family == TypeFamily::kBit ||
         family == TypeFamily::kDecimal || family == TypeFamily::kMoney ||
         family == TypeFamily::kFloat;
}

bool IsTextFamily(TypeFamily family) {
  return family == TypeFamily::kText || family == TypeFamily::kXml ||
         family == TypeFamily::kOther || family == TypeFamily::kVariant;
}

bool IsDateFamily(TypeFamily family) {
  return family == TypeFamily::kDate || family == TypeFamily::kTime ||
         family == TypeFamily::kDateTime || family == TypeFamily::kDateTimeOffset;
}

bool IsBinaryFamily(TypeFamily family) {
  return family == TypeFamily::kBinary || family == TypeFamily::kSpatial;
}

struct IntegerRange {
  int64_t low;
  int64_t high;
  int bytes;
};

IntegerRange RangeOf(const DataType& type) {
  if (type.name == "tinyint") return {0, 255, 1};
  if (type.name == "smallint") return {-32'768, 32'767, 2};
  if (type.name == "int") return {INT32_MIN, INT32_MAX, 4};
  return {INT64_MIN, INT64_MAX, 8};
}

// Big-endian, as CONVERT between integers and binary does.
std::string BytesOf(int64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i)
    text += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
  return text;
}

int64_t IntegerOfBytes(std::string_view bytes, int width) {
  if (bytes.size() > static_cast<size_t>(width)) bytes = bytes.substr(bytes.size() - width);
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  // A binary that fills the width may be negative.
  if (bytes.size() == static_cast<size_t>(width) && width < 8 && width > 1) {
    const uint64_t sign = uint64_t{1} << (8 * width - 1);
    return static_cast<int64_t>((value ^ sign) - sign);
  }
  return static_cast<int64_t>(value);
}

// Numbers in texts, with what money accepts besides: a currency sign and commas.
std::optional<Decimal> NumberOfText(std::string_view text, bool is_money) {
  std::string digits;
  for (const char c : Trim(text)) {
    if (is_money && (c == ',' || c == '$')) continue;
    digits += c;
  }
  constexpr std::array<std::string_view, 4> kSigns = {"£", "€", "¥", "¤"};
  for (const std::string_view sign : kSigns) {
    const size_t at = is_money ? digits.find(sign) : std::string::npos;
    if (at != std::string::npos) digits.erase(at, sign.size());
  }
  if (digits.empty()) return Decimal{};
  if (!is_money && digits.find_first_of("eE") != std::string::npos) return std::nullopt;
  return ParseDecimal(digits);
}

absl::StatusOr<SqlValue> ToInteger(const SqlValue& value, const DataType& target) {
  const TypeFamily from = FamilyOf(value.type);
  const IntegerRange range = RangeOf(target);
  std::optional<Decimal> number;
  if (IsTextFamily(from)) {
    const std::string_view text = Trim(*value.text);
    if (text.find_first_not_of("+-0123456789") != std::string_view::npos) {
      return DoesNotFit(value, target);
    }
    number = text.empty() ? Decimal{} : ParseDecimal(text);
  } else if (IsBinaryFamily(from)) {
    const auto bytes = ParseHex(*value.text);
    if (!bytes) return NotConvertible(value, target);
    return Make(target, std::to_string(IntegerOfBytes(*bytes, range.bytes)));
  } else if (from == TypeFamily::kMoney) {
    number = DecimalOf(value);
    if (number) number = RoundDecimal(*number, 38, 0);
  } else if (IsNumberFamily(from)) {
    number = DecimalOf(value);
  } else if (from == TypeFamily::kDateTime &&
             (value.type.name == "datetime" || value.type.name == "smalldatetime")) {
    const auto moment = ParseCell(*value.text);
    if (moment) {
      number = Decimal{moment->day - kDay1900 + (moment->ticks * 2 >= kTicksPerDay ? 1 : 0), 10, 0};
    }
  } else {
    return NotConvertible(value, target);
  }
  if (!number) return DoesNotFit(value, target);
  __int128 whole = number->digits;
  for (int i = 0; i < number->scale; ++i) whole /= 10;
  if (whole < range.low || whole > range.high) return DoesNotFit(value, target);
  return Make(target, std::to_string(static_cast<int64_t>(whole)));
}

absl::StatusOr<SqlValue> ToBit(const SqlValue& value, const DataType& target) {
  const TypeFamily from = FamilyOf(value.type);
  if (IsTextFamily(from)) {
    const std::string_view text = Trim(*value.text);
    if (catalog::EqualNames(text, "true")) return Make(target, "1");
    if (catalog::EqualNames(text, "false") || text.empty()) return Make(target, "0");
    const auto number = NumberOfText(text, false);
    if (!number || number->scale > 0) return DoesNotFit(value, target);
    return Make(target, number->digits == 0 ? "0" : "1");
  }
  if (IsBinaryFamily(from)) {
    const auto bytes = ParseHex(*value.text);
    const bool is_set = bytes && !bytes->empty() && bytes->back() != '\0';
    return Make(target, is_set ? "1" : "0");
  }
  const auto number = DoubleOf(value);
  if (!number) return NotConvertible(value, target);
  return Make(target, *number == 0 ? "0" : "1");
}

absl::StatusOr<SqlValue> ToDecimal(const SqlValue& value, const DataType& target) {
  const TypeFamily from = FamilyOf(value.type);
  const bool is_text = IsTextFamily(from);
  if (!is_text && !IsNumberFamily(from)) return NotConvertible(value, target);
  if (is_text && Trim(*value.text).empty()) return DoesNotFit(value, target);
  const auto number = is_text ? NumberOfText(*value.text, false) : DecimalOf(value);
  if (!number) return DoesNotFit(value, target);
  const auto rounded = RoundDecimal(*number, target.precision, target.scale);
  if (!rounded) return DoesNotFit(value, target);
  return Make(target, FormatDecimal(*rounded));
}

absl::StatusOr<SqlValue> ToMoney(const SqlValue& value, const DataType& target) {
  const TypeFamily from = FamilyOf(value.type);
  std::optional<Decimal> number;
  if (IsTextFamily(from)) {
    number = NumberOfText(*value.text, true);
  } else if (IsNumberFamily(from)) {
    number = DecimalOf(value);
  } else {
    return NotConvertible(value, target);
  }
  if (number) number = RoundDecimal(*number, 23, 4);
  const __int128 limit = target.name == "smallmoney" ? INT32_MAX : INT64_MAX;
  if (!number || number->digits > limit || number->digits < -limit - 1) {
    return DoesNotFit(value, target);
  }
  return Make(target, FormatDecimal(*number));
}

absl::StatusOr<SqlValue> ToFloat(const SqlValue& value, const DataType& target) {
  const TypeFamily from = FamilyOf(value.type);
  std::optional<double> number;
  if (IsTextFamily(from)) {
    const std::string text(Trim(*value.text));
    char* end = nullptr;
    const double read = text.empty() ? 0 : std::strtod(text.c_str(), &end);
    const bool is_number =
        text.empty() || (end == text.c_str() + text.size() && std::isfinite(read) &&
                         text.find_first_of("xXnN") == std::string::npos);
    if (is_number) number = read;
  } else if (IsNumberFamily(from)) {
    number = DoubleOf(value);
  } else {
    return NotConvertible(value, target);
  }
  if (!number) return DoesNotFit(value, target);
  if (target.name != "real") return Make(target, FormatDouble(*number));
  if (std::abs(*number) > std::numeric_limits<float>::max()) return DoesNotFit(value, target);
  return Make(target, FormatFloat(static_cast<float>(*number)));
}

// Six significant digits, exponents of three digits: style 0 of float.
std::string FloatStyle0(double number) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6g", number);
  std::string text = buffer;
  const size_t e = text.find('e');
  if (e != std::string::npos && text.size() - e - 2 < 3)
    text.insert(e + 2, 3 - (text.size() - e - 2), '0');
  return text;
}

absl::StatusOr<std::string> PlainText(const SqlValue& value, const DataType& target,
                                      const ConversionSettings& settings) {
  const TypeFamily from = FamilyOf(value.type);
  if (from == TypeFamily::kMoney) {
    const auto number = DecimalOf(value);
    if (settings.style == 2) return *value.text;
    const auto rounded = number ? RoundDecimal(*number, 38, 2) : number;
    return rounded ? FormatDecimal(*rounded) : *value.text;
  }
  if (from == TypeFamily::kFloat) return FloatStyle0(DoubleOf(value).value_or(0));
  if (IsDateFamily(from)) {
    const auto moment = ParseCell(*value.text);
    const bool is_old = value.type.name == "datetime" || value.type.name == "smalldatetime";
    const int style = settings.has_style ? settings.style : is_old ? 0 : 121;
    const auto text = moment ? FormatStyle(*moment, value.type, style) : std::nullopt;
    if (!text) {
      return absl::UnimplementedError(
          absl::StrCat("style ", style, " of CONVERT from ", value.type.name));
    }
    return *text;
  }
  if (IsBinaryFamily(from)) {
    if (settings.style == 1) return *value.text;
    if (settings.style == 2) return value.text->substr(2);
    const auto bytes = ParseHex(*value.text);
    if (!bytes) return NotConvertible(value, target);
    return IsNational(target) ? Utf16ToUtf8(*bytes, false) : Windows1252ToUtf8(*bytes);
  }
  return *value.text;
}

size_t LengthIn(const DataType& type, std::string_view text) {
  if (IsNational(type)) return Utf16Length(text);
  return std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

// The longest start of `text` of at most `length` characters.
std::string_view Cut(const DataType& type, std::string_view text, size_t length) {
  size_t end = 0;
  while (end < text.size()) {
    size_t next = end + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) ++next;
    if (LengthIn(type, text.substr(0, next)) > length) break;
    end = next;
  }
  return text.substr(0, end);
}

absl::StatusOr<SqlValue> ToText(const SqlValue& value, const DataType& target,
                                const ConversionSettings& settings) {
  auto plain = PlainText(value, target, settings);
  if (!plain.ok()) return plain.status();
  std::string text = *std::move(plain);
  if (target.length <= 0) return Make(target, std::move(text));
  const auto limit = static_cast<size_t>(target.length);
  if (text.size() > limit && LengthIn(target, text) > limit) {
    const std::string_view kept = Cut(target, text, limit);
    const bool loses =
        std::string_view(text).substr(kept.size()).find_first_not_of(' ') != std::string_view::npos;
    // Numbers are never cut; dates and binary values always are.
    const TypeFamily from = FamilyOf(value.type);
    const bool is_refused =
        IsTextFamily(from) ? settings.place == ConversionPlace::kColumn : IsNumberFamily(from);
    if (loses && is_refused) {
      return DoesNotFit(value, target);
    }
    text = std::string(kept);
  }
  if (IsFixedLength(target)) text.append(limit - std::min(limit, LengthIn(target, text)), ' ');
  return Make(target, std::move(text));
}

// Bytes of a text in the encoding of its type; characters beyond Windows-1252 become '?'.
std::string EncodedBytes(const SqlValue& value) {
  std::string bytes;
  const bool is_national = IsNational(value.type);
  const std::string& text = *value.text;
  for (size_t at = 0; at < text.size();) {
    size_t next = at + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) ++next;
    const auto lead = static_cast<unsigned char>(text[at]);
    uint32_t code_point = next - at == 1 ? lead : lead & (0x7F >> (next - at));
    for (size_t i = at + 1; i < next; ++i) {
      code_point = code_point << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
    }
    at = next;
    const auto unit = [&](uint32_t u) {
      bytes += static_cast<char>(u & 0xFF);
      bytes += static_cast<char>(u >> 8);
    };
    if (!is_national) {
      bytes += code_point < 0x100 ? static_cast<char>(code_point) : '?';
    } else if (code_point >= 0x10000) {
      unit(0xD800 + ((code_point - 0x10000) >> 10));
      unit(0xDC00 + ((code_point - 0x10000) & 0x3FF));
    } else {
      unit(code_point);
    }
  }
  return bytes;
}

// A uniqueidentifier's first three groups are little-endian in its bytes.
constexpr std::array<int, 16> kGuidByteOrder = {3, 2, 1,  0,  5,  4,  7,  6,
                                                8, 9, 10, 11, 12, 13, 14, 15};

std::optional<std::string> ParseGuid(std::string_view text) {
  text = Trim(text);
  if (text.size() >= 2 && text.front() == '{' && text[37 < text.size() ? 37 : 0] == '}')
    text = text.substr(1, 36);
  if (text.size() > 36)
    text = text.substr(0, 36);  // More characters are passed over: "uniqueidentifier".
  if (text.size() != 36) return std::nullopt;
  std::string guid;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const auto c = static_cast<unsigned char>(text[i]);
    if (is_dash ? c != '-' : !std::isxdigit(c)) return std::nullopt;
    guid += static_cast<char>(std::toupper(c));
  }
  return guid;
}

absl::StatusOr<SqlValue> ToBinary(const SqlValue& value, const DataType& target,
                                  const ConversionSettings& settings) {
  const TypeFamily from = FamilyOf(value.type);
  std::string bytes;
  if (IsBinaryFamily(from)) {
    const auto parsed = ParseHex(*value.text);
    if (!parsed) return DoesNotFit(value, target);
    bytes = *parsed;
  } else if (from == TypeFamily::kInteger || from == TypeFamily::kBit) {
    const int width = from == TypeFamily::kBit ? 1 : RangeOf(value.type).bytes;
    bytes = BytesOf(IntegerOf(value).value_or(0), width);
    if (target.length > 0 && bytes.size() > static_cast<size_t>(target.length)) {
      bytes = bytes.substr(bytes.size() - target.length);
    }
    if (target.name == "binary") bytes.insert(0, target.length - bytes.size(), '\0');
  } else if (from == TypeFamily::kGuid) {
    std::string digits;
    for (const char c : *value.text) {
      if (c != '-') digits += c;
    }
    const std::string straight = ParseHex("0x" + digits).value_or("");
    for (size_t i = 0; i < straight.size(); ++i) bytes += straight[kGuidByteOrder[i]];
  } else if (IsTextFamily(from)) {
    if (settings.style == 1 || settings.style == 2) {
      const auto parsed = ParseHex(settings.style == 1 ? *value.text : "0x" + *value.text);
      if (!parsed) return DoesNotFit(value, target);
      bytes = *parsed;
    } else if (settings.place == ConversionPlace::kColumn) {
      return NotConvertible(value, target);
    } else {
      bytes = EncodedBytes(value);
    }
  } else {
    return absl::UnimplementedError(
        absl::StrCat("conversion of ", value.type.name, " to ", target.name));
  }
  if (target.length > 0 && bytes.size() > static_cast<size_t>(target.length)) {
    if (settings.place == ConversionPlace::kColumn) return DoesNotFit(value, target);
    bytes.resize(target.length);
  }
  if (target.name == "binary") bytes.resize(target.length, '\0');
  return Make(target, FormatHex(bytes));
}

absl::StatusOr<SqlValue> ToDateTime(const SqlValue& value, const DataType& target,
                                    const ConversionSettings& settings) {
  const TypeFamily from = FamilyOf(value.type);
  const bool is_old = target.name == "datetime" || target.name == "smalldatetime";
  std::optional<DateTime> moment;
  if (IsTextFamily(from)) {
    const DateOrder order = settings.has_style ? OrderOfStyle(settings.style, settings.date_order)
                                               : settings.date_order;
    moment = ParseDateTime(*value.text, order, is_old);
  } else if (IsDateFamily(from)) {
    moment = ParseCell(*value.text);
  } else if (is_old && IsNumberFamily(from)) {
    const double days = DoubleOf(value).value_or(0);
    const double whole = std::floor(days);
    if (whole < -53'690 || whole > 2'958'463) return DoesNotFit(value, target);
    moment = DateTime{kDay1900 + static_cast<int32_t>(whole),
                      static_cast<int64_t>((days - whole) * static_cast<double>(kTicksPerDay)), 0};
  } else {
    return NotConvertible(value, target);
  }
  if (moment) moment = RoundTo(*moment, target);
  if (!moment) return DoesNotFit(value, target);
  return Make(target, FormatCell(*moment, target));
}

absl::StatusOr<SqlValue> ToGuid(const SqlValue& value, const DataType& target) {
  const TypeFamily from = FamilyOf(value.type);
  if (IsTextFamily(from) || from == TypeFamily::kGuid) {
    const auto guid = ParseGuid(*value.text);
    if (!guid) return DoesNotFit(value, target);
    return Make(target, *guid);
  }
  const auto bytes = IsBinaryFamily(from) ? ParseHex(*value.text) : std::nullopt;
  if (!bytes || bytes->size() < 16) return NotConvertible(value, target);
  std::string straight;
  for (const int index : kGuidByteOrder) straight += (*bytes)[index];
  std::string guid = FormatHex(straight).substr(2);
  for (const size_t at : {8, 13, 18, 23}) guid.insert(at, 1, '-');
  return Make(target, guid);
}

absl::StatusOr<SqlValue> ToSpatial(const SqlValue& value, const DataType& target) {
  if (IsBinaryFamily(FamilyOf(value.type))) return Make(target, *value.text);
  return absl::UnimplementedError(
      absl::StrCat("a ", target.name, " that is not written as its bytes"));
}

// "Data type precedence (Transact-SQL)", lowest first.
constexpr auto kPrecedence = std::to_array<std::string_view>(
    {"binary",           "varbinary",  "char",       "varchar",        "nchar",       "nvarchar",
     "uniqueidentifier", "rowversion", "image",      "text",           "ntext",       "bit",
     "tinyint",          "smallint",   "int",        "bigint",         "smallmoney",  "money",
     "numeric",          "decimal",    "real",       "float",          "time",        "date",
     "smalldatetime",    "datetime",   "datetime2",  "datetimeoffset", "hierarchyid", "geometry",
     "geography",        "xml",        "sql_variant"});

size_t PrecedenceOf(const DataType& type) {
  return std::ranges::find(kPrecedence, std::string_view(type.name)) - kPrecedence.begin();
}

DataType AsDecimalType(const DataType& type) {
  if (FamilyOf(type) == TypeFamily::kDecimal) return type;
  if (FamilyOf(type) == TypeFamily::kMoney) return {"decimal", 0, 19, 4, {}};
  // A literal of an integer type has the precision of its digits.
  if (type.precision > 0) return {"decimal", 0, type.precision, 0, {}};
  return {"decimal", 0, type.name == "bigint" ? 19 : 10, 0, {}};
}

}  // namespace

SqlValue NullValue() {
  return {};
}

SqlValue IntValue(int64_t value) {
  const bool fits = value >= INT32_MIN && value <= INT32_MAX;
  return {{fits ? "int" : "bigint", 0, 0, 0, {}}, std::to_string(value)};
}

SqlValue BitValue(bool value) {
  return {{"bit", 0, 0, 0, {}}, value ? "1" : "0"};
}

SqlValue TextValue(std::string text, bool is_national) {
  return {{is_national ? "nvarchar" : "varchar", DataType::kMax, 0, 0, {}}, std::move(text)};
}

namespace {

// Whether a value of type `from` is a value of type `target` as it stands.
bool IsSameType(const DataType& from, const DataType& target) {
  if (from.name != target.name || from.precision != target.precision || from.scale != target.scale)
    return false;
  const bool is_sized = target.length != 0;
  return !is_sized || from.length == target.length ||
         (target.length == DataType::kMax && !IsFixedLength(target));
}

}  // namespace

absl::StatusOr<SqlValue> Convert(const SqlValue& value, const DataType& target,
                                 const ConversionSettings& settings) {
  if (!value.is_null() && IsSameType(value.type, target) && FamilyOf(target) != TypeFamily::kText) {
    return SqlValue{target, value.text};
  }
  if (value.is_null() || target.name.empty())
    return SqlValue{target.name.empty() ? value.type : target, value.text};
  switch (FamilyOf(target)) {
    case TypeFamily::kInteger:
      return ToInteger(value, target);
    case TypeFamily::kBit:
      return ToBit(value, target);
    case TypeFamily::kDecimal:
      return ToDecimal(value, target);
    case TypeFamily::kMoney:
      return ToMoney(value, target);
    case TypeFamily::kFloat:
      return ToFloat(value, target);
    case TypeFamily::kText:
    case TypeFamily::kXml:
      return ToText(value, target, settings);
    case TypeFamily::kBinary:
      return ToBinary(value, target, settings);
    case TypeFamily::kDate:
    case TypeFamily::kTime:
    case TypeFamily::kDateTime:
    case TypeFamily::kDateTimeOffset:
      return ToDateTime(value, target, settings);
    case TypeFamily::kGuid:
      return ToGuid(value, target);
    case TypeFamily::kSpatial:
      return ToSpatial(value, target);
    case TypeFamily::kVariant:
    case TypeFamily::kOther:
      return Make(target, *value.text);
  }
  return NotConvertible(value, target);
}

DataType CommonType(const DataType& left, const DataType& right) {
  if (left.name.empty()) return right;
  if (right.name.empty()) return left;
  const bool left_wins = PrecedenceOf(left) >= PrecedenceOf(right);
  const DataType& winner = left_wins ? left : right;
  const DataType& loser = left_wins ? right : left;
  const TypeFamily family = FamilyOf(winner);
  if (family == TypeFamily::kDecimal && IsNumberFamily(FamilyOf(loser))) {
    const DataType a = AsDecimalType(left), b = AsDecimalType(right);
    const int scale = std::max(a.scale, b.scale);
    const int precision = std::max(a.precision - a.scale, b.precision - b.scale) + scale;
    return {winner.name, 0, std::min(precision, 38), scale, {}};
  }
  DataType type = winner;
  if (family == TypeFamily::kInteger) type.precision = 0;
  if ((family == TypeFamily::kText || family == TypeFamily::kBinary) && winner.length > 0) {
    const bool is_max = loser.length == DataType::kMax;
    type.length = is_max ? DataType::kMax : std::max(winner.length, loser.length);
  }
  if (type.name == "char") type.name = "varchar";
  if (type.name == "nchar") type.name = "nvarchar";
  if (family == TypeFamily::kDateTime || family == TypeFamily::kTime) {
    type.scale = std::max(winner.scale, loser.name == winner.name ? loser.scale : 0);
  }
  return type;
}

absl::StatusOr<std::optional<int>> Compare(const SqlValue& left, const SqlValue& right,
                                           const ConversionSettings& settings) {
  if (left.is_null() || right.is_null()) return std::optional<int>();
  const DataType common = CommonType(left.type, right.type);
  const TypeFamily family = FamilyOf(common);
  if (family == TypeFamily::kText || family == TypeFamily::kOther) {
    const std::string a = catalog::FoldName(TrimRight(*left.text));
    const std::string b = catalog::FoldName(TrimRight(*right.text));
    return std::optional<int>(a.compare(b));
  }
  ConversionSettings cast = settings;
  cast.place = ConversionPlace::kCast;
  const auto a = Convert(left, common, cast), b = Convert(right, common, cast);
  if (!a.ok()) return a.status();
  if (!b.ok()) return b.status();
  if (family == TypeFamily::kFloat) {
    const double x = DoubleOf(*a).value_or(0), y = DoubleOf(*b).value_or(0);
    return std::optional<int>(x < y ? -1 : x > y);
  }
  if (IsNumberFamily(family)) {
    const auto x = DecimalOf(*a), y = DecimalOf(*b);
    return std::optional<int>(x && y ? CompareDecimals(*x, *y) : 0);
  }
  if (IsDateFamily(family)) {
    const auto x = ParseCell(*a->text), y = ParseCell(*b->text);
    if (!x || !y) return std::optional<int>();
    const auto moment = [](const DateTime& d) {
      return static_cast<__int128>(d.day) * kTicksPerDay + d.ticks -
             d.offset * 60 * kTicksPerSecond;
    };
    return std::optional<int>(moment(*x) < moment(*y) ? -1 : moment(*x) > moment(*y));
  }
  return std::optional<int>(a->text->compare(*b->text));
}

std::optional<Decimal> DecimalOf(const SqlValue& value) {
  if (value.is_null()) return std::nullopt;
  auto number = ParseDecimal(*value.text);
  if (!number) return std::nullopt;
  const TypeFamily family = FamilyOf(value.type);
  if (IsNumberFamily(family) && family != TypeFamily::kFloat) {
    const DataType type = AsDecimalType(value.type);
    number->precision = std::max(type.precision, number->precision);
  }
  return number;
}

std::optional<double> DoubleOf(const SqlValue& value) {
  if (value.is_null()) return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(value.text->c_str(), &end);
  if (value.text->empty() || *end != '\0') return std::nullopt;
  return number;
}

std::optional<int64_t> IntegerOf(const SqlValue& value) {
  if (value.is_null()) return std::nullopt;
  int64_t number = 0;
  const std::string& text = *value.text;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

std::string FormatDouble(double value) {
  char buffer[40];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, value == 0 ? 0.0 : value);
  return {buffer, written.ptr};
}

std::string FormatFloat(float value) {
  char buffer[40];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, value == 0 ? 0.0F : value);
  return {buffer, written.ptr};
}

std::string FormatHex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text = "0x";
  text.reserve(2 + 2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<std::string> ParseHex(std::string_view text) {
  if (text.size() < 2 || text[0] != '0' || (text[1] | 0x20) != 'x') return std::nullopt;
  text.remove_prefix(2);
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  std::string bytes;
  bytes.reserve(text.size() / 2 + 1);
  // An odd first digit has a zero before it: 0xF is 0x0F.
  if (text.size() % 2 == 1) {
    if (digit(text[0]) < 0) return std::nullopt;
    bytes += static_cast<char>(digit(text[0]));
    text.remove_prefix(1);
  }
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

}  // namespace datamigrate::source
