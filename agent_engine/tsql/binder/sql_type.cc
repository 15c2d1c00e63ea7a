#include "agent_engine/tsql/binder/sql_type.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace datamigrate::tsql {
namespace {

using enum TypeId;

struct TypeName {
  std::string_view name;
  TypeId id;
};

constexpr auto kTypeNames = std::to_array<TypeName>({
    {"bigint", kBigInt},
    {"binary", kBinary},
    {"bit", kBit},
    {"char", kChar},
    {"date", kDate},
    {"datetime", kDateTime},
    {"datetime2", kDateTime2},
    {"datetimeoffset", kDateTimeOffset},
    {"decimal", kDecimal},
    {"float", kFloat},
    {"geography", kGeography},
    {"geometry", kGeometry},
    {"hierarchyid", kHierarchyId},
    {"image", kImage},
    {"int", kInt},
    {"json", kJson},
    {"money", kMoney},
    {"nchar", kNChar},
    {"ntext", kNText},
    {"nvarchar", kNVarChar},
    {"real", kReal},
    {"rowversion", kRowVersion},
    {"smalldatetime", kSmallDateTime},
    {"smallint", kSmallInt},
    {"smallmoney", kSmallMoney},
    {"sql_variant", kSqlVariant},
    {"text", kText},
    {"time", kTime},
    {"tinyint", kTinyInt},
    {"uniqueidentifier", kUniqueIdentifier},
    {"varbinary", kVarBinary},
    {"varchar", kVarChar},
    {"vector", kVector},
    {"xml", kXml},
    // Synonyms: "Data type synonyms".
    {"character", kChar},
    {"dec", kDecimal},
    {"double precision", kFloat},
    {"integer", kInt},
    {"numeric", kDecimal},
    {"sysname", kNVarChar},
    {"timestamp", kRowVersion},
});

constexpr int32_t kMaxPrecision = 38;

int32_t DigitsOf(TypeId id) {
  switch (id) {
    case kBit:
      return 1;
    case kTinyInt:
      return 3;
    case kSmallInt:
      return 5;
    case kInt:
      return 10;
    case kBigInt:
      return 19;
    case kSmallMoney:
      return 10;
    case kMoney:
      return 19;
    default:
      return 18;
  }
}

SqlType Capped(int32_t precision, int32_t scale, bool nullable) {
  if (precision > kMaxPrecision) {
    const int32_t integral = precision - scale;
    if (integral < 32) {
      scale = std::min(scale, kMaxPrecision - integral);
    } else if (scale > 6) {
      scale = 6;
    }
    precision = kMaxPrecision;
  }
  return MakeDecimal(precision, scale, nullable);
}

SqlType DecimalArithmetic(char op, const SqlType& left, const SqlType& right, bool nullable) {
  const SqlType a = DecimalOf(left);
  const SqlType b = DecimalOf(right);
  const int32_t integral = std::max(a.precision - a.scale, b.precision - b.scale);
  const int32_t scale = std::max(a.scale, b.scale);
  switch (op) {
    case '*':
      return Capped(a.precision + b.precision + 1, a.scale + b.scale, nullable);
    case '/': {
      const int32_t quotient_scale = std::max(6, a.scale + b.precision + 1);
      return Capped(a.precision - a.scale + b.scale + quotient_scale, quotient_scale, nullable);
    }
    case '%':
      return Capped(std::min(a.precision - a.scale, b.precision - b.scale) + scale, scale,
                    nullable);
    default:
      if (integral + scale + 1 > kMaxPrecision) {
        return MakeDecimal(kMaxPrecision, std::min(scale, kMaxPrecision - integral), nullable);
      }
      return MakeDecimal(integral + scale + 1, scale, nullable);
  }
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

int32_t LongerOf(int32_t left, int32_t right) {
  if (left == SqlType::kMax || right == SqlType::kMax) return SqlType::kMax;
  return std::max(left, right);
}

// Characters that a value of a type without length needs as a string.
int32_t TextLength(const SqlType& type) {
  if (IsString(type.id) || IsBinary(type.id)) return type.length;
  switch (type.id) {
    case kUniqueIdentifier:
      return 36;
    case kDecimal:
      return type.precision + 2;
    default:
      return 30;
  }
}

}  // namespace

SqlType MakeType(TypeId id, bool nullable) {
  SqlType type{.id = id, .nullable = nullable};
  if (id == kMoney) type.precision = 19;
  if (id == kSmallMoney) type.precision = 10;
  if (IsMoney(id)) type.scale = 4;
  if (id == kTime || id == kDateTime2 || id == kDateTimeOffset) type.scale = 7;
  if (id == kText || id == kNText || id == kImage) type.length = SqlType::kMax;
  return type;
}

SqlType MakeDecimal(int32_t precision, int32_t scale, bool nullable) {
  return {.id = kDecimal, .precision = precision, .scale = scale, .nullable = nullable};
}

SqlType MakeSized(TypeId id, int32_t length, bool nullable) {
  return {.id = id, .length = length, .nullable = nullable};
}

SqlType FromCatalogType(const catalog::DataType& type) {
  std::string name = type.name;
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto* row = std::ranges::find(kTypeNames, std::string_view(name), &TypeName::name);
  if (row == kTypeNames.end()) return {};
  SqlType result = MakeType(row->id);
  if (name == "sysname") result.length = 128;
  if (IsString(result.id) || IsBinary(result.id)) {
    if (type.length != 0) result.length = type.length;
    if (result.length == 0) result.length = 1;
  }
  if (result.id == kDecimal) {
    result.precision = type.precision == 0 ? 18 : type.precision;
    result.scale = type.scale;
  }
  if (result.id == kTime || result.id == kDateTime2 || result.id == kDateTimeOffset) {
    result.scale = type.scale;
  }
  if (result.id == kFloat && type.precision > 0 && type.precision <= 24) result.id = kReal;
  return result;
}

catalog::DataType ToCatalogType(const SqlType& type) {
  catalog::DataType result;
  for (const TypeName& row : kTypeNames) {
    if (row.id == type.id) {
      result.name = row.name;
      break;
    }
  }
  if (IsString(type.id) || IsBinary(type.id)) result.length = type.length;
  if (type.id == kText || type.id == kNText || type.id == kImage) result.length = 0;
  if (type.id == kDecimal) {
    result.precision = type.precision;
    result.scale = type.scale;
  }
  if (type.id == kTime || type.id == kDateTime2 || type.id == kDateTimeOffset)
    result.scale = type.scale;
  return result;
}

std::string TypeText(const SqlType& type) {
  if (type.id == kUnknown) return "an unknown type";
  if (type.id == kNull) return "NULL";
  return ToCatalogType(type).ToString();
}

bool IsInteger(TypeId id) {
  return id >= kTinyInt && id <= kBigInt;
}
bool IsIntegral(TypeId id) {
  return id >= kBit && id <= kBigInt;
}
bool IsMoney(TypeId id) {
  return id == kMoney || id == kSmallMoney;
}
bool IsExactNumeric(TypeId id) {
  return id >= kBit && id <= kDecimal;
}
bool IsApproximate(TypeId id) {
  return id == kReal || id == kFloat;
}
bool IsNumeric(TypeId id) {
  return id >= kBit && id <= kFloat;
}
bool IsString(TypeId id) {
  return (id >= kChar && id <= kNVarChar) || id == kText || id == kNText;
}
bool IsUnicode(TypeId id) {
  return id == kNChar || id == kNVarChar || id == kNText;
}
bool IsFixedString(TypeId id) {
  return id == kChar || id == kNChar;
}
bool IsBinary(TypeId id) {
  return id == kBinary || id == kVarBinary || id == kImage || id == kRowVersion;
}
bool IsTemporal(TypeId id) {
  return id >= kTime && id <= kDateTimeOffset;
}
bool IsDateAndTime(TypeId id) {
  return id >= kSmallDateTime && id <= kDateTimeOffset;
}
bool IsOpaque(TypeId id) {
  return id == kXml || id == kSqlVariant || id == kHierarchyId || id == kGeography ||
         id == kGeometry || id == kJson || id == kVector;
}

SqlType DecimalOf(const SqlType& type) {
  if (type.id == kDecimal) return type;
  if (IsIntegral(type.id) && type.precision > 0)
    return MakeDecimal(type.precision, 0, type.nullable);
  return MakeDecimal(DigitsOf(type.id), IsMoney(type.id) ? 4 : 0, type.nullable);
}

std::optional<SqlType> ArithmeticType(char op, const SqlType& left, const SqlType& right) {
  const bool nullable = left.nullable || right.nullable;
  if (left.id == kUnknown || right.id == kUnknown) return SqlType{};
  if (left.id == kNull && right.id == kNull) return MakeType(kInt);
  const SqlType& a = left.id == kNull ? right : left;
  const SqlType& b = right.id == kNull ? left : right;
  const TypeId id = std::max(a.id, b.id);
  const bool is_bitwise = op == '&' || op == '|' || op == '^';
  if (IsOpaque(id)) return std::nullopt;
  if (IsString(id) || IsBinary(id)) {
    if (op != '+') return std::nullopt;
    int32_t length = SqlType::kMax;
    if (a.length != SqlType::kMax && b.length != SqlType::kMax) {
      length = std::min(a.length + b.length, IsUnicode(id) ? 4000 : 8000);
    }
    if (IsBinary(id)) return MakeSized(kVarBinary, length, nullable);
    SqlType result = MakeSized(IsUnicode(id) ? kNVarChar : kVarChar, length, nullable);
    result.collation = a.collation.empty() ? b.collation : a.collation;
    return result;
  }
  if (IsTemporal(id)) {
    // datetime and smalldatetime alone do arithmetic: with numbers of days, or with each other.
    if ((id != kDateTime && id != kSmallDateTime) || (op != '+' && op != '-')) return std::nullopt;
    return MakeType(id, nullable);
  }
  if (!IsNumeric(id)) return std::nullopt;
  if (is_bitwise && !IsIntegral(id)) return std::nullopt;
  if (id == kDecimal) return DecimalArithmetic(op, a, b, nullable || op == '/' || op == '%');
  SqlType result = MakeType(id, nullable || op == '/' || op == '%');
  if (id == kBit && !is_bitwise) return std::nullopt;
  return result;
}

SqlType CommonType(const SqlType& left, const SqlType& right) {
  const bool nullable = left.nullable || right.nullable;
  if (left.id == kNull || right.id == kNull) {
    SqlType result = left.id == kNull ? right : left;
    result.nullable = true;
    return result;
  }
  if (left.id == kUnknown || right.id == kUnknown) return SqlType{};
  SqlType result = left.id >= right.id ? left : right;
  const SqlType& other = left.id >= right.id ? right : left;
  result.nullable = nullable;
  if (IsIntegral(result.id)) result.precision = 0;
  if (result.id == kDecimal) {
    if (IsExactNumeric(other.id)) {
      const SqlType b = DecimalOf(other);
      const int32_t scale = std::max(result.scale, b.scale);
      const int32_t integral = std::max(result.precision - result.scale, b.precision - b.scale);
      const int32_t kept = std::min(scale, std::max(kMaxPrecision - integral, 0));
      return MakeDecimal(std::min(integral + scale, kMaxPrecision), kept, nullable);
    }
    return result;
  }
  if (IsString(result.id) || IsBinary(result.id)) {
    result.length = LongerOf(result.length, TextLength(other));
    // A fixed-length and a varying string make a varying one; so do two fixed ones of different
    // length.
    if (result.id == kNChar && other.id != kNChar) {
      if (other.id == kVarChar) result.id = kNVarChar;
    }
    if (result.collation.empty()) result.collation = other.collation;
  }
  if (result.id == kTime || result.id == kDateTime2 || result.id == kDateTimeOffset) {
    if (result.id == other.id) result.scale = std::max(result.scale, other.scale);
  }
  return result;
}

CollationTraits TraitsOf(std::string_view collation, std::string_view database_collation) {
  std::string name(collation.empty() || collation == "database_default" ? database_collation
                                                                        : collation);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  CollationTraits traits;
  traits.binary = Contains(name, "_BIN");
  traits.case_sensitive = traits.binary || Contains(name, "_CS");
  traits.accent_sensitive = traits.binary || !Contains(name, "_AI");
  return traits;
}

}  // namespace datamigrate::tsql
