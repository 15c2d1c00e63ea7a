// Blocks, IF and WHILE of a batch: what is decided by constants is followed, statement by
// statement.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>

#include "agent_engine/dialects/batch_translator.h"
#include "agent_engine/dialects/layout.h"

namespace datamigrate::dialects {
namespace {

using relational::Expr;
using relational::ExprKind;

constexpr int kMostRounds = 1000;          // Of one loop.
constexpr size_t kMostText = 1024 * 1024;  // Bytes of one loop's statements.

std::optional<int64_t> IntegerOf(const Expr& expr) {
  if (expr.kind == ExprKind::kCast && expr.implicit) return IntegerOf(*expr.arguments[0]);
  if (expr.kind == ExprKind::kBit) return expr.text == "1" ? 1 : 0;
  const bool is_integer =
      expr.kind == ExprKind::kNumber && tsql::IsIntegral(expr.type.id) && !expr.text.empty() &&
      expr.text.size() <= 18 &&
      expr.text.find_first_not_of("0123456789", expr.text[0] == '-' ? 1 : 0) == std::string::npos;
  if (!is_integer) return std::nullopt;
  return std::strtoll(expr.text.c_str(), nullptr, 10);
}

bool FitsType(int64_t value, tsql::TypeId id) {
  if (id == tsql::TypeId::kTinyInt) return value >= 0 && value <= 255;
  if (id == tsql::TypeId::kSmallInt) return value >= -32768 && value <= 32767;
  return id == tsql::TypeId::kInt && value >= std::numeric_limits<int32_t>::min() &&
         value <= std::numeric_limits<int32_t>::max();
}

std::optional<int64_t> Calculated(char op, int64_t left, int64_t right) {
  // Both are of 18 digits at most; what int holds is told apart afterwards.
  const bool is_small = std::abs(left) < (int64_t{1} << 31) && std::abs(right) < (int64_t{1} << 31);
  if (!is_small) return std::nullopt;
  if (op == '+') return left + right;
  if (op == '-') return left - right;
  if (op == '*') return left * right;
  if (right == 0) return std::nullopt;
  if (op == '/') return left / right;
  if (op == '%') return left % right;
  return std::nullopt;
}

// Text as it is compared: without case and trailing blanks; only where no collation is asked.
std::optional<std::string> TextOf(const Expr& expr) {
  const bool is_plain = std::ranges::all_of(expr.text, [](unsigned char c) { return c < 0x80; });
  if (expr.kind != ExprKind::kString || !is_plain) return std::nullopt;
  std::string text = Lower(expr.text);
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

template <typename Value>
bool Compares(const std::string& op, const Value& left, const Value& right) {
  if (op == "=") return left == right;
  if (op == "<>") return left != right;
  if (op == "<") return left < right;
  if (op == "<=") return left <= right;
  if (op == ">") return left > right;
  return left >= right;
}

// What a condition of constants is: T-SQL's false and unknown are both false here. Empty where that
// is not known.
std::optional<bool> Decide(const Expr& condition) {
  const auto& operands = condition.arguments;
  if (condition.kind == ExprKind::kAnd || condition.kind == ExprKind::kOr) {
    const bool decisive = condition.kind == ExprKind::kOr;
    bool is_known = true;
    for (const ExprPtr& operand : operands) {
      const std::optional<bool> part = Decide(*operand);
      if (part == decisive) return decisive;
      is_known = is_known && part.has_value();
    }
    return is_known ? std::optional<bool>(!decisive) : std::nullopt;
  }
  if (condition.kind == ExprKind::kIsNull) {
    const bool is_null = operands[0]->kind == ExprKind::kNull;
    if (!is_null && !IntegerOf(*operands[0]) && operands[0]->kind != ExprKind::kString)
      return std::nullopt;
    return is_null != condition.negated;
  }
  if (condition.kind != ExprKind::kCompare) return std::nullopt;
  if (operands[0]->kind == ExprKind::kNull || operands[1]->kind == ExprKind::kNull) return false;
  const auto left = IntegerOf(*operands[0]);
  const auto right = IntegerOf(*operands[1]);
  if (left && right) return Compares(condition.text, *left, *right);
  const auto left_text = TextOf(*operands[0]);
  const auto right_text = TextOf(*operands[1]);
  const bool is_equality = condition.text == "=" || condition.text == "<>";
  if (left_text && right_text && is_equality)
    return Compares(condition.text, *left_text, *right_text);
  return std::nullopt;
}

}  // namespace

// Whole numbers are calculated, so that conditions over variables can be decided.
void BatchTranslator::FoldNumbers(ExprPtr& expr) {
  if (expr->query || expr->window) return;
  for (ExprPtr& argument : expr->arguments) FoldNumbers(argument);
  if (expr->kind != ExprKind::kArithmetic || expr->arguments.size() != 2) return;
  const auto left = IntegerOf(*expr->arguments[0]);
  const auto right = IntegerOf(*expr->arguments[1]);
  if (!left || !right || expr->text.size() != 1) return;
  const std::optional<int64_t> value = Calculated(expr->text[0], *left, *right);
  if (!value || !FitsType(*value, expr->type.id)) return;
  auto number = relational::MakeExpr(ExprKind::kNumber, expr->type, expr->span);
  number->type.nullable = false;
  number->text = std::to_string(*value);
  expr = std::move(number);
}

std::optional<bool> BatchTranslator::Decided(Node condition) {
  DiagnosticSink ignored;
  ExprPtr expr =
      relational::LowerOverTable(Index(), nullptr, condition, CopyVariables(), Options(), ignored);
  if (ignored.HasErrors()) return std::nullopt;
  FoldNumbers(expr);
  return Decide(*expr);
}

std::string BatchTranslator::Block(Node node, DiagnosticSink& sink) {
  std::vector<std::string> statements;
  for (const Node statement : node.Children(Role::kStatement)) {
    if (!ReadsFreshVariables(statement, sink)) return "";
    std::string text = Statement(statement, sink);
    if (!text.empty()) statements.push_back(std::move(text));
  }
  return Join(statements, ";" + std::string(2, kBreak));
}

std::string BatchTranslator::If(Node node, DiagnosticSink& sink) {
  const std::string condition = Lower(node.Child(Role::kCondition).Text());
  Node then = node.Child(Role::kThen);
  if (then.Is(NodeKind::kBlock) && then.Children(Role::kStatement).size() == 1)
    then = then.Children(Role::kStatement)[0];
  const bool asks_catalog = condition.find("object_id") != std::string::npos ||
                            condition.find("schema_id") != std::string::npos ||
                            condition.find("sys.") != std::string::npos ||
                            condition.find("sysobjects") != std::string::npos ||
                            condition.find("information_schema") != std::string::npos;
  const bool asks_existence =
      asks_catalog && (condition.starts_with("exists") || condition.ends_with("is not null"));
  const bool asks_absence =
      asks_catalog && (condition.starts_with("not exists") || condition.ends_with("is null")) &&
      !asks_existence;
  if (asks_existence && then.Is(NodeKind::kDropStatement) && !node.Has(Role::kElse))
    return Drop(then, sink, true);
  if (asks_absence && !dialect_.supports_if_not_exists) return RefuseStatement(node, sink);
  if (asks_absence && then.Is(NodeKind::kCreateTable) && !node.Has(Role::kElse)) {
    std::string text = CreateTable(then, sink);
    const size_t at = text.find("create table ");
    if (at != std::string::npos) text.insert(at + 13, "if not exists ");
    return text;
  }
  if (asks_absence && then.Is(NodeKind::kCreateSchema) && !node.Has(Role::kElse))
    return CreateSchema(then, sink, true);
  const std::optional<bool> decided = Decided(node.Child(Role::kCondition));
  if (!decided) return Guarded(node.Child(Role::kCondition), then, node.Has(Role::kElse), sink);
  if (*decided) return Statement(then, sink);
  return node.Has(Role::kElse) ? Statement(node.Child(Role::kElse), sink) : "";
}

// IF before one write: its condition is one of the write's own.
std::string BatchTranslator::Guarded(Node condition, Node then, bool has_else,
                                     DiagnosticSink& sink) {
  const bool is_write =
      then.Is(NodeKind::kInsertStatement) ||
      ((then.Is(NodeKind::kUpdateStatement) || then.Is(NodeKind::kDeleteStatement)) &&
       !then.Has(Role::kFrom) && !then.Has(Role::kWith));
  if (!is_write || has_else || then.Has(Role::kOutput) || !guard_.empty())
    return RefuseStatement(condition, sink);
  guard_ = PrintExpr(
      relational::LowerOverTable(Index(), nullptr, condition, CopyVariables(), Options(), sink),
      sink);
  std::string text = Statement(then, sink);
  guard_.clear();
  return text;
}

// A loop over numbers is written out, round by round.
std::string BatchTranslator::While(Node node, DiagnosticSink& sink) {
  std::vector<std::string> rounds;
  size_t size = 0;
  for (int round = 0; round < kMostRounds && size < kMostText; ++round) {
    const std::optional<bool> goes_on = Decided(node.Child(Role::kCondition));
    if (!goes_on) break;
    if (!*goes_on) return Join(rounds, ";" + std::string(2, kBreak));
    const Node body = node.Child(Role::kBody);
    if (!ReadsFreshVariables(body, sink)) return "";
    std::string text = Statement(body, sink);
    if (sink.HasErrors()) return "";
    size += text.size();
    if (!text.empty()) rounds.push_back(std::move(text));
  }
  return RefuseStatement(node, sink);
}

}  // namespace datamigrate::dialects
