// What a target's SQL looks like, as data: types, functions, conversions, operators and what it can
// do. The emitter asks a dialect what it can do, never which one it is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "agent_engine/dialects/target.h"
#include "agent_engine/tsql/binder/sql_type.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::dialects {

// Groups of T-SQL types that rules tell apart.
enum class TypeClass : uint8_t {
  kAny,
  kBit,
  kInteger,
  kDecimal,
  kMoney,
  kFloat,
  kString,
  kDate,
  kTime,
  kDateTime,  // datetime, datetime2
  kSmallDateTime,
  kOffset,  // datetimeoffset
  kBinary,
  kGuid,
  kOpaque,
};
TypeClass ClassOf(const tsql::SqlType& type);

struct TypeRule {
  tsql::TypeId id;
  std::string_view name;  // With $l, $p, $s for length, precision and scale.
};

// A T-SQL function in the target's words.
//   $0, $1, ...  the arguments            $*  all of them, with commas
//   $t           the result's type        $d  "distinct " where it was written
//   $o           " order by ..." of WITHIN GROUP, empty without one
//   $k0          argument 0 with case folded
struct FunctionRule {
  std::string_view source;  // Upper case; date parts after a colon: "DATEADD:month".
  int8_t arity;             // Number of arguments; -1: any.
  std::string_view target;
  TypeClass first = TypeClass::kAny;  // Type of the first argument.
  std::optional<diagnostics::DiagnosticId> caveat = {};
  std::string_view reference = {};  // Microsoft Learn page, where the row follows a rule of it.
};

// CAST from one class to another; pairs without a row are "cast($0 as $t)". An empty target: the
// dialect has no equal.
struct CastRule {
  TypeClass from;
  TypeClass to;
  std::string_view target;
  std::optional<diagnostics::DiagnosticId> caveat = {};
};

// One piece of a date format, in the notation of .NET that T-SQL's FORMAT takes.
struct FormatPiece {
  std::string_view written;  // "yyyy", "MM", ...
  std::string_view target;
};

enum class IdentifierCase : uint8_t { kInsensitive, kLower, kUpper };
enum class BinaryStyle : uint8_t { kBlobEscapes, kByteaHex };

struct Dialect {
  Target target;
  std::string_view title;  // "DuckDB", for messages.
  std::span<const TypeRule> types;
  std::span<const FunctionRule> functions;
  std::span<const CastRule> casts;
  std::span<const FormatPiece> date_format;
  std::span<const std::string_view> reserved_words;  // Lower case, sorted.

  char identifier_quote = '"';
  IdentifierCase identifier_case = IdentifierCase::kInsensitive;  // What unquoted names become.
  bool bit_is_boolean = true;
  bool supports_qualify = true;
  bool supports_with_ties = false;
  bool supports_try_cast = true;
  bool nulls_first_by_default = false;       // In ascending order.
  bool nulls_first_by_default_desc = false;  // In descending order.
  bool like_has_default_escape = false;
  BinaryStyle binary = BinaryStyle::kBlobEscapes;
  std::string_view case_insensitive_like;  // Operator; empty: both sides are folded.
  std::string_view regex_match;            // $0: text, $1: pattern; matches the whole.
  std::string_view regex_match_any_case;
  std::string_view
      regex_position;  // $0: text, $1: pattern: where it first matches, from 1; 0 when nowhere.
  std::string_view regex_position_any_case;
  std::string_view fold_case;       // $0
  std::string_view fold_accents;    // Empty: cannot.
  std::string_view integer_divide;  // Truncates towards zero.
  std::string_view decimal_divide;  // $p, $s: the result's; $g: guard digits.
  std::string_view format_number;   // $0: value, $1: digits after the point; without groups
  std::string_view format_number_grouped;
  std::string_view format_date;  // $0: value, $1: format
  std::string_view parse_date;   // $0: text, $1: format
};

// Null for a target whose tables are not there yet.
const Dialect* FindDialect(Target target);
const Dialect& DuckDbDialect();
const Dialect& PostgresDialect();

}  // namespace datamigrate::dialects
