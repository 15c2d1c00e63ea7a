// The signatures of T-SQL's built-in functions (functions.def).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "agent_engine/tsql/binder/sql_type.h"

namespace datamigrate::tsql {

enum class FunctionResult : uint8_t {
  kInt,
  kBigInt,
  kTinyInt,
  kFloat,
  kGuid,
  kDate,
  kTime,
  kDateTime,
  kSmallDateTime,
  kDateTime2,
  kDateTimeOffset,
  kChar1,
  kNChar1,
  kNVarChar30,
  kNVarChar128,
  kNVarChar258,
  kNVarChar4000,
  kNVarCharMax,
  kVarChar8000,
  kVarBinary8000,
  kString,       // varchar or nvarchar, as long as the first argument.
  kStringMax,    // varchar or nvarchar of the greatest length.
  kSubstring,    // As kString, or varbinary.
  kConcat,       // nvarchar where an argument is Unicode.
  kFirst,        // The first argument's type.
  kSecond,       // The second one's.
  kCommon,       // What all arguments have in common.
  kOrdered,      // The type of WITHIN GROUP's expression.
  kNumber,       // The first argument's, integers at least int.
  kWholeNumber,  // That, without fractional digits.
  kWideNumber,   // That; decimals get precision 38.
  kRounded,      // That, for ROUND.
  kCount,
  kCountBig,
  kSum,
  kAverage,
  kDateAdd,  // The third argument's.
  kBucket,   // The second one's, after the date part.
  kBit,
};

struct FunctionSignature {
  std::string_view name;  // Upper case.
  int8_t least_arguments;
  int8_t most_arguments;  // -1: any number.
  std::string_view classes;
  FunctionResult result;

  // The class of argument `index`; the last one is repeated.
  char ClassOf(size_t index) const {
    return index < classes.size() ? classes[index] : classes.back();
  }
};

// Null for a name that is not a built-in function. `name` is upper case.
const FunctionSignature* FindFunction(std::string_view name);
const std::vector<FunctionSignature>& AllFunctions();

// The type of a call whose converted arguments have these types. Nullable when an argument is.
SqlType ResultType(FunctionResult result, const std::vector<SqlType>& arguments);

}  // namespace datamigrate::tsql
