// T-SQL's types and the rules that give expressions theirs.
//
// Sources: "Data type precedence", "Precision, scale, and length", "Data type conversion"
// (Transact-SQL reference).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent_engine/catalog/catalog.h"

namespace datamigrate::tsql {

// In order of data type precedence, lowest first, after the two that have none.
enum class TypeId : uint8_t {
  kUnknown,  // The type is not known, e.g. a column of a table that the catalog lacks.
  kNull,     // A bare NULL.
  kBinary,
  kVarBinary,
  kChar,
  kVarChar,
  kNChar,
  kNVarChar,
  kUniqueIdentifier,
  kRowVersion,
  kImage,
  kText,
  kNText,
  kBit,
  kTinyInt,
  kSmallInt,
  kInt,
  kBigInt,
  kSmallMoney,
  kMoney,
  kDecimal,
  kReal,
  kFloat,
  kTime,
  kDate,
  kSmallDateTime,
  kDateTime,
  kDateTime2,
  kDateTimeOffset,
  kXml,
  kSqlVariant,
  kHierarchyId,
  kGeography,
  kGeometry,
  kJson,
  kVector,
};

// The type of an expression. A plain value.
struct SqlType {
  static constexpr int32_t kMax = -1;

  TypeId id = TypeId::kUnknown;
  int32_t length = 0;     // Characters or bytes; kMax for (max); 0 where the type has none.
  int32_t precision = 0;  // decimal, money; and the digits of an integer literal.
  int32_t scale = 0;      // decimal, money; fractional seconds of time, datetime2, datetimeoffset.
  bool nullable = true;
  std::string collation{};  // Empty: the database's.

  bool operator==(const SqlType&) const = default;
};

SqlType MakeType(TypeId id, bool nullable = true);
SqlType MakeDecimal(int32_t precision, int32_t scale, bool nullable = true);
// A string or binary type of that length (SqlType::kMax for max).
SqlType MakeSized(TypeId id, int32_t length, bool nullable = true);

// The type of that catalog type; kUnknown for a name that T-SQL does not have.
SqlType FromCatalogType(const catalog::DataType& type);
// Its name and facets as the catalog writes them; an empty name for kUnknown and kNull.
catalog::DataType ToCatalogType(const SqlType& type);
// "decimal(18, 2)", for messages.
std::string TypeText(const SqlType& type);

bool IsInteger(TypeId id);   // tinyint to bigint; not bit.
bool IsIntegral(TypeId id);  // Those and bit.
bool IsMoney(TypeId id);
bool IsExactNumeric(TypeId id);  // Integral, money and decimal.
bool IsApproximate(TypeId id);
bool IsNumeric(TypeId id);
bool IsString(TypeId id);  // char to nvarchar, text, ntext.
bool IsUnicode(TypeId id);
bool IsFixedString(TypeId id);  // char, nchar.
bool IsBinary(TypeId id);
bool IsTemporal(TypeId id);     // date, time and all date-and-time types.
bool IsDateAndTime(TypeId id);  // datetime, smalldatetime, datetime2, datetimeoffset.
// A type whose values only methods or special functions can use.
bool IsOpaque(TypeId id);

// The decimal that an exact number is converted to in decimal arithmetic: int is decimal(10, 0), a
// literal has its own digits.
SqlType DecimalOf(const SqlType& type);

// The type of `left op right` for op in + - * / % & | ^. Empty when T-SQL refuses the pair.
// kUnknown when the type of an operand is unknown.
std::optional<SqlType> ArithmeticType(char op, const SqlType& left, const SqlType& right);

// The type that both sides are converted to in CASE, COALESCE, UNION, comparisons: the one of
// higher precedence, with facets that hold both. kUnknown when one side is unknown.
SqlType CommonType(const SqlType& left, const SqlType& right);

// Whether comparisons of strings under `collation` (empty: the default) tell "a" from "A", "a" from
// "á".
struct CollationTraits {
  bool case_sensitive = false;
  bool accent_sensitive = true;
  bool binary = false;
};
CollationTraits TraitsOf(std::string_view collation, std::string_view database_collation);

}  // namespace datamigrate::tsql
