// T-SQL's type rules, by the tables of "Precision, scale, and length" and "Data type precedence"
// (Transact-SQL).
#include <catch2/catch.hpp>

#include "agent_engine/tsql/binder/functions.h"
#include "agent_engine/tsql/binder/sql_type.h"

namespace datamigrate::tsql {
namespace {

SqlType Int(int32_t digits = 0) {
  SqlType type = MakeType(TypeId::kInt, false);
  type.precision = digits;
  return type;
}

std::string Arithmetic(char op, const SqlType& left, const SqlType& right) {
  const auto type = ArithmeticType(op, left, right);
  return type ? TypeText(*type) : "refused";
}

TEST_CASE("decimal arithmetic has the precision and scale of the manual's formulas", "[types]") {
  const SqlType a = MakeDecimal(10, 2);
  const SqlType b = MakeDecimal(5, 3);
  CHECK(Arithmetic('+', a, b) == "decimal(12, 3)");  // max(2,3) + max(8,2) + 1
  CHECK(Arithmetic('-', a, b) == "decimal(12, 3)");
  CHECK(Arithmetic('*', a, b) == "decimal(16, 5)");  // 10 + 5 + 1
  CHECK(Arithmetic('/', a, b) == "decimal(19, 8)");  // 10 - 2 + 3 + max(6, 2 + 5 + 1)
  CHECK(Arithmetic('%', a, b) == "decimal(5, 3)");   // min(8, 2) + 3
}

TEST_CASE("scale gives way to the integral part beyond 38 digits", "[types]") {
  CHECK(Arithmetic('*', MakeDecimal(38, 10), MakeDecimal(38, 10)) == "decimal(38, 6)");
  CHECK(Arithmetic('/', MakeDecimal(38, 4), MakeDecimal(38, 4)) == "decimal(38, 6)");
  CHECK(Arithmetic('+', MakeDecimal(38, 2), MakeDecimal(38, 2)) == "decimal(38, 2)");
}

TEST_CASE("an integer constant counts with its own digits, an integer column with ten", "[types]") {
  CHECK(Arithmetic('*', MakeDecimal(5, 2), Int(3)) == "decimal(9, 2)");
  CHECK(Arithmetic('*', MakeDecimal(5, 2), Int()) == "decimal(16, 2)");
}

TEST_CASE("operators take the type of higher precedence", "[types]") {
  CHECK(Arithmetic('/', Int(), Int()) == "int");
  CHECK(Arithmetic('+', MakeType(TypeId::kTinyInt), MakeType(TypeId::kSmallInt)) == "smallint");
  CHECK(Arithmetic('*', MakeType(TypeId::kMoney), MakeType(TypeId::kReal)) == "real");
  CHECK(Arithmetic('*', MakeType(TypeId::kMoney), Int()) == "money");
  CHECK(Arithmetic('+', MakeSized(TypeId::kVarChar, 5), MakeSized(TypeId::kNVarChar, 7)) ==
        "nvarchar(12)");
  CHECK(Arithmetic('-', MakeSized(TypeId::kVarChar, 5), MakeSized(TypeId::kVarChar, 7)) ==
        "refused");
  CHECK(Arithmetic('+', MakeType(TypeId::kDate), Int()) == "refused");
  CHECK(Arithmetic('&', MakeType(TypeId::kFloat), Int()) == "refused");
  CHECK(Arithmetic('+', MakeType(TypeId::kBit), MakeType(TypeId::kBit)) == "refused");
}

TEST_CASE("branches meet in the type that holds both", "[types]") {
  CHECK(TypeText(CommonType(Int(), MakeSized(TypeId::kVarChar, 5))) == "int");
  CHECK(TypeText(CommonType(MakeDecimal(5, 2), MakeDecimal(8, 0))) == "decimal(10, 2)");
  CHECK(TypeText(CommonType(MakeSized(TypeId::kVarChar, 5), MakeSized(TypeId::kNVarChar, 3))) ==
        "nvarchar(5)");
  CHECK(TypeText(CommonType(MakeType(TypeId::kDate), MakeType(TypeId::kDateTime))) == "datetime");
  CHECK(CommonType(Int(), SqlType{.id = TypeId::kNull}).nullable);
}

TEST_CASE("functions return the types of their pages", "[types]") {
  CHECK(TypeText(ResultType(FunctionResult::kSum, {MakeType(TypeId::kSmallInt)})) == "int");
  CHECK(TypeText(ResultType(FunctionResult::kSum, {MakeDecimal(10, 2)})) == "decimal(38, 2)");
  CHECK(TypeText(ResultType(FunctionResult::kAverage, {MakeDecimal(10, 2)})) == "decimal(38, 6)");
  CHECK(TypeText(ResultType(FunctionResult::kAverage, {Int()})) == "int");
  CHECK(TypeText(ResultType(FunctionResult::kWholeNumber, {MakeDecimal(10, 2)})) ==
        "decimal(10, 0)");
  CHECK(TypeText(ResultType(FunctionResult::kNumber, {MakeType(TypeId::kReal)})) == "float");
}

TEST_CASE("every function's row is sane", "[types]") {
  for (const FunctionSignature& row : AllFunctions()) {
    INFO(row.name);
    CHECK(FindFunction(row.name) != nullptr);
    CHECK(!row.classes.empty());
    CHECK((row.most_arguments < 0 || row.least_arguments <= row.most_arguments));
  }
}

TEST_CASE("a collation's name says what it tells apart", "[types]") {
  CHECK_FALSE(TraitsOf("", "").case_sensitive);
  CHECK(TraitsOf("Latin1_General_CS_AS", "").case_sensitive);
  CHECK(TraitsOf("", "Latin1_General_BIN2").case_sensitive);
  CHECK_FALSE(TraitsOf("Latin1_General_CI_AI", "").accent_sensitive);
  CHECK(TraitsOf("database_default", "SQL_Latin1_General_CP1_CS_AS").case_sensitive);
}

}  // namespace
}  // namespace datamigrate::tsql
