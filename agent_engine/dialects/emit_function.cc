// Function calls, by the rows of the dialect's table.
#include <algorithm>
#include <cctype>

#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/like_pattern.h"
#include "agent_engine/tsql/binder/functions.h"

namespace datamigrate::dialects {
namespace {

using namespace relational;
using diagnostics::DiagnosticId;

bool EndsArgument(std::string_view pattern, size_t position) {
  if (position >= pattern.size()) return false;
  const char next = pattern[position];
  return next == ')' || next == ',' || next == ']' || next == '$' ||
         pattern.substr(position).starts_with(" as ");
}

bool BeginsArgument(std::string_view pattern, size_t position) {
  if (position == 0) return false;
  const char before = pattern[position - 1];
  return before == '(' || before == '[' ||
         (before == ' ' && position > 1 && pattern[position - 2] == ',') ||
         pattern.substr(0, position).ends_with("$d");
}

}  // namespace

TypeClass ClassOf(const tsql::SqlType& type) {
  using tsql::TypeId;
  switch (type.id) {
    case TypeId::kUnknown:
    case TypeId::kNull:
      return TypeClass::kAny;
    case TypeId::kBit:
      return TypeClass::kBit;
    case TypeId::kDecimal:
      return TypeClass::kDecimal;
    case TypeId::kDate:
      return TypeClass::kDate;
    case TypeId::kTime:
      return TypeClass::kTime;
    case TypeId::kDateTime:
    case TypeId::kDateTime2:
      return TypeClass::kDateTime;
    case TypeId::kSmallDateTime:
      return TypeClass::kSmallDateTime;
    case TypeId::kDateTimeOffset:
      return TypeClass::kOffset;
    case TypeId::kUniqueIdentifier:
      return TypeClass::kGuid;
    default:
      break;
  }
  if (tsql::IsInteger(type.id)) return TypeClass::kInteger;
  if (tsql::IsMoney(type.id)) return TypeClass::kMoney;
  if (tsql::IsApproximate(type.id)) return TypeClass::kFloat;
  if (tsql::IsString(type.id)) return TypeClass::kString;
  if (tsql::IsBinary(type.id)) return TypeClass::kBinary;
  return TypeClass::kOpaque;
}

const FunctionRule* Emitter::FindRule(std::string_view name, size_t arity, TypeClass first) const {
  const FunctionRule* best = nullptr;
  for (const FunctionRule& rule : dialect_.functions) {
    if (rule.source != name) continue;
    if (rule.arity >= 0 && static_cast<size_t>(rule.arity) != arity) continue;
    if (rule.first == first && first != TypeClass::kAny) return &rule;
    if (rule.first == TypeClass::kAny && best == nullptr) best = &rule;
  }
  return best;
}

Emitter::Text Emitter::ApplyTemplate(std::string_view pattern, const std::vector<Text>& arguments,
                                     const std::string& type) {
  if (pattern == "$0" && !arguments.empty()) return arguments[0];
  std::string sql;
  int depth = 0;
  bool in_string = false;
  Binding binding = Binding::kPrimary;
  const auto lower_to = [&](Binding found) { binding = std::min(binding, found); };
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\'') in_string = !in_string;
    if (c != '$' || in_string || i + 1 >= pattern.size()) {
      sql += c;
      if (in_string) continue;
      const std::string_view rest = pattern.substr(i);
      if (c == '(' || c == '[' || rest.starts_with("case ")) ++depth;
      if (c == ')' || c == ']' || (rest.starts_with("end") && i > 0 && pattern[i - 1] == ' '))
        --depth;
      if (depth > 0) continue;
      if (rest.starts_with(" <> ") || rest.starts_with(" = ") || rest.starts_with(" is "))
        lower_to(Binding::kComparison);
      if (rest.starts_with(" || ") || rest.starts_with(" << ") || rest.starts_with(" >> "))
        lower_to(Binding::kConcat);
      if (rest.starts_with(" + ") || rest.starts_with(" - ")) lower_to(Binding::kAdditive);
      if (rest.starts_with(" * ") || rest.starts_with(" / ") || rest.starts_with(" // ") ||
          rest.starts_with(" % "))
        lower_to(Binding::kMultiplicative);
      continue;
    }
    const char key = pattern[i + 1];
    if (key == 't') {
      sql += type;
    } else if (std::isdigit(static_cast<unsigned char>(key))) {
      const size_t index = key - '0';
      if (index < arguments.size()) {
        const bool is_safe = BeginsArgument(pattern, i) && EndsArgument(pattern, i + 2);
        const Text& argument = arguments[index];
        sql += is_safe || argument.binding == Binding::kPrimary ? argument.sql
                                                                : "(" + argument.sql + ")";
      }
    }
    ++i;
  }
  return {sql, binding};
}

Emitter::Text Emitter::FillTemplate(std::string_view pattern,
                                    const std::vector<const Expr*>& arguments, const Expr& call,
                                    const Text* window) {
  std::vector<Text> texts;
  std::vector<std::string> plain;
  for (const Expr* argument : arguments) {
    texts.push_back(Emit(*argument));
    plain.push_back(texts.back().sql);
  }
  // The marks that stand for more than one argument are filled first.
  std::string filled;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view mark = pattern.substr(i, 2);
    if (mark == "$*") {
      for (size_t k = 0; k < arguments.size(); ++k)
        filled += (k > 0 ? ", $" : "$") + std::to_string(k);
    } else if (mark == "$d") {
      filled += call.distinct ? "distinct " : "";
    } else if (mark == "$o") {
      filled += call.order_by.empty() ? "" : " order by " + EmitOrder(call.order_by);
    } else if (mark == "$w" && window != nullptr) {
      filled += "$" + std::to_string(texts.size());
      texts.push_back(*window);
    } else if (mark == "$n") {
      filled += call.ignore_nulls ? " ignore nulls" : "";
    } else {
      filled += pattern[i];
      continue;
    }
    ++i;
  }
  if (pattern.find("$*") != std::string_view::npos && arguments.size() > 10) {
    // More arguments than single digits name.
    const size_t open = pattern.find("$*");
    return {std::string(pattern.substr(0, open)) + Join(plain, ", ") +
            std::string(pattern.substr(open + 2))};
  }
  const std::string type =
      pattern.find("$t") == std::string_view::npos ? "" : Type(call.type, call.span);
  return ApplyTemplate(filled, texts, type);
}

Emitter::Text Emitter::EmitCall(const Expr& call) {
  if (call.text == "PATINDEX") return EmitPatIndex(call);
  if (call.text == "FORMAT") return EmitFormat(call);
  const std::string name = call.part.empty() ? call.text : call.text + ":" + call.part;
  const TypeClass first =
      call.arguments.empty() ? TypeClass::kAny : ClassOf(call.arguments[0]->type);
  const FunctionRule* rule = FindRule(name, call.arguments.size(), first);
  if (rule == nullptr) {
    // Names of the relational form, e.g. REPLACE_ANY_CASE, are variants of a function's own.
    std::string own_name = call.text;
    while (tsql::FindFunction(own_name) == nullptr && own_name.rfind('_') != std::string::npos)
      own_name.resize(own_name.rfind('_'));
    if (!call.part.empty()) {
      Report(DiagnosticId::kUnsupportedDatePart, call.span,
             {call.part, call.text, std::string(dialect_.title)});
    } else {
      Report(DiagnosticId::kUnsupportedFunction, call.span,
             {own_name, std::string(dialect_.title)});
    }
    return {"null"};
  }
  if (rule->caveat) Report(*rule->caveat, call.span, {call.text, std::string(dialect_.title)});
  std::vector<const Expr*> arguments;
  for (const ExprPtr& argument : call.arguments) arguments.push_back(argument.get());
  if (!call.window) return FillTemplate(rule->target, arguments, call);
  // The window belongs to each aggregate inside what surrounds it: cast(sum(x) over (...) as t).
  const Text window{EmitWindow(*call.window)};
  std::string pattern(rule->target);
  bool is_wrapped = false;
  for (const std::string_view aggregate : {"sum($d$0)", "count($d$0)", "avg($d$0)"}) {
    for (size_t at = pattern.find(aggregate); at != std::string::npos;
         at = pattern.find(aggregate, at + aggregate.size())) {
      is_wrapped = true;
      pattern.insert(at + aggregate.size(), "$w");
    }
  }
  if (!is_wrapped) pattern += "$w";
  Text text = FillTemplate(pattern, arguments, call, &window);
  if (!is_wrapped) text.binding = Binding::kPrimary;
  return text;
}

// PATINDEX finds a LIKE pattern: "PATINDEX (Transact-SQL)".
Emitter::Text Emitter::EmitPatIndex(const Expr& call) {
  const Expr& pattern = *call.arguments[0];
  if (pattern.kind != ExprKind::kString || dialect_.regex_position.empty()) {
    Report(DiagnosticId::kUnsupportedConstruct, call.span,
           {"PATINDEX with a pattern that is not a constant", std::string(dialect_.title)});
    return {"null"};
  }
  std::vector<PatternPiece> pieces = ParseLikePattern(pattern.text, 0);
  const bool open_start = !pieces.empty() && pieces.front().kind == PatternPiece::Kind::kAny;
  const bool open_end = !pieces.empty() && pieces.back().kind == PatternPiece::Kind::kAny;
  if (open_end) pieces.pop_back();
  if (open_start && !pieces.empty()) pieces.erase(pieces.begin());
  std::string regex = ToRegex(pieces);
  if (!open_start) regex.insert(0, "^");
  if (!open_end) regex += "$";
  const std::string_view rule =
      call.fold_case ? dialect_.regex_position_any_case : dialect_.regex_position;
  return ApplyTemplate(rule, {Emit(*call.arguments[1]), {EmitString(regex)}});
}

}  // namespace datamigrate::dialects
