#include "agent_engine/relational/routines/known_values.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace datamigrate::relational {
namespace {

const Expr& WithoutCasts(const Expr& expr) {
  const Expr* inner = &expr;
  while (inner->kind == ExprKind::kCast && tsql::IsInteger(inner->type.id) &&
         tsql::IsInteger(inner->arguments[0]->type.id)) {
    inner = inner->arguments[0].get();
  }
  return *inner;
}

std::optional<int64_t> WholeNumber(const Expr& expr) {
  const Expr& inner = WithoutCasts(expr);
  if (inner.kind != ExprKind::kNumber && inner.kind != ExprKind::kBit) return std::nullopt;
  int64_t value = 0;
  const char* end = inner.text.data() + inner.text.size();
  const auto [at, error] = std::from_chars(inner.text.data(), end, value);
  if (error != std::errc() || at != end) return std::nullopt;
  return value;
}

Truth FromBool(bool value) {
  return value ? Truth::kTrue : Truth::kFalse;
}

Truth Compare(const std::string& op, const Expr& left, const Expr& right) {
  if (left.kind == ExprKind::kNull || right.kind == ExprKind::kNull) return Truth::kUnknown;
  const auto a = WholeNumber(left);
  const auto b = WholeNumber(right);
  if (!a || !b) return Truth::kOpen;
  if (op == "=") return FromBool(*a == *b);
  if (op == "<>") return FromBool(*a != *b);
  if (op == "<") return FromBool(*a < *b);
  if (op == "<=") return FromBool(*a <= *b);
  if (op == ">") return FromBool(*a > *b);
  return op == ">=" ? FromBool(*a >= *b) : Truth::kOpen;
}

bool IsValue(const Expr& expr) {
  return expr.kind == ExprKind::kNumber || expr.kind == ExprKind::kString ||
         expr.kind == ExprKind::kBit || expr.kind == ExprKind::kTemporal ||
         expr.kind == ExprKind::kBinary;
}

// AND and OR: `decides` is the operand that settles it, whatever the others are.
Truth Join(const Expr& expr, Truth decides, Truth otherwise) {
  Truth result = otherwise;
  for (const ExprPtr& part : expr.arguments) {
    const Truth truth = KnownTruth(*part);
    if (truth == decides) return decides;
    if (truth == Truth::kOpen || result == Truth::kOpen) {
      result = Truth::kOpen;
    } else if (truth == Truth::kUnknown) {
      result = Truth::kUnknown;
    }
  }
  return result;
}

}  // namespace

Truth KnownTruth(const Expr& condition) {
  switch (condition.kind) {
    case ExprKind::kIsNull: {
      const Expr& operand = WithoutCasts(*condition.arguments[0]);
      if (operand.kind == ExprKind::kNull) return FromBool(!condition.negated);
      return IsValue(operand) ? FromBool(condition.negated) : Truth::kOpen;
    }
    case ExprKind::kCompare:
      return Compare(condition.text, *condition.arguments[0], *condition.arguments[1]);
    case ExprKind::kAnd:
      return Join(condition, Truth::kFalse, Truth::kTrue);
    case ExprKind::kOr:
      return Join(condition, Truth::kTrue, Truth::kFalse);
    case ExprKind::kNot: {
      const Truth inner = KnownTruth(*condition.arguments[0]);
      if (inner == Truth::kTrue) return Truth::kFalse;
      return inner == Truth::kFalse ? Truth::kTrue : inner;
    }
    default:
      return Truth::kOpen;
  }
}

ExprPtr FoldWhole(ExprPtr value) {
  const Expr& inner = WithoutCasts(*value);
  const bool is_whole = value->type.id == tsql::TypeId::kInt ||
                        value->type.id == tsql::TypeId::kBigInt ||
                        value->type.id == tsql::TypeId::kSmallInt;
  if (!is_whole || inner.kind != ExprKind::kArithmetic || inner.arguments.size() != 2) return value;
  const auto left = WholeNumber(*inner.arguments[0]);
  const auto right = WholeNumber(*inner.arguments[1]);
  int64_t result = 0;
  if (!left || !right) return value;
  const bool overflows = inner.text == "+"   ? __builtin_add_overflow(*left, *right, &result)
                         : inner.text == "-" ? __builtin_sub_overflow(*left, *right, &result)
                         : inner.text == "*" ? __builtin_mul_overflow(*left, *right, &result)
                                             : true;
  // Beyond 16 bits the source may overflow where this does not.
  if (overflows || result > 32767 || result < -32767) return value;
  ExprPtr number = MakeInteger(result);
  number->type = value->type;
  number->span = value->span;
  return number;
}

}  // namespace datamigrate::relational
