// What a target's SQL looks like, as data: types, functions, conversions, operators and what it can
// do. The emitter asks a dialect what it can do, never which one it is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "agent_engine/dialects/target.h"
#include "agent_engine/dialects/xml_syntax.h"
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

// The first row of a type whose limits hold it counts.
struct TypeRule {
  tsql::TypeId id;
  std::string_view name;    // With $l, $p, $s for length, precision and scale; $m: the scale, six
                            // at most; $3, $4: the length three or four times.
  int32_t most_scale = 38;  // Digits after the point; before it below.
  int32_t most_whole = 38;
  int32_t most_length = -1;  // -1: any, (max) too.
};

// A T-SQL function in the target's words.
//   $0, $1, ...  the arguments            $*  all of them, with commas
//   $t           the result's type        $d  "distinct " where it was written
//   $o           " order by ..." of WITHIN GROUP, empty without one
//   $g           " within group (order by ...)", empty without one
//   $v           what WITHIN GROUP orders by
//   $w           the window; behind the whole where it is not named
//   $r           the window over all rows of the partition, in the order of WITHIN GROUP
//   $u           the date part's name in the target (see DatePartName)
//   $a0, $a1     argument 0 or 1 as a date and time, cast where it is a date
//   $p           argument 1, a constant JSON path, in the target's notation
//   $k           the same without its "$" and its first point
//   $x           argument 0, taken apart along that path: json_key_step and json_index_step
//   $q           argument 1, a JSON path, as an array of its steps: {a,1}
//   $j           all arguments joined by the target's concatenation, NULL as an empty string
//   $s           all but the first joined likewise, each behind the first where it is not NULL
//   #0, #1       the names of a table's columns, where the target's function returns more of them:
//                "f($0) as (seq, #0)"
struct FunctionRule {
  std::string_view source;  // Upper case; date parts after a colon: "DATEADD:month"; "DATEADD:*"
                            // for all that have a name in the target and no row.
  int8_t arity;             // Number of arguments; -1: any.
  std::string_view target;  // Empty: refused.
  TypeClass first = TypeClass::kAny;  // Type of the first argument.
  std::optional<diagnostics::DiagnosticId> caveat = {};
  std::string_view reference = {};  // Microsoft Learn page, where the row follows a rule of it; why
                                    // the function is refused, for users.
};

// CAST from one class to another; pairs without a row are "cast($0 as $t)". $f is the scale of what
// is converted. An empty target: the dialect has no equal.
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

// What the target calls a date part of T-SQL.
struct DatePartName {
  std::string_view part;  // "year", ..., lower case.
  std::string_view name;
};

// What string literals escape beside the quote: nothing, the backslash, or the backslash and the
// quote by a backslash.
enum class StringEscapes : uint8_t { kNone, kBackslash, kByBackslash };
enum class LimitClause : uint8_t { kLimit, kTop };
// How a join's right side sees its left side; kNone: not at all.
enum class LateralJoin : uint8_t { kLateral, kApply, kNone };

enum class IdentifierCase : uint8_t { kInsensitive, kLower, kUpper };
enum class BinaryStyle : uint8_t { kBlobEscapes, kByteaHex };

struct Dialect {
  Target target;
  std::string_view title;  // "DuckDB", for messages.
  std::span<const TypeRule> types;
  std::span<const FunctionRule> functions;
  // Rows that other dialects have too; those above of the same name and arity stand instead.
  std::span<const FunctionRule> shared_functions = {};
  std::span<const CastRule> casts;
  std::span<const FormatPiece> date_format = {};
  std::span<const std::string_view> reserved_words = {};  // Lower case.

  char identifier_quote = '"';
  IdentifierCase identifier_case = IdentifierCase::kInsensitive;  // What unquoted names become.
  bool integers_are_wide = false;  // Its smaller integers hold what the widest one does.
  bool guid_is_text = false;
  bool bit_is_boolean = true;
  bool supports_qualify = true;
  bool supports_with_ties = false;
  bool supports_try_cast = true;
  bool nulls_first_by_default = false;       // In ascending order.
  bool nulls_first_by_default_desc = false;  // In descending order.
  bool like_has_default_escape = false;
  BinaryStyle binary = BinaryStyle::kBlobEscapes;
  std::string_view case_insensitive_like = {};  // Operator; empty: both sides are folded.
  std::string_view regex_match = {};            // $0: text, $1: pattern; matches the whole.
  std::string_view regex_match_any_case = {};
  std::string_view regex_position =
      {};  // $0: text, $1: pattern: where it first matches, from 1; 0 when nowhere.
  std::string_view regex_position_any_case = {};
  std::string_view fold_case = {};       // $0
  std::string_view fold_accents = {};    // Empty: cannot.
  std::string_view integer_divide = {};  // Truncates towards zero.
  // $p, $s: the result's; $g: s and guard digits; $w: 18 more. $a, $b: " * 10^n" that make the
  // operands whole; $k: " * 10^n" that scales the quotient up to $s digits; $m: 10^$s; $u: 10^-$s.
  std::string_view decimal_divide = {};
  std::string_view row_identity = {};  // The hidden column that names a row; empty: none.
  bool supports_merge = true;
  bool merge_has_by_source = true;    // WHEN NOT MATCHED BY SOURCE
  bool supports_update_from = true;   // Otherwise MERGE.
  bool identity_is_sequence = false;  // Otherwise `identity`.
  // Behind a column's type; $0: the first number, $1: the step, $2: bounds that hold them, where a
  // sequence's own do not; empty: there is none.
  std::string_view identity = " generated by default as identity (start with $0 increment by $1$2)";
  bool supports_if_not_exists = true;   // CREATE ... IF NOT EXISTS
  std::string_view identity_type = "";  // The only type that such columns have.
  bool supports_primary_keys = true;
  bool supports_unique_keys = true;
  std::string_view key_ending = "";       // Behind a key's words.
  bool supports_defaults = true;          // Of columns.
  bool supports_default_rows = true;      // INSERT ... DEFAULT VALUES
  std::string_view computed_column = {};  // Behind name and type; $0: the expression.
  // What tables that a batch creates refuse by themselves.
  bool has_returning = false;     // Rows that a write shows.
  bool has_transactions = false;  // Of several statements.
  bool enforces_checks = false;
  bool enforces_keys = false;
  // Types of columns that refuse what is longer than $l; empty: texts, or bytes, have any length.
  std::string_view sized_text = {};
  std::string_view sized_bytes = {};
  bool enforces_references = false;           // FOREIGN KEY, with its actions.
  std::string_view nulls_alike = {};          // Behind UNIQUE: two NULLs break it.
  bool average_by_division = false;           // AVG of decimals rounds, where T-SQL cuts.
  std::string_view float_to_real = {};        // Where what is too large becomes infinity; $0, $t.
  std::string_view drop_match = {};           // $0 without what the pattern $1 matches.
  std::string_view drop_leading_zero = {};    // "-0.5" is "-.5".
  bool zero_divide_gives_null = false;        // Where T-SQL fails.
  std::string_view raise = {};                // $0: the message; fails when it runs.
  bool raise_has_any_type = false;            // So that it can stand for a value of any type.
  std::string_view raise_about = {};          // Likewise, about the text $1, as text.
  std::string_view try_text_to_integer = {};  // TRY_CAST that reads text as T-SQL does; $0, $t.
  std::string_view try_text_cast = {};  // TRY_CAST of text where there is no try_cast; $0, $t.
  std::string_view hex_of_bytes = {};   // $0: two upper-case digits a byte.
  std::string_view bytes_of_hex = {};   // $0
  // $0: value, $1: digits after the point, $z: them as ".00"; without groups
  std::string_view format_number = {};
  std::string_view format_number_grouped = {};
  std::string_view format_date = {};  // $0: value, $1: format
  std::string_view parse_date = {};   // $0: text, $1: format

  // Appended with the warehouses.
  std::span<const DatePartName> date_parts = {};
  StringEscapes string_escapes = StringEscapes::kNone;
  LimitClause limit_clause = LimitClause::kLimit;
  LateralJoin lateral = LateralJoin::kLateral;
  bool supports_lateral_values = true;  // VALUES that see the join's left side.
  bool supports_limit_in_lateral = true;
  bool lateral_sees_inside = true;      // In derived tables of a lateral query, too.
  bool laterals_draw = true;            // NEWID() and RAND() in a lateral query.
  bool clauses_see_outside = true;      // Aggregates, groups and orders, an outer query's columns.
  bool recursion_takes_exists = true;   // EXISTS in a recursive common table.
  int32_t correlated_queries = 0;       // Sub-queries that one query is planned with; 0: any number.
  bool functions_need_lateral = false;  // Functions that return tables, in a join.
  bool functions_take_lateral = true;  // Where their arguments are columns of the join's left side.
  bool supports_lateral_functions = true;
  bool supports_left_join_of_functions = true;
  bool supports_values = true;        // VALUES as a table.
  bool supports_column_lists = true;  // Names of columns behind a table's alias.
  bool supports_recursion = true;
  bool supports_quantified = true;       // > ALL (SELECT ...)
  bool substring_takes_zero = true;      // substr(x, 0, n) has n - 1 characters.
  bool supports_range_frames = true;     // And windows of aggregates with an order and no frame.
  bool supports_like_escape = true;      // Otherwise the backslash escapes.
  bool operators_take_null = true;       // A bare NULL beside an operator.
  bool clauses_need_from = false;        // WHERE and aggregates; they get a row to work on.
  bool limits_are_constant = false;      // LIMIT and OFFSET take numbers alone.
  bool values_are_constant = false;      // VALUES as a table takes no calls.
  bool first_value_sees_all = false;     // FIRST_VALUE and LAST_VALUE without a frame: all rows.
  bool lag_ignores_nulls = true;         // LAG and LEAD ... IGNORE NULLS
  bool writes_need_where = false;        // UPDATE and DELETE of all rows.
  bool order_sees_aliases = false;       // In expressions of ORDER BY, before columns of that name.
  bool sources_hide_columns = false;     // A table's alias is found before a column of that name.
  bool order_sees_result_alone = false;  // Where the query is distinct or grouped.
  std::string_view limit_of_all = {};    // Where OFFSET needs LIMIT.
  bool supports_like_sets = false;       // T-SQL's own patterns.
  bool keeps_styles = false;             // CONVERT with a style, and FORMAT, as in T-SQL.
  bool keeps_lengths = false;            // cast(x as varchar(n)) cuts, char(n) pads.
  bool supports_ignore_nulls = true;     // In windows; otherwise by an array of what is not NULL.
  std::string_view hex_of_integer = "";  // The last $1 hexadecimal digits of $0.
  // $0: 2, 4, 8 or 16 hexadecimal digits at most; $1: how many; $2: bits; $3: how many values are
  // below zero; $4: how many there are.
  std::string_view integer_of_hex = "";
  int32_t narrow_product = 0;  // Products of decimals up to this many digits have no more.
  std::string_view recursive_with = "with recursive ";
  std::string_view recursion_level = "";  // Behind a recursive table's name: as deep as T-SQL goes.
  std::string_view concat = " || ";
  std::string_view set_distinct = "";  // Behind UNION, EXCEPT and INTERSECT without ALL.
  std::string_view trim_end = "rtrim($0)";
  std::string_view truncate = "trunc($0, $1)";  // $1: digits after the point.
  std::string_view try_prefix = "try_";         // In front of "cast(".
  std::string_view not_distinct = "";           // $0, $1; empty: IS NOT DISTINCT FROM.
  std::string_view date_literal = "date $0";    // $0: the quoted text, in all four;
                                                // empty: there is no such type.
  std::string_view time_literal = "time $0";
  std::string_view timestamp_literal = "timestamp $0";
  std::string_view offset_literal = "timestamptz $0";
  std::string_view decimal_literal = "$0";
  std::string_view float_literal = "$0";         // With an exponent.
  std::string_view wide_decimal_literal = "$0";  // Where the one above does not hold the digits.
  std::string_view binary_literal = "";          // $0: hexadecimal digits; empty: by `binary`.
  std::string_view regex_text = "$0";            // Around a pattern, before it is quoted.
  std::string_view regex_text_any_case = "$0";
  std::string_view moment_of_time = "date '1900-01-01' + $0";  // A time of day on some day.
  std::string_view time_of_moment = "";    // Back, where times of day are texts.
  std::string_view json_key = R"(."$0")";  // A step of a JSON path to a key that is no plain word.
  std::string_view json_key_step = "";     // Of the JSON text $0, the value of the key $1.
  std::string_view json_index_step = "";
  std::string_view try_parse_date = "";      // As parse_date; NULL where the text is no date.
  std::string_view like_value = "$0";        // A pattern that is no constant.
  std::string_view forbidden_in_names = "";  // Characters that quotes do not help.
  // ALTER TABLE of columns and keys, as DuckDB and PostgreSQL write it.
  bool alters_tables = false;
  // $0: text; year-month-day as month/day/year, which style 101 reads alike; empty: it does not.
  std::string_view month_first = "";
  const XmlSyntax* xml = nullptr;   // Null: XML is not read.
  std::string_view any_order = "";  // For ROW_NUMBER, where the target demands an order.
};

// Null for no target that there is.
const Dialect* FindDialect(Target target);
const Dialect& DuckDbDialect();
const Dialect& PostgresDialect();
const Dialect& SnowflakeDialect();
const Dialect& DatabricksDialect();
const Dialect& BigQueryDialect();
const Dialect& RedshiftDialect();
const Dialect& FabricDialect();

}  // namespace datamigrate::dialects
