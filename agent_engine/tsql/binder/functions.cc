#include "agent_engine/tsql/binder/functions.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace datamigrate::tsql {
namespace {

using enum TypeId;

SqlType Widened(const SqlType& type) {
  SqlType result = type;
  result.precision = type.id == kDecimal || IsMoney(type.id) ? type.precision : 0;
  if (IsIntegral(type.id) && type.id < kInt) return MakeType(kInt, type.nullable);
  if (type.id == kSmallMoney) return MakeType(kMoney, type.nullable);
  if (type.id == kReal) return MakeType(kFloat, type.nullable);
  return result;
}

SqlType StringLike(const SqlType& type, int32_t length) {
  if (type.id == kUnknown) return type;
  SqlType result = MakeSized(IsUnicode(type.id) ? kNVarChar : kVarChar, length, type.nullable);
  result.collation = type.collation;
  return result;
}

SqlType SumType(const SqlType& type) {
  if (type.id == kDecimal) return MakeDecimal(38, type.scale);
  SqlType result = Widened(type);
  result.nullable = true;
  return result;
}

SqlType AverageType(const SqlType& type) {
  if (type.id == kDecimal) return MakeDecimal(38, std::max(type.scale, 6));
  SqlType result = Widened(type);
  result.nullable = true;
  return result;
}

SqlType Common(const std::vector<SqlType>& arguments) {
  SqlType result = arguments[0];
  for (const SqlType& type : arguments) result = CommonType(result, type);
  return result;
}

SqlType WholeType(const SqlType& first) {
  if (first.id != kDecimal) return Widened(first);
  return MakeDecimal(first.precision, 0, first.nullable);
}

SqlType WideType(const SqlType& first) {
  if (first.id != kDecimal) return Widened(first);
  return MakeDecimal(38, first.scale, first.nullable);
}

}  // namespace

const std::vector<FunctionSignature>& AllFunctions() {
  using enum FunctionResult;
  static const std::vector<FunctionSignature>* const kFunctions =
      new std::vector<FunctionSignature>({
#define FUNCTION(name, least, most, classes, result) \
  {name, least, most, classes, FunctionResult::result},
#include "agent_engine/tsql/binder/functions.def"
#undef FUNCTION
      });
  return *kFunctions;
}

const FunctionSignature* FindFunction(std::string_view name) {
  static const auto* const kByName = [] {
    auto* map = new absl::flat_hash_map<std::string_view, const FunctionSignature*>();
    for (const FunctionSignature& row : AllFunctions()) map->emplace(row.name, &row);
    return map;
  }();
  const auto found = kByName->find(name);
  return found == kByName->end() ? nullptr : found->second;
}

SqlType ResultType(FunctionResult result, const std::vector<SqlType>& arguments) {
  const SqlType first = arguments.empty() ? SqlType{} : arguments[0];
  const bool nullable = arguments.empty() || std::ranges::any_of(arguments, &SqlType::nullable);
  switch (result) {
    case FunctionResult::kInt:
      return MakeType(kInt, nullable);
    case FunctionResult::kBigInt:
      return MakeType(kBigInt, nullable);
    case FunctionResult::kTinyInt:
      return MakeType(kTinyInt, false);
    case FunctionResult::kFloat:
      return MakeType(kFloat, nullable);
    case FunctionResult::kGuid:
      return MakeType(kUniqueIdentifier, false);
    case FunctionResult::kDate:
      return MakeType(kDate, nullable);
    case FunctionResult::kTime:
      return MakeType(kTime, nullable);
    case FunctionResult::kDateTime:
      return MakeType(kDateTime, !arguments.empty() && nullable);
    case FunctionResult::kSmallDateTime:
      return MakeType(kSmallDateTime, nullable);
    case FunctionResult::kDateTime2:
      return MakeType(kDateTime2, !arguments.empty() && nullable);
    case FunctionResult::kDateTimeOffset:
      return MakeType(kDateTimeOffset, nullable);
    case FunctionResult::kChar1:
      return MakeSized(kVarChar, 1);
    case FunctionResult::kNChar1:
      return MakeSized(kNVarChar, 1);
    case FunctionResult::kNVarChar30:
      return MakeSized(kNVarChar, 30, nullable);
    case FunctionResult::kNVarChar128:
      return MakeSized(kNVarChar, 128);
    case FunctionResult::kNVarChar258:
      return MakeSized(kNVarChar, 258, nullable);
    case FunctionResult::kNVarChar4000:
      return MakeSized(kNVarChar, 4000);
    case FunctionResult::kNVarCharMax:
      return MakeSized(kNVarChar, SqlType::kMax);
    case FunctionResult::kVarChar8000:
      return MakeSized(kVarChar, 8000, nullable);
    case FunctionResult::kVarBinary8000:
      return MakeSized(kVarBinary, 8000, nullable);
    case FunctionResult::kString:
      return StringLike(first, first.length);
    case FunctionResult::kStringMax: {
      SqlType type = StringLike(first, first.length == SqlType::kMax ? SqlType::kMax
                                       : IsUnicode(first.id)         ? 4000
                                                                     : 8000);
      type.nullable = true;
      return type;
    }
    case FunctionResult::kSubstring:
      return IsBinary(first.id) ? MakeSized(kVarBinary, first.length, nullable)
                                : StringLike(first, first.length);
    case FunctionResult::kConcat: {
      const bool unicode =
          std::ranges::any_of(arguments, [](const SqlType& t) { return IsUnicode(t.id); });
      return MakeSized(unicode ? kNVarChar : kVarChar, unicode ? 4000 : 8000, false);
    }
    case FunctionResult::kFirst: {
      SqlType type = first;
      if (IsIntegral(type.id)) type.precision = 0;
      type.nullable = true;
      return type;
    }
    case FunctionResult::kSecond:
      return arguments.size() > 1 ? arguments[1] : first;
    case FunctionResult::kCommon:
      return Common(arguments);
    case FunctionResult::kOrdered:
      return first;
    case FunctionResult::kNumber:
    case FunctionResult::kRounded:
      return Widened(first);
    case FunctionResult::kWholeNumber:
      return WholeType(first);
    case FunctionResult::kWideNumber:
      return WideType(first);
    case FunctionResult::kCount:
      return MakeType(kInt, false);
    case FunctionResult::kCountBig:
      return MakeType(kBigInt, false);
    case FunctionResult::kSum:
      return SumType(first);
    case FunctionResult::kAverage:
      return AverageType(first);
    case FunctionResult::kBucket:
      return arguments.size() > 1 ? arguments[1] : first;
    case FunctionResult::kBit:
      return MakeType(kBit, nullable);
    case FunctionResult::kDateAdd:
      return arguments.size() > 2 ? arguments[2] : arguments.empty() ? SqlType{} : arguments.back();
  }
  return {};
}

}  // namespace datamigrate::tsql
