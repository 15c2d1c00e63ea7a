// Expressions: literals, operators, conditions, windows.
#include <algorithm>
#include <cctype>

#include "absl/strings/ascii.h"
#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/like_pattern.h"

namespace datamigrate::dialects {
namespace {

using namespace relational;
using diagnostics::DiagnosticId;

constexpr size_t kLongLine = 88;

// The pattern with its only argument in place.
std::string Filled(std::string_view pattern, std::string_view argument) {
  const size_t mark = pattern.find("$0");
  return std::string(pattern.substr(0, mark)) + std::string(argument) +
         std::string(pattern.substr(mark + 2));
}

// Whether the dialect takes the name without quotes as it is.
bool IsPlainName(const Dialect& dialect, std::string_view name) {
  constexpr size_t kLongestWord = 64;  // Reserved words are shorter.
  char lower[kLongestWord];
  if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name[0]))) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (!absl::ascii_isalnum(c) && c != '_') return false;
    if (dialect.identifier_case == IdentifierCase::kLower && absl::ascii_isupper(c)) return false;
    if (dialect.identifier_case == IdentifierCase::kUpper && absl::ascii_islower(c)) return false;
    if (i < kLongestWord) lower[i] = absl::ascii_tolower(c);
  }
  return name.size() > kLongestWord ||
         !TableIndex::Of(dialect).IsReserved(std::string_view(lower, name.size()));
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
  const auto rule = std::ranges::find_if(dialect.types, [&](const TypeRule& candidate) {
    const bool fits_number =
        type.id != tsql::TypeId::kDecimal ||
        (type.scale <= candidate.most_scale && type.precision - type.scale <= candidate.most_whole);
    const bool fits_length = candidate.most_length < 0 || (type.length != tsql::SqlType::kMax &&
                                                           type.length <= candidate.most_length);
    return candidate.id == type.id && fits_number && fits_length;
  });
  if (rule == dialect.types.end()) return "";
  std::string name;
  for (size_t i = 0; i < rule->name.size(); ++i) {
    if (rule->name[i] != '$') {
      name += rule->name[i];
      continue;
    }
    const char facet = rule->name[++i];
    const int32_t length = std::max(type.length, 1);
    name += std::to_string(facet == 'l'   ? length
                           : facet == '3' ? length * 3
                           : facet == '4' ? length * 4
                           : facet == 'p' ? type.precision
                           : facet == 'm' ? std::min(type.scale, 6)
                                          : type.scale);
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
  return IsPlainName(dialect, name) ? std::string(name) : QuotedIdentifier(dialect, name);
}

// Names with Jinja's opening marks would be run by dbt.
std::string Emitter::AliasName(std::string_view name, diagnostics::SourceSpan span) {
  for (size_t at = name.find('{'); at != std::string_view::npos; at = name.find('{', at + 1)) {
    const std::string_view mark = name.substr(at, 2);
    if (mark == "{{" || mark == "{%" || mark == "{#") {
      Report(DiagnosticId::kUnsupportedConstruct, span,
             {"the name " + std::string(name), "a dbt model"}, "rename it in the source");
    }
  }
  return Identifier(dialect_, name);
}

std::string Emitter::Name(std::string_view name, diagnostics::SourceSpan span) {
  if (name.find_first_of(dialect_.forbidden_in_names) != std::string_view::npos &&
      !dialect_.forbidden_in_names.empty()) {
    Report(DiagnosticId::kForbiddenName, span, {std::string(name), std::string(dialect_.title)},
           "give the column another name in the source's view");
  }
  return AliasName(name, span);
}

std::string Emitter::Operand(const Expr& expr, Binding least) {
  Text text = Emit(expr);
  if (text.binding >= least) return std::move(text.sql);
  return IsMultiLine(text.sql) ? Block(text.sql) : "(" + text.sql + ")";
}

Emitter::Text Emitter::Emit(const Expr& expr) {
  const auto compared = [&](size_t index, size_t other) {
    const Expr& argument = *expr.arguments[index];
    if (argument.kind != ExprKind::kNull || dialect_.operators_take_null)
      return Operand(argument, Binding::kConcat);
    return TypedNull(expr.arguments[other]->type, expr.span);
  };
  const auto comparison = [&](std::string_view op) -> Text {
    return {compared(0, 1) + " " + std::string(op) + " " + compared(1, 0), Binding::kComparison};
  };
  switch (expr.kind) {
    case ExprKind::kNull:
      return {"null"};
    case ExprKind::kNumber:
      return EmitNumber(expr);
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
      return {expr.qualifier.empty() ? "*" : AliasName(expr.qualifier) + ".*"};
    case ExprKind::kNegate: {
      const std::string operand =
          EmitArithmeticOperand(*expr.arguments[0], expr, Binding::kPrimary);
      // Two signs in a row would begin a comment.
      return {operand.starts_with('-') ? "-(" + operand + ")" : "-" + operand, Binding::kUnary};
    }
    case ExprKind::kBitNot:
      if (expr.type.id == TypeId::kBit && dialect_.bit_is_boolean)
        return {"not " + Operand(*expr.arguments[0], Binding::kComparison), Binding::kNot};
      if (const FunctionRule* rule = FindRule("~", 1, TypeClass::kInteger))
        return FillTemplate(rule->target, {expr.arguments[0].get()}, expr);
      // Targets add before they turn bits around.
      return {"~" + Operand(*expr.arguments[0], Binding::kPrimary), Binding::kConcat};
    case ExprKind::kArithmetic:
      return EmitArithmetic(expr);
    case ExprKind::kConcat:
      return EmitList(expr, dialect_.concat, Binding::kConcat);
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
      if (!dialect_.not_distinct.empty()) {
        const Text same = ApplyTemplate(dialect_.not_distinct,
                                        {Emit(*expr.arguments[0]), Emit(*expr.arguments[1])});
        return expr.negated ? same : Text{"not " + same.sql, Binding::kNot};
      }
      return comparison(expr.negated ? "is not distinct from" : "is distinct from");
    case ExprKind::kBetween:
      return {compared(0, 1) + (expr.negated ? " not between " : " between ") + compared(1, 0) +
                  " and " + compared(2, 0),
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
      if (!dialect_.supports_quantified) return EmitQuantified(expr);
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

// A quote or a backslash as the dialect's literals write it; other characters as they are.
std::string Emitter::Escaped(char c) const {
  const bool escapes = dialect_.string_escapes != StringEscapes::kNone;
  const bool by_backslash = dialect_.string_escapes == StringEscapes::kByBackslash;
  if (c == '\'') return by_backslash ? "\\'" : "''";
  if (c == '\\' && escapes) return "\\\\";
  if (c == '\n' && by_backslash) return "\\n";
  if (c == '\r' && by_backslash) return "\\r";
  return std::string(1, c);
}

std::string Emitter::EmitString(std::string_view value) {
  std::string literal = "'";
  const std::string glue = "'" + std::string(dialect_.concat);
  bool is_glued = false;
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    // Jinja would read {{ as its own; the layout's mark must not be in a literal.
    const bool opens_jinja = c == '{' && i + 1 < value.size() &&
                             std::string_view("{%#").find(value[i + 1]) != std::string_view::npos;
    if (c == kBreak) {
      literal += glue + (dialect_.bit_is_boolean ? "chr" : "char") + "(30)" +
                 std::string(dialect_.concat) + "'";
      is_glued = true;
      continue;
    }
    literal += Escaped(c);
    if (opens_jinja) {
      literal += glue + "'";
      is_glued = true;
    }
  }
  literal += "'";
  return is_glued ? "(" + literal + ")" : literal;
}

// Decimals where the dialect reads digits with a point as floating.
Emitter::Text Emitter::EmitNumber(const Expr& expr) {
  const size_t point = expr.text.find('.');
  if (expr.text.find_first_of("eE") != std::string::npos)
    return {Filled(dialect_.float_literal, expr.text)};
  const bool is_decimal = expr.type.id == TypeId::kDecimal || tsql::IsMoney(expr.type.id);
  const bool is_plain = point == std::string::npos ||
                        expr.text.find_first_of("eE") != std::string::npos || !is_decimal;
  if (dialect_.decimal_literal == "$0" || is_plain) return {expr.text};
  const bool fits = expr.text.size() - point - 1 <= 9 && point <= 29;
  return {Filled(fits ? dialect_.decimal_literal : dialect_.wide_decimal_literal, expr.text)};
}

Emitter::Text Emitter::EmitTemporal(const Expr& expr) {
  const bool is_moment = expr.type.id != TypeId::kDate && expr.type.id != TypeId::kTime &&
                         expr.type.id != TypeId::kDateTimeOffset;
  const std::string_view pattern = expr.type.id == TypeId::kDate   ? dialect_.date_literal
                                   : expr.type.id == TypeId::kTime ? dialect_.time_literal
                                   : is_moment                     ? dialect_.timestamp_literal
                                                                   : dialect_.offset_literal;
  if (pattern.empty()) {
    Report(DiagnosticId::kUnsupportedType, expr.span,
           {tsql::TypeText(expr.type), std::string(dialect_.title)});
    return {"null"};
  }
  std::string text = expr.text;
  // Targets keep microseconds; some would round the seventh digit up.
  const size_t point = text.find('.');
  const size_t end =
      point == std::string::npos ? 0 : text.find_first_not_of("0123456789", point + 1);
  if (point != std::string::npos && std::min(end, text.size()) > point + 7) {
    if (text[point + 7] != '0') Report(DiagnosticId::kFractionCut, expr.span, {});
    text.erase(point + 7, 1);
  }
  // Midnight is said by the date alone.
  if (is_moment && text.ends_with(" 00:00:00")) text.resize(text.size() - 9);
  return {Filled(pattern, "'" + text + "'")};
}

Emitter::Text Emitter::EmitBinary(const Expr& expr) {
  if (!dialect_.binary_literal.empty()) return {Filled(dialect_.binary_literal, expr.text)};
  if (dialect_.binary == BinaryStyle::kByteaHex) return {"'\\x" + expr.text + "'::bytea"};
  std::string literal = "'";
  for (size_t i = 0; i + 1 < expr.text.size(); i += 2) literal += "\\x" + expr.text.substr(i, 2);
  return {literal + "'::blob"};
}

// x > ALL (q): no row of q for which x > it is false or unknown; ANY: some row for which it is
// true.
Emitter::Text Emitter::EmitQuantified(const Expr& expr) {
  static constexpr char kName[] = "compared_value";
  const QueryPtr compared = Clone(*expr.query);
  for (Query* below = compared.get(); below != nullptr; below = below->left.get()) {
    if (!below->items.empty()) below->items[0].alias = kName;
  }
  const std::string condition =
      Operand(*expr.arguments[0], Binding::kConcat) + " " + expr.text + " compared." + kName;
  const bool is_all = expr.quantifier == "ALL";
  std::string sql = "select 1" + std::string(1, kBreak) + "from " + Block(EmitQuery(*compared)) +
                    " as compared" + kBreak + "where " +
                    (is_all ? "coalesce(not (" + condition + "), true)" : condition);
  return {(is_all ? "not exists " : "exists ") + Block(sql),
          is_all ? Binding::kNot : Binding::kPrimary};
}

Emitter::Text Emitter::EmitColumn(const Expr& expr) {
  // A column of the result without a name is known by its place.
  if (expr.text.empty() && !expr.default_text.empty()) return {expr.default_text};
  std::string name = Name(expr.text, expr.span);
  if (!expr.qualifier.empty()) {
    std::string qualified = AliasName(expr.qualifier, expr.span);
    qualified += '.';
    qualified += name;
    return {std::move(qualified)};
  }
  if (IsHidden(expr)) return {AliasName(aliases_.at(expr.range), expr.span) + "." + name};
  const bool is_shadowed = expr.range >= 0 && !shadows_.empty() &&
                           std::ranges::find(shadows_, Lower(expr.text)) != shadows_.end();
  return {is_shadowed ? shadowed_source_ + "." + name : std::move(name)};
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

// NULL of the type, or of int where that is not known.
std::string Emitter::TypedNull(const SqlType& type, diagnostics::SourceSpan span) {
  const bool is_known = type.id != TypeId::kNull && type.id != TypeId::kUnknown;
  return "cast(null as " + Type(is_known ? type : tsql::MakeType(TypeId::kInt), span) + ")";
}

Emitter::Text Emitter::EmitList(const Expr& expr, std::string_view separator, Binding binding) {
  std::vector<std::string> parts;
  const Binding least = static_cast<Binding>(static_cast<int>(binding) + 1);
  const bool types_nulls = expr.kind == ExprKind::kConcat && !dialect_.operators_take_null;
  for (const ExprPtr& argument : expr.arguments) {
    if (types_nulls && argument->kind == ExprKind::kNull)
      parts.push_back(TypedNull(expr.type, expr.span));
    else
      parts.push_back(Operand(*argument, least));
  }
  return {Join(parts, separator), binding};
}

Emitter::Text Emitter::EmitIn(const Expr& expr) {
  std::vector<std::string> items;
  for (size_t i = 1; i < expr.arguments.size(); ++i) items.push_back(Emit(*expr.arguments[i]).sql);
  return {Operand(*expr.arguments[0], Binding::kConcat) + (expr.negated ? " not in (" : " in (") +
              Join(items, ", ") + ")",
          Binding::kComparison};
}

// A pattern that is no constant: the wildcards around a value are the usual case.
Emitter::Text Emitter::EmitUnknownLike(const Expr& expr) {
  const Expr& pattern = *expr.arguments[1];
  if (!dialect_.supports_like_sets)
    Report(DiagnosticId::kPatternNotConstant, pattern.span, {std::string(dialect_.title)});
  std::string text = Operand(*expr.arguments[0], Binding::kConcat);
  const bool has_escape = expr.arguments.size() > 2;
  Text value = Emit(pattern);
  if (!has_escape) value = ApplyTemplate(dialect_.like_value, {value});
  std::string op = "like";
  if (expr.fold_case && !dialect_.case_insensitive_like.empty()) {
    op = dialect_.case_insensitive_like;
  } else if (expr.fold_case) {
    text = ApplyTemplate(dialect_.fold_case, {{text}}).sql;
    value = ApplyTemplate(dialect_.fold_case, {value});
  }
  const std::string right = value.binding >= Binding::kConcat ? value.sql : "(" + value.sql + ")";
  std::string escape;
  if (has_escape) {
    if (!dialect_.supports_like_escape)
      Report(DiagnosticId::kUnsupportedConstruct, expr.span,
             {"LIKE with ESCAPE", std::string(dialect_.title)});
    escape = " escape " + Operand(*expr.arguments[2], Binding::kConcat);
  } else if (dialect_.like_has_default_escape && dialect_.like_value == "$0") {
    escape = " escape ''";
  }
  return {text + (expr.negated ? " not " : " ") + op + " " + right + escape, Binding::kComparison};
}

// T-SQL's own pattern, sets and all.
Emitter::Text Emitter::EmitNativeLike(const Expr& expr, bool folds) {
  std::string text = Operand(*expr.arguments[0], Binding::kConcat);
  std::string pattern = expr.arguments[1]->text;
  if (folds) {
    text = ApplyTemplate(dialect_.fold_case, {{text}}).sql;
    pattern = Lower(pattern);
  }
  std::string escape;
  if (expr.arguments.size() > 2) escape = " escape " + Emit(*expr.arguments[2]).sql;
  return {text + (expr.negated ? " not like " : " like ") + EmitString(pattern) + escape,
          Binding::kComparison};
}

Emitter::Text Emitter::EmitLike(const Expr& expr) {
  const Expr& pattern = *expr.arguments[1];
  if (pattern.kind != ExprKind::kString) return EmitUnknownLike(expr);
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
  if (dialect_.supports_like_sets) return EmitNativeLike(expr, folds);
  std::string text = Operand(*expr.arguments[0], Binding::kConcat);
  if (expr.trim && !ends_open && !pattern.text.ends_with(' '))
    text = ApplyTemplate(dialect_.trim_end, {Emit(*expr.arguments[0])}).sql;
  if (HasSets(pieces)) {
    const std::string_view match = folds ? dialect_.regex_match_any_case : dialect_.regex_match;
    if (match.empty()) {
      Report(DiagnosticId::kUnsupportedConstruct, expr.span,
             {"LIKE with a set in brackets", std::string(dialect_.title)});
    }
    const std::string regex =
        Filled(folds ? dialect_.regex_text_any_case : dialect_.regex_text, ToRegex(pieces));
    Text call = ApplyTemplate(match, {{text}, {EmitString(regex)}});
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
    text = ApplyTemplate(dialect_.fold_case, {{text}}).sql;
    like = Lower(like);
  }
  std::string suffix;
  if (used_escape && dialect_.supports_like_escape)
    suffix = " escape " + EmitString("\\");
  else if (has_backslash && !used_escape && dialect_.like_has_default_escape)
    suffix = dialect_.like_value == "$0" ? " escape ''" : "";
  // Where the backslash always escapes, one of the text's own needs another.
  if (has_backslash && !used_escape && dialect_.like_has_default_escape && suffix.empty()) {
    for (size_t at = like.find('\\'); at != std::string::npos; at = like.find('\\', at + 2))
      like.insert(at, 1, '\\');
  }
  return {text + (expr.negated ? " not " : " ") + op + " " + EmitString(like) + suffix,
          Binding::kComparison};
}

Emitter::Text Emitter::EmitCase(const Expr& expr) {
  const Expr* operand = CommonOperand(expr);
  const size_t pairs = expr.arguments.size() / 2;
  std::vector<std::string> lines;
  size_t length = 10;
  for (size_t i = 0; i < pairs; ++i) {
    const Expr& condition = *expr.arguments[2 * i];
    std::string when = operand != nullptr ? Operand(*condition.arguments[1], Binding::kConcat)
                                          : Emit(condition).sql;
    lines.push_back("when " + Indent(std::move(when), 4) + " then " +
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
  for (std::string& line : lines) {
    sql += kBreak;
    sql += "    ";
    sql += Indent(std::move(line), 4);
  }
  sql += kBreak;
  return {sql + "end"};
}

Emitter::Text Emitter::EmitKey(const Expr& expr) {
  Text text = Emit(*expr.arguments[0]);
  if (expr.trim) text = ApplyTemplate(dialect_.trim_end, {text});
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

std::string Emitter::EmitWindow(const Window& window, const std::string& rows_frame) {
  std::vector<std::string> parts;
  if (!window.partition_by.empty()) {
    std::vector<std::string> keys;
    for (const ExprPtr& key : window.partition_by) keys.push_back(Emit(*key).sql);
    parts.push_back("partition by " + Join(keys, ", "));
  }
  if (!window.order_by.empty()) parts.push_back("order by " + EmitOrder(window.order_by));
  if (!rows_frame.empty()) {
    parts.push_back(rows_frame.substr(1));
  } else if (window.has_frame) {
    parts.push_back(std::string(window.is_rows ? "rows" : "range") + " between " +
                    EmitBound(window.start) + " and " + EmitBound(window.end));
  }
  return " over (" + Join(parts, " ") + ")";
}

}  // namespace datamigrate::dialects
