// Numbers as bytes and bytes as numbers: "binary and varbinary (Transact-SQL)".
#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"

namespace datamigrate::dialects {
namespace {

using namespace relational;
using diagnostics::DiagnosticId;

int32_t BytesOf(TypeId id) {
  switch (id) {
    case TypeId::kBit:
    case TypeId::kTinyInt:
      return 1;
    case TypeId::kSmallInt:
      return 2;
    case TypeId::kBigInt:
      return 8;
    default:
      return 4;
  }
}

// How many values there are in as many bytes, and how many of them are below zero.
struct Range {
  std::string_view below_zero;
  std::string_view values;
};

Range RangeOf(int32_t bytes) {
  switch (bytes) {
    case 1:
      return {"0", "256"};  // tinyint has no sign.
    case 2:
      return {"32768", "65536"};
    case 4:
      return {"2147483648", "4294967296"};
    default:
      return {"9223372036854775808", "18446744073709551616"};
  }
}

}  // namespace

// An integer is as many bytes as its type has, cut or filled with zeros at the left.
Emitter::Text Emitter::EmitBytesOfInteger(const Expr& cast) {
  const Expr& operand = *cast.arguments[0];
  const int32_t own = BytesOf(operand.type.id);
  const int32_t length = cast.type.length == SqlType::kMax ? own : cast.type.length;
  const int32_t shown = std::min(own, length);
  Text digits =
      ApplyTemplate(dialect_.hex_of_integer, {Emit(operand), {std::to_string(2 * shown)}});
  if (cast.type.id == TypeId::kBinary && shown < length)
    digits = ApplyTemplate("lpad($0, " + std::to_string(2 * length) + ", '0')", {digits});
  return ApplyTemplate(dialect_.bytes_of_hex, {digits});
}

// The last bytes count.
Emitter::Text Emitter::EmitIntegerOfBytes(const Expr& cast) {
  const int32_t bytes = BytesOf(cast.type.id);
  const std::string digits = std::to_string(2 * bytes);
  const Text hex = ApplyTemplate(dialect_.hex_of_bytes, {Emit(*cast.arguments[0])});
  const Text last = ApplyTemplate("right($0, " + digits + ")", {hex});
  const Range range = RangeOf(bytes);
  const std::string pattern =
      Replaced(Replaced(dialect_.integer_of_hex, "$3", range.below_zero), "$4", range.values);
  return ApplyTemplate("cast($0 as $t)",
                       {ApplyTemplate(pattern, {last, {digits}, {std::to_string(8 * bytes)}})},
                       Type(cast.type, cast.span));
}

// binary(n) is filled with zeros and both kinds are cut, at the right.
Emitter::Text Emitter::FitBytes(Text text, const SqlType& from, const SqlType& to) {
  const bool is_sized = to.length != SqlType::kMax && to.length > 0;
  if (!is_sized || dialect_.hex_of_bytes.empty() || dialect_.bytes_of_hex.empty()) return text;
  const bool is_fixed = to.id == TypeId::kBinary;
  const bool fits = from.length != SqlType::kMax && from.length > 0 && from.length <= to.length;
  if (is_fixed ? from.id == TypeId::kBinary && from.length == to.length : fits) return text;
  const std::string digits = std::to_string(2 * to.length);
  const Text hex = ApplyTemplate(dialect_.hex_of_bytes, {text});
  const std::string pattern =
      is_fixed ? "rpad($0, " + digits + ", '0')" : "left($0, " + digits + ")";
  return ApplyTemplate(dialect_.bytes_of_hex, {ApplyTemplate(pattern, {hex})});
}

}  // namespace datamigrate::dialects
