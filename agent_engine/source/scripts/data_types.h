// Reads a data type of the syntax tree: synonyms, default lengths and scales, alias types.
//
// Rules: "Data types (Transact-SQL)", "Data type synonyms (Transact-SQL)", and each type's own
// page.
#pragma once

#include <string>
#include <string_view>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::source {

// Where the type is written decides the length of a bare char, nchar, varchar, nvarchar, binary,
// varbinary.
enum class TypePlace { kDeclaration /* 1 */, kCast /* 30 */ };

// The type that `type` (a kDataType) writes. For a type that is not built in, `name` is empty and
// `user_type` is set, in schema `default_schema` where the script gives none; ResolveUserType fills
// the rest.
catalog::DataType ReadDataType(tsql::Node type, TypePlace place, std::string_view default_schema);

// The same for a type's text, e.g. the argument of sp_addtype; name empty and no user type when it
// cannot be read.
catalog::DataType ParseDataType(std::string_view text, TypePlace place,
                                std::string_view default_schema);

// Gives `type` the base of `alias` and keeps its user_type.
void ResolveUserType(catalog::DataType& type, const catalog::UserType& alias);

enum class TypeFamily {
  kInteger,  // tinyint, smallint, int, bigint
  kBit,
  kDecimal,  // decimal, numeric
  kMoney,    // money, smallmoney
  kFloat,    // float, real
  kText,     // char, varchar, text and their national forms
  kBinary,   // binary, varbinary, image, rowversion
  kDate,
  kTime,
  kDateTime,  // datetime, smalldatetime, datetime2
  kDateTimeOffset,
  kGuid,
  kXml,
  kSpatial,  // hierarchyid, geography, geometry
  kVariant,
  kOther,  // json, vector, table, CLR types
};

TypeFamily FamilyOf(const catalog::DataType& type);
// nchar, nvarchar, ntext, xml.
bool IsNational(const catalog::DataType& type);
// char, nchar, binary: padded to their length.
bool IsFixedLength(const catalog::DataType& type);

}  // namespace datamigrate::source
