#include "agent_engine/source/scripts/data_types.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "agent_engine/tsql/parser/parser.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::source {
namespace {

using catalog::DataType;

// What a type's parameters mean and what they are when left out.
enum class Shape : uint8_t { kPlain, kLength, kPrecisionScale, kFloat, kFraction };

struct BuiltInType {
  std::string_view name;
  Shape shape;
  TypeFamily family;
};

constexpr auto kBuiltInTypes = std::to_array<BuiltInType>({
    {"bigint", Shape::kPlain, TypeFamily::kInteger},
    {"binary", Shape::kLength, TypeFamily::kBinary},
    {"bit", Shape::kPlain, TypeFamily::kBit},
    {"char", Shape::kLength, TypeFamily::kText},
    {"cursor", Shape::kPlain, TypeFamily::kOther},
    {"date", Shape::kPlain, TypeFamily::kDate},
    {"datetime", Shape::kPlain, TypeFamily::kDateTime},
    {"datetime2", Shape::kFraction, TypeFamily::kDateTime},
    {"datetimeoffset", Shape::kFraction, TypeFamily::kDateTimeOffset},
    {"decimal", Shape::kPrecisionScale, TypeFamily::kDecimal},
    {"float", Shape::kFloat, TypeFamily::kFloat},
    {"geography", Shape::kPlain, TypeFamily::kSpatial},
    {"geometry", Shape::kPlain, TypeFamily::kSpatial},
    {"hierarchyid", Shape::kPlain, TypeFamily::kSpatial},
    {"image", Shape::kPlain, TypeFamily::kBinary},
    {"int", Shape::kPlain, TypeFamily::kInteger},
    {"json", Shape::kPlain, TypeFamily::kOther},
    {"money", Shape::kPlain, TypeFamily::kMoney},
    {"nchar", Shape::kLength, TypeFamily::kText},
    {"ntext", Shape::kPlain, TypeFamily::kText},
    {"numeric", Shape::kPrecisionScale, TypeFamily::kDecimal},
    {"nvarchar", Shape::kLength, TypeFamily::kText},
    {"real", Shape::kPlain, TypeFamily::kFloat},
    {"rowversion", Shape::kPlain, TypeFamily::kBinary},
    {"smalldatetime", Shape::kPlain, TypeFamily::kDateTime},
    {"smallint", Shape::kPlain, TypeFamily::kInteger},
    {"smallmoney", Shape::kPlain, TypeFamily::kMoney},
    {"sql_variant", Shape::kPlain, TypeFamily::kVariant},
    {"table", Shape::kPlain, TypeFamily::kOther},
    {"text", Shape::kPlain, TypeFamily::kText},
    {"time", Shape::kFraction, TypeFamily::kTime},
    {"tinyint", Shape::kPlain, TypeFamily::kInteger},
    {"uniqueidentifier", Shape::kPlain, TypeFamily::kGuid},
    {"varbinary", Shape::kLength, TypeFamily::kBinary},
    {"varchar", Shape::kLength, TypeFamily::kText},
    {"vector", Shape::kLength, TypeFamily::kOther},
    {"xml", Shape::kPlain, TypeFamily::kXml},
});
static_assert(std::ranges::is_sorted(kBuiltInTypes, {}, &BuiltInType::name));

// "Data type synonyms (Transact-SQL)"; words in lower case with one blank between them.
constexpr auto kSynonyms = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"binary varying", "varbinary"},
    {"char varying", "varchar"},
    {"character", "char"},
    {"character varying", "varchar"},
    {"dec", "decimal"},
    {"double precision", "float"},
    {"integer", "int"},
    {"national char", "nchar"},
    {"national char varying", "nvarchar"},
    {"national character", "nchar"},
    {"national character varying", "nvarchar"},
    {"national text", "ntext"},
    {"timestamp", "rowversion"},
});

const BuiltInType* FindBuiltIn(std::string_view name) {
  const auto found = std::ranges::lower_bound(kBuiltInTypes, name, {}, &BuiltInType::name);
  return found != kBuiltInTypes.end() && found->name == name ? &*found : nullptr;
}

std::string ResolveSynonym(const std::string& words) {
  const auto found = std::ranges::find(kSynonyms, std::string_view(words),
                                       &std::pair<std::string_view, std::string_view>::first);
  return found == kSynonyms.end() ? words : std::string(found->second);
}

int32_t NumberOf(std::string_view text, int32_t fallback) {
  if (catalog::EqualNames(text, "max")) return DataType::kMax;
  int32_t value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void SetParameters(DataType& type, Shape shape, const std::vector<std::string_view>& written,
                   TypePlace place) {
  const auto parameter = [&](size_t i, int32_t fallback) {
    return i < written.size() ? NumberOf(written[i], fallback) : fallback;
  };
  switch (shape) {
    case Shape::kPlain:
      break;
    case Shape::kLength:
      type.length = parameter(0, place == TypePlace::kCast ? 30 : 1);
      break;
    case Shape::kPrecisionScale:
      type.precision = parameter(0, 18);
      type.scale = parameter(1, 0);
      break;
    case Shape::kFloat:
      type.precision = parameter(0, 53);
      break;
    case Shape::kFraction:
      type.scale = parameter(0, 7);
      break;
  }
  // "float and real": float(1) to float(24) is real; above, it is float(53).
  if (shape == Shape::kFloat && type.precision <= 24) type = {"real", 0, 0, 0, {}};
  if (shape == Shape::kFloat && type.name == "float") type.precision = 53;
}

std::string LowerCase(std::string_view text) {
  return catalog::FoldName(text);
}

// Two words without a period between them are one name ("double precision"); with one they are
// schema and name.
bool IsDotted(tsql::Node name) {
  const auto& tokens = name.tree().tokens;
  for (uint32_t i = name.first_token(); i < name.end_token(); ++i) {
    if (tokens[i].kind == tsql::TokenKind::kPeriod) return true;
  }
  return false;
}

}  // namespace

DataType ReadDataType(tsql::Node type, TypePlace place, std::string_view default_schema) {
  DataType read;
  const tsql::Node name = type.Child(tsql::Role::kName);
  if (!name) return read;
  std::vector<std::string> parts = tsql::NameParts(name);
  if (parts.empty()) return read;
  std::string words = parts.back();
  std::string schema;
  if (IsDotted(name)) {
    schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
  } else {
    words.clear();
    for (const std::string& part : parts) words += (words.empty() ? "" : " ") + part;
  }
  const bool may_be_built_in = schema.empty() || catalog::EqualNames(schema, "sys");
  const std::string lower = LowerCase(words);
  if (may_be_built_in && lower == "sysname") return {"nvarchar", 128, 0, 0, {"sys", "sysname"}};
  const std::string resolved = ResolveSynonym(lower);
  const BuiltInType* built_in = may_be_built_in ? FindBuiltIn(resolved) : nullptr;
  if (built_in == nullptr) {
    read.user_type = {schema.empty() ? std::string(default_schema) : schema, words};
    return read;
  }
  read.name = resolved;
  std::vector<std::string_view> parameters;
  for (const tsql::Token* token : type.TokensOf(tsql::Role::kParameter)) {
    parameters.push_back(type.tree().TextOf(*token));
  }
  SetParameters(read, built_in->shape, parameters, place);
  return read;
}

DataType ParseDataType(std::string_view text, TypePlace place, std::string_view default_schema) {
  const std::string source = "CAST(NULL AS " + std::string(text) + ")";
  diagnostics::DiagnosticSink ignored;
  const tsql::ParseResult parsed = tsql::ParseExpression(source, false, {}, ignored);
  if (!parsed.ok) return {};
  const tsql::Node type = parsed.tree.Root().Child(tsql::Role::kType);
  return type ? ReadDataType(type, place, default_schema) : DataType();
}

void ResolveUserType(DataType& type, const catalog::UserType& alias) {
  const catalog::ObjectName user_type = alias.name;
  type = alias.base;
  type.user_type = user_type;
}

TypeFamily FamilyOf(const DataType& type) {
  const BuiltInType* built_in = FindBuiltIn(type.name);
  return built_in == nullptr ? TypeFamily::kOther : built_in->family;
}

bool IsNational(const DataType& type) {
  return type.name == "nchar" || type.name == "nvarchar" || type.name == "ntext" ||
         type.name == "xml";
}

bool IsFixedLength(const DataType& type) {
  return type.name == "char" || type.name == "nchar" || type.name == "binary";
}

}  // namespace datamigrate::source
