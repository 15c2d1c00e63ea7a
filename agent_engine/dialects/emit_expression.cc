// Expressions: literals, operators, conditions, windows.
#include <algorithm>
#include <cctype>

#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/like_pattern.h"

namespace datamigrate::dialects {
namespace {

using namespace relational;
using diagnostics::DiagnosticId;

constexpr size_t kLongLine = 88;

// Digits after the point that the target's own arithmetic gives, where it works in decimals.
int32_t NativeScale(const Expr& expr) {
  if (expr.kind == ExprKind::kNumber) {
    const size_t point = expr.text.find('.');
    return point == std::string::npos ? 0 : static_cast<int32_t>(expr.text.size() - point - 1);
  }
  if (expr.kind == ExprKind::kCast && expr.implicit) {
    return tsql::IsIntegral(expr.arguments[0]->type.id) ? 0 : NativeScale(*expr.arguments[0]);
  }
  if (expr.kind == ExprKind::kArithmetic && tsql::IsExactNumeric(expr.type.id) &&
      !tsql::IsIntegral(expr.type.id)) {
    return expr.type.scale;
  }
  return tsql::IsIntegral(expr.type.id) ? 0 : expr.type.scale;
}

bool IsExactFraction(TypeId id) {
  return id == TypeId::kDecimal || tsql::IsMoney(id);
}

const Expr* WithoutImplicitCast(const Expr& expr) {
  const Expr* inner = &expr;
  while (inner->kind == ExprKind::kCast && inner->implicit) inner = inner->arguments[0].get();
  return inner;
}

// A CASE whose conditions all compare one expression: its simple form.
const Expr* CommonOperand(const Expr& expr) {
  const size_t pairs = expr.arguments.size() / 2;
  const Expr* operand = nullptr;
  for (size_t i = 0; i < pairs; ++i) {
    const Expr& condition = *expr.arguments[2 * i];
    if (condition.kind != ExprKind::kCompare || condition.text != "=") return nullptr;
    const Expr& left = *condition.arguments[0];
    if (condition.arguments[1]->kind == ExprKind::kNull) return nullptr;
    if (operand == nullptr) operand = &left;
    if (!SameExpr(*operand, left)) return nullptr;
  }
  return pairs >= 2 ? operand : nullptr;
}

}  // namespace

void Emitter::Report(DiagnosticId id, diagnostics::SourceSpan span,
                     std::vector<std::string> arguments, std::string hint) {
  for (const diagnostics::Diagnostic& known : sink_.diagnostics()) {
    if (known.id == id && known.span.begin == span.begin && known.arguments == arguments) return;
  }
  sink_.Report({id, span, std::move(arguments), std::move(hint), "", "", {}});
}

std::string TypeName(const Dialect& dialect, const tsql::SqlType& type) {
  const auto rule = std::ranges::find(dialect.types, type.id, &TypeRule::id);
  if (rule == dialect.types.end()) return "";
  std::string name;
  for (size_t i = 0; i < rule->name.size(); ++i) {
    if (rule->name[i] != '$') {
      name += rule->name[i];
      continue;
    }
    const char facet = rule->name[++i];
    name += std::to_string(facet == 'l' ? type.length : facet == 'p' ? type.precision : type.scale);
  }
  return name;
}

std::string QuotedIdentifier(const Dialect& dialect, std::string_view name) {
  std::string quoted(1, dialect.identifier_quote);
  for (const char c : name) {
    quoted += c;
    if (c == dialect.identifier_quote) quoted += c;
  }
  return quoted + dialect.identifier_quote;
}

std::string Identifier(const Dialect& dialect, std::string_view name) {
  const bool is_regular =
      !name.empty() && (std::isalpha(static_cast<unsigned char>(name[0])) || name[0] == '_') &&
      std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
  const bool loses_case =
      (dialect.identifier_case == IdentifierCase::kLower &&
       std::ranges::any_of(name, [](unsigned char c) { return std::isupper(c); })) ||
      (dialect.identifier_case == IdentifierCase::kUpper &&
       std::ranges::any_of(name, [](unsigned char c) { return std::islower(c); }));
  const std::string lower = Lower(name);
  const bool reserved = std::ranges::binary_search(dialect.reserved_words, std::string_view(lower));
  return is_regular && !loses_case && !reserved ? std::string(name)
                                                : QuotedIdentifier(dialect, name);
}

// Names with Jinja's opening marks would be run by dbt.
std::string Emitter::Name(std::string_view name, diagnostics::SourceSpan span) {
  for (const std::string_view mark : {"{{", "{%", "{#"}) {
    if (name.find(mark) != std::string_view::npos) {
      Report(DiagnosticId::kUnsupportedConstruct, span,
             {"the name " + std::string(name), "a dbt model"}, "rename it in the source");
    }
  }
  return Identifier(dialect_, name);
}

std::string Emitter::Operand(const Expr& expr, Binding least) {
  Text text = Emit(expr);
  if (text.binding >= least) return text.sql;
  return IsMultiLine(text.sql) ? Block(text.sql) : "(" + text.sql + ")";
}

Emitter::Text Emitter::Emit(const Expr& expr) {
  const auto comparison = [&](std::string_view op) -> Text {
    return {Operand(*expr.arguments[0], Binding::kConcat) + " " + std::string(op) + " " +
                Operand(*expr.arguments[1], Binding::kConcat),
            Binding::kComparison};
  };
  switch (expr.kind) {
    case ExprKind::kNull:
      return {"null"};
    case ExprKind::kNumber:
      return {expr.text};
    case ExprKind::kString:
      return {EmitString(expr.text)};
    case ExprKind::kBinary:
      return EmitBinary(expr);
    case ExprKind::kBit:
      if (dialect_.bit_is_boolean) return {expr.text == "1" ? "true" : "false"};
      return {expr.text};
    case ExprKind::kTemporal:
      return EmitTemporal(expr);
    case ExprKind::kColumn:
      return EmitColumn(expr);
    case ExprKind::kParameter:
      return EmitParameter(expr);
    case ExprKind::kStar:
      return {expr.qualifier.empty() ? "*" : Name(expr.qualifier) + ".*"};
    case ExprKind::kNegate: {
      const std::string operand = Operand(*expr.arguments[0], Binding::kPrimary);
      // Two signs in a row would begin a comment.
      return {operand.starts_with('-') ? "-(" + operand + ")" : "-" + operand, Binding::kUnary};
    }
    case ExprKind::kBitNot:
      if (expr.type.id == TypeId::kBit)
        return {"not " + Operand(*expr.arguments[0], Binding::kComparison), Binding::kNot};
      return {"~" + Operand(*expr.arguments[0], Binding::kPrimary), Binding::kUnary};
    case ExprKind::kArithmetic:
      return EmitArithmetic(expr);
    case ExprKind::kConcat:
      return EmitList(expr, " || ", Binding::kConcat);
    case ExprKind::kCompare:
      return comparison(expr.text);
    case ExprKind::kAnd:
      return EmitList(expr, " and ", Binding::kAnd);
    case ExprKind::kOr:
      return EmitList(expr, " or ", Binding::kOr);
    case ExprKind::kNot:
      return {"not " + Operand(*expr.arguments[0], Binding::kComparison), Binding::kNot};
    case ExprKind::kIsNull:
      return {Operand(*expr.arguments[0], Binding::kConcat) +
                  (expr.negated ? " is not null" : " is null"),
              Binding::kComparison};
    case ExprKind::kDistinct:
      return comparison(expr.negated ? "is not distinct from" : "is distinct from");
    case ExprKind::kBetween:
      return {Operand(*expr.arguments[0], Binding::kConcat) +
                  (expr.negated ? " not between " : " between ") +
                  Operand(*expr.arguments[1], Binding::kConcat) + " and " +
                  Operand(*expr.arguments[2], Binding::kConcat),
              Binding::kComparison};
    case ExprKind::kInList:
      return EmitIn(expr);
    case ExprKind::kInQuery:
      return {Operand(*expr.arguments[0], Binding::kConcat) + (expr.negated ? " not in " : " in ") +
                  Block(EmitQuery(*expr.query)),
              Binding::kComparison};
    case ExprKind::kExists:
      return {(expr.negated ? "not exists " : "exists ") + Block(EmitQuery(*expr.query)),
              expr.negated ? Binding::kNot : Binding::kPrimary};
    case ExprKind::kQuantified:
      return {Operand(*expr.arguments[0], Binding::kConcat) + " " + expr.text + " " +
                  Lower(expr.quantifier) + " " + Block(EmitQuery(*expr.query)),
              Binding::kComparison};
    case ExprKind::kSubquery:
      return {Block(EmitQuery(*expr.query))};
    case ExprKind::kLike:
      return EmitLike(expr);
    case ExprKind::kCase:
      return EmitCase(expr);
    case ExprKind::kCall:
      return EmitCall(expr);
    case ExprKind::kCast:
      return EmitCast(expr);
    case ExprKind::kKey:
      return EmitKey(expr);
  }
  return {""};
}

std::string Emitter::EmitString(std::string_view value) {
  std::string literal = "'";
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    // Jinja would read {{ as its own; the layout's mark must not be in a literal.
    const bool opens_jinja = c == '{' && i + 1 < value.size() &&
                             std::string_view("{%#").find(value[i + 1]) != std::string_view::npos;
    if (c == kBreak) {
      literal += "' || chr(30) || '";
      continue;
    }
    literal += c;
    if (c == '\'') literal += c;
    if (opens_jinja) literal += "' || '";
  }
  literal += "'";
  if (literal.find("' || ") != std::string::npos && value.find("' || ") == std::string_view::npos)
    return "(" + literal + ")";
  return literal;
}

Emitter::Text Emitter::EmitTemporal(const Expr& expr) {
  const std::string_view word = expr.type.id == TypeId::kDate             ? "date"
                                : expr.type.id == TypeId::kTime           ? "time"
                                : expr.type.id == TypeId::kDateTimeOffset ? "timestamptz"
                                                                          : "timestamp";
  std::string text = expr.text;
  // Midnight is said by the date alone.
  if (word == "timestamp" && text.ends_with(" 00:00:00")) text.resize(text.size() - 9);
  return {std::string(word) + " '" + text + "'"};
}

Emitter::Text Emitter::EmitBinary(const Expr& expr) {
  if (dialect_.binary == BinaryStyle::kByteaHex) return {"'\\x" + expr.text + "'::bytea"};
  std::string literal = "'";
  for (size_t i = 0; i + 1 < expr.text.size(); i += 2) literal += "\\x" + expr.text.substr(i, 2);
  return {literal + "'::blob"};
}

Emitter::Text Emitter::EmitColumn(const Expr& expr) {
  const std::string name = Name(expr.text, expr.span);
  return {expr.qualifier.empty() ? name : Name(expr.qualifier, expr.span) + "." + name};
}

Emitter::Text Emitter::EmitParameter(const Expr& expr) {
  std::string value;
  for (const char c : expr.default_text) {
    if (c == '\'' || c == '\\') value += '\\';
    value += c;
  }
  const std::string type = Type(expr.type, expr.span);
  const std::string variable = "{{ var('" + expr.text + "', '" + value + "') }}";
  const std::string quoted = "'" + variable + "'";
  // Without a value the parameter is NULL.
  if (!expr.has_default) return {"cast(nullif(" + quoted + ", '') as " + type + ")"};
  return {"cast(" + quoted + " as " + type + ")"};
}

std::string Emitter::EmitArithmeticOperand(const Expr& operand, const Expr& parent, Binding least) {
  // Narrow integers would overflow where T-SQL computes in the wider type.
  const Expr& inner = *WithoutImplicitCast(operand);
  const bool is_narrow = inner.type.id == TypeId::kTinyInt || inner.type.id == TypeId::kSmallInt;
  if (tsql::IsIntegral(parent.type.id) && operand.kind == ExprKind::kCast && operand.implicit &&
      is_narrow && inner.kind != ExprKind::kNumber) {
    return "cast(" + Emit(inner).sql + " as " + Type(parent.type, operand.span) + ")";
  }
  return Operand(operand, least);
}

Emitter::Text Emitter::EmitArithmetic(const Expr& expr) {
  if (expr.text == "/") return EmitDivision(expr);
  if (expr.text == "^") {
    if (const FunctionRule* rule = FindRule("^", 2, TypeClass::kInteger)) {
      return FillTemplate(rule->target, {expr.arguments[0].get(), expr.arguments[1].get()}, expr);
    }
  }
  const bool is_product = expr.text == "*" || expr.text == "%";
  const bool is_bitwise = expr.text == "&" || expr.text == "|" || expr.text == "^";
  const Binding binding = is_product   ? Binding::kMultiplicative
                          : is_bitwise ? Binding::kConcat
                                       : Binding::kAdditive;
  const Binding left_least = is_bitwise ? Binding::kUnary : binding;
  const Binding right_least =
      is_bitwise ? Binding::kUnary : static_cast<Binding>(static_cast<int>(binding) + 1);
  Text text{EmitArithmeticOperand(*expr.arguments[0], expr, left_least) + " " + expr.text + " " +
                EmitArithmeticOperand(*expr.arguments[1], expr, right_least),
            binding};
  if (!IsExactFraction(expr.type.id)) return text;
  const int32_t left = NativeScale(*expr.arguments[0]);
  const int32_t right = NativeScale(*expr.arguments[1]);
  const int32_t native = expr.text == "*" ? left + right : std::max(left, right);
  if (native <= expr.type.scale) return text;
  // A product of money is cut after four digits.
  if (tsql::IsMoney(expr.type.id)) return {"trunc(" + text.sql + ", 4)"};
  return {"cast(" + text.sql + " as " + Type(expr.type, expr.span) + ")"};
}

Emitter::Text Emitter::EmitDivision(const Expr& expr) {
  const std::string left =
      EmitArithmeticOperand(*expr.arguments[0], expr, Binding::kMultiplicative);
  const std::string right = EmitArithmeticOperand(*expr.arguments[1], expr, Binding::kUnary);
  std::string_view pattern = "$0 / $1";
  if (tsql::IsIntegral(expr.type.id)) pattern = dialect_.integer_divide;
  if (IsExactFraction(expr.type.id)) pattern = dialect_.decimal_divide;
  std::string sql;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '$') {
      sql += pattern[i];
      continue;
    }
    switch (pattern[++i]) {
      case '0':
        sql += left;
        break;
      case '1':
        sql += right;
        break;
      case 'p':
        sql += std::to_string(std::max(expr.type.precision, 1));
        break;
      case 's':
        sql += std::to_string(expr.type.scale);
        break;
      case 'g':
        sql += std::to_string(std::min(expr.type.scale + 4, 30));
        break;
      default:
        break;
    }
  }
  const bool is_call = sql.starts_with("trunc(") || sql.starts_with("cast(");
  return {sql, is_call ? Binding::kPrimary : Binding::kMultiplicative};
}

Emitter::Text Emitter::EmitList(const Expr& expr, std::string_view separator, Binding binding) {
  std::vector<std::string> parts;
  const Binding least = static_cast<Binding>(static_cast<int>(binding) + 1);
  for (const ExprPtr& argument : expr.arguments) parts.push_back(Operand(*argument, least));
  return {Join(parts, separator), binding};
}

Emitter::Text Emitter::EmitIn(const Expr& expr) {
  std::vector<std::string> items;
  for (size_t i = 1; i < expr.arguments.size(); ++i) items.push_back(Emit(*expr.arguments[i]).sql);
  return {Operand(*expr.arguments[0], Binding::kConcat) + (expr.negated ? " not in (" : " in (") +
              Join(items, ", ") + ")",
          Binding::kComparison};
}

Emitter::Text Emitter::EmitLike(const Expr& expr) {
  const Expr& pattern = *expr.arguments[1];
  const std::string negation = expr.negated ? "not " : "";
  std::string text = Operand(*expr.arguments[0], Binding::kConcat);
  const auto fold = [&](const std::string& sql) {
    return ApplyTemplate(dialect_.fold_case, {{sql}}).sql;
  };
  if (pattern.kind != ExprKind::kString) {
    // The wildcards around a value that is not known are the usual case.
    Report(DiagnosticId::kPatternNotConstant, pattern.span, {std::string(dialect_.title)});
    std::string right = Operand(pattern, Binding::kConcat);
    std::string op = "like";
    if (expr.fold_case && !dialect_.case_insensitive_like.empty())
      op = dialect_.case_insensitive_like;
    else if (expr.fold_case) {
      text = fold(text);
      right = fold(right);
    }
    std::string escape;
    if (expr.arguments.size() > 2)
      escape = " escape " + Operand(*expr.arguments[2], Binding::kConcat);
    else if (dialect_.like_has_default_escape)
      escape = " escape ''";
    return {text + " " + negation + op + " " + right + escape, Binding::kComparison};
  }
  char escape = 0;
  if (expr.arguments.size() > 2) {
    const Expr& escape_expr = *expr.arguments[2];
    if (escape_expr.kind != ExprKind::kString || escape_expr.text.size() != 1) {
      Report(
          DiagnosticId::kUnsupportedConstruct, expr.span,
          {"LIKE with an ESCAPE that is not one constant character", std::string(dialect_.title)});
    } else {
      escape = escape_expr.text[0];
    }
  }
  const std::vector<PatternPiece> pieces = ParseLikePattern(pattern.text, escape);
  const bool ends_open = !pieces.empty() && pieces.back().kind == PatternPiece::Kind::kAny;
  const bool has_letters = std::ranges::any_of(
      pattern.text, [](unsigned char c) { return std::isalpha(c) || c >= 0x80; });
  const bool folds = expr.fold_case && has_letters;
  if (expr.trim && !ends_open && !pattern.text.ends_with(' '))
    text = "rtrim(" + Emit(*expr.arguments[0]).sql + ")";
  if (HasSets(pieces)) {
    const std::string_view match = folds ? dialect_.regex_match_any_case : dialect_.regex_match;
    if (match.empty()) {
      Report(DiagnosticId::kUnsupportedConstruct, expr.span,
             {"LIKE with a set in brackets", std::string(dialect_.title)});
    }
    Text call = ApplyTemplate(match, {{text}, {EmitString(ToRegex(pieces))}});
    if (expr.negated) return {"not " + call.sql, Binding::kNot};
    return call;
  }
  bool used_escape = false;
  std::string like = ToLikePattern(pieces, '\\', used_escape);
  const bool has_backslash = like.find('\\') != std::string::npos;
  std::string op = "like";
  if (folds && !dialect_.case_insensitive_like.empty()) {
    op = dialect_.case_insensitive_like;
  } else if (folds) {
    text = fold(text);
    like = Lower(like);
  }
  std::string suffix;
  if (used_escape)
    suffix = " escape '\\'";
  else if (has_backslash && dialect_.like_has_default_escape)
    suffix = " escape ''";
  return {text + " " + negation + op + " " + EmitString(like) + suffix, Binding::kComparison};
}

Emitter::Text Emitter::EmitCase(const Expr& expr) {
  const Expr* operand = CommonOperand(expr);
  const size_t pairs = expr.arguments.size() / 2;
  std::vector<std::string> lines;
  size_t length = 10;
  for (size_t i = 0; i < pairs; ++i) {
    const Expr& condition = *expr.arguments[2 * i];
    const std::string when = operand != nullptr ? Operand(*condition.arguments[1], Binding::kConcat)
                                                : Emit(condition).sql;
    lines.push_back("when " + Indent(when, 4) + " then " +
                    Indent(Operand(*expr.arguments[2 * i + 1], Binding::kConcat), 4));
    length += lines.back().size();
  }
  if (expr.has_else) lines.push_back("else " + Indent(Emit(*expr.arguments.back()).sql, 4));
  std::string head = "case";
  if (operand != nullptr) head += " " + Emit(*operand).sql;
  const bool one_line =
      length + head.size() + lines.back().size() < kLongLine &&
      std::ranges::none_of(lines, [](const std::string& line) { return IsMultiLine(line); });
  if (one_line) return {head + " " + Join(lines, " ") + " end"};
  std::string sql = head;
  for (const std::string& line : lines) {
    sql += kBreak;
    sql += "    " + Indent(line, 4);
  }
  sql += kBreak;
  return {sql + "end"};
}

Emitter::Text Emitter::EmitKey(const Expr& expr) {
  Text text = Emit(*expr.arguments[0]);
  if (expr.trim) text = ApplyTemplate("rtrim($0)", {text});
  if (expr.fold_accents) {
    if (dialect_.fold_accents.empty()) {
      Report(DiagnosticId::kCollationNotKept, expr.span, {"an accent-insensitive comparison"});
    } else {
      text = ApplyTemplate(dialect_.fold_accents, {text});
    }
  }
  if (expr.fold_case) text = ApplyTemplate(dialect_.fold_case, {text});
  return text;
}

std::string Emitter::EmitOrder(const std::vector<OrderItem>& items) {
  std::vector<std::string> parts;
  for (const OrderItem& item : items) {
    std::string part = Operand(*item.expr, Binding::kOr);
    if (item.descending) part += " desc";
    // SQL Server puts NULLs first, last when descending: "SELECT - ORDER BY clause".
    if (item.expr->type.nullable) {
      const bool wants_first = !item.descending;
      const bool has_first =
          item.descending ? dialect_.nulls_first_by_default_desc : dialect_.nulls_first_by_default;
      if (wants_first != has_first) part += wants_first ? " nulls first" : " nulls last";
    }
    parts.push_back(std::move(part));
  }
  return Join(parts, ", ");
}

std::string Emitter::EmitBound(const FrameBound& bound) {
  switch (bound.kind) {
    case FrameBound::Kind::kUnboundedPreceding:
      return "unbounded preceding";
    case FrameBound::Kind::kUnboundedFollowing:
      return "unbounded following";
    case FrameBound::Kind::kCurrentRow:
      return "current row";
    case FrameBound::Kind::kPreceding:
      return Emit(*bound.offset).sql + " preceding";
    case FrameBound::Kind::kFollowing:
      return Emit(*bound.offset).sql + " following";
  }
  return "";
}

std::string Emitter::EmitWindow(const Window& window) {
  std::vector<std::string> parts;
  if (!window.partition_by.empty()) {
    std::vector<std::string> keys;
    for (const ExprPtr& key : window.partition_by) keys.push_back(Emit(*key).sql);
    parts.push_back("partition by " + Join(keys, ", "));
  }
  if (!window.order_by.empty()) parts.push_back("order by " + EmitOrder(window.order_by));
  if (window.has_frame) {
    parts.push_back(std::string(window.is_rows ? "rows" : "range") + " between " +
                    EmitBound(window.start) + " and " + EmitBound(window.end));
  }
  return " over (" + Join(parts, " ") + ")";
}

}  // namespace datamigrate::dialects
