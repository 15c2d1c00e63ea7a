// Expressions of the relational form: names resolved, T-SQL's types worked out, implicit
// conversions explicit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent_engine/tsql/binder/sql_type.h"
#include "common/diagnostics/source_file.h"

namespace datamigrate::relational {

using tsql::SqlType;
using tsql::TypeId;

struct Query;
struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

enum class ExprKind : uint8_t {
  kNull,        // NULL
  kNumber,      // text: the digits, with sign
  kString,      // text: the value
  kBinary,      // text: hexadecimal digits, even in number
  kBit,         // text: "1" or "0"
  kTemporal,    // text: "2024-01-31", "10:00:00.5" or "2024-01-31 10:00:00.5", by the type
  kColumn,      // qualifier (may be empty), text: the column's name
  kParameter,   // text: the dbt variable; default_text: its default, a plain value; has_default
  kStar,        // The * of COUNT(*)
  kNegate,      // [operand]
  kBitNot,      // [operand]
  kArithmetic,  // text: + - * / % & | ^; [left, right], already of types that the operation takes
  kConcat,      // [parts...]; NULL when one is NULL
  kCompare,     // text: = <> < <= > >=; [left, right]
  kAnd,         // [conditions...]
  kOr,          // [conditions...]
  kNot,         // [condition]
  kIsNull,      // [operand]; negated
  kDistinct,    // [left, right] IS [NOT] DISTINCT FROM; negated: NOT DISTINCT
  kBetween,     // [operand, low, high]; negated
  kInList,      // [operand, items...]; negated
  kInQuery,     // [operand]; query; negated
  kExists,      // query; negated
  kQuantified,  // text: the operator; quantifier; [left]; query
  kSubquery,    // query of one column
  kLike,        // [operand, pattern, escape?]; negated
  kCase,        // [condition, result, ..., else?]; has_else
  kCall,  // text: the T-SQL function, upper case; [arguments...]; distinct, order_by, window, part
  kCast,  // [operand]; type: the target; try_cast, style, implicit
  kKey,   // [operand]: what SQL Server compares a string by; fold_case, fold_accents, trim
};

// What FOR JSON makes of a text: a string, or a part of its own text, as it is.
enum class JsonText : uint8_t {
  kNone,
  kText,      // An object or array that counts as a string: of WITHOUT_ARRAY_WRAPPER.
  kFragment,  // Of a nested FOR JSON, JSON_QUERY, JSON_MODIFY, JSON_OBJECT, ....
};

struct OrderItem {
  ExprPtr expr;
  bool descending = false;
};

struct FrameBound {
  enum class Kind : uint8_t {
    kUnboundedPreceding,
    kPreceding,
    kCurrentRow,
    kFollowing,
    kUnboundedFollowing
  };
  Kind kind = Kind::kCurrentRow;
  ExprPtr offset;
};

struct Window {
  std::vector<ExprPtr> partition_by;
  std::vector<OrderItem> order_by;
  bool has_frame = false;
  bool is_rows = false;  // ROWS, or RANGE.
  FrameBound start;
  FrameBound end;
};

// One expression with what it owns. Which fields mean something depends on `kind`.
struct Expr {
  ExprKind kind = ExprKind::kNull;
  SqlType type;
  diagnostics::SourceSpan span{};
  std::string text{};
  std::string qualifier{};
  std::string default_text{};
  std::string part{};  // The date part of DATEADD and its family, lower case; or FORMAT's kind.
  std::string quantifier{};  // "ALL" or "ANY".
  std::vector<ExprPtr> arguments{};
  std::vector<OrderItem> order_by{};  // WITHIN GROUP.
  std::unique_ptr<Window> window{};
  std::unique_ptr<Query> query{};
  int32_t range = -1;  // kColumn: which range variable it belongs to; unique in one translation.
  int32_t style = -1;  // kCast: CONVERT's style; -1 when none was written.
  bool negated = false;
  bool distinct = false;
  bool has_else = false;
  bool has_default = false;
  bool implicit = false;
  bool try_cast = false;
  bool ignore_nulls = false;
  bool fold_case = false;
  bool fold_accents = false;
  bool trim = false;
  JsonText json = JsonText::kNone;
  bool determined = false;  // A grouping expression whose value a key of its table determines.

  Expr();
  Expr(ExprKind expr_kind, SqlType expr_type);
  ~Expr();
  Expr(const Expr&) = delete;
  Expr& operator=(const Expr&) = delete;
};

ExprPtr MakeExpr(ExprKind kind, SqlType type, diagnostics::SourceSpan span = {});
ExprPtr MakeString(std::string value);
ExprPtr MakeInteger(int64_t value);
ExprPtr MakeNull(SqlType type);
ExprPtr MakeCall(std::string function, SqlType type, std::vector<ExprPtr> arguments);
ExprPtr MakeCompare(std::string op, ExprPtr left, ExprPtr right);
ExprPtr MakeCast(ExprPtr operand, SqlType type, bool implicit);
// Conjunction or disjunction; flattens operands of the same kind.
ExprPtr MakeLogical(ExprKind kind, ExprPtr left, ExprPtr right);

template <typename... Arguments>
std::vector<ExprPtr> ExprList(Arguments... arguments) {
  std::vector<ExprPtr> list;
  (list.push_back(std::move(arguments)), ...);
  return list;
}

ExprPtr Clone(const Expr& expr);
// Whether both say the same: same structure, columns of the same range variable.
bool SameExpr(const Expr& left, const Expr& right);
bool IsConstant(const Expr& expr);
bool IsAggregate(const Expr& expr);        // The node itself: COUNT, SUM, ... without OVER.
bool ContainsAggregate(const Expr& expr);  // Below it, sub-queries apart.
bool ContainsWindow(const Expr& expr);

}  // namespace datamigrate::relational
