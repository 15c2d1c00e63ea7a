// Function calls, by the rows of the dialect's table.
#include <algorithm>
#include <array>
#include <cctype>

#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/json_path.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/like_pattern.h"
#include "agent_engine/relational/json_path.h"
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

// Aggregates whose window with an order counts from the start to the current row's ties.
bool HasDefaultFrame(const Expr& call) {
  static constexpr auto kFramed =
      std::to_array<std::string_view>({"AVG", "COUNT", "COUNT_BIG", "FIRST_VALUE", "LAST_VALUE",
                                       "MAX", "MIN", "STDEV", "STDEVP", "SUM", "VAR", "VARP"});
  return std::ranges::find(kFramed, std::string_view(call.text)) != kFramed.end();
}

// Whether the position, which is not negative, can be 0.
bool MayBeZero(const Expr& position) {
  const auto is_positive = [](const Expr& expr) {
    return expr.kind == ExprKind::kNumber && expr.text.find_first_of("123456789") == 0;
  };
  if (position.kind == ExprKind::kArithmetic && position.text == "+")
    return !is_positive(*position.arguments[0]) && !is_positive(*position.arguments[1]);
  return !is_positive(position);
}

// Whether the call's path is that of the whole text.
bool ReadsWholeJson(const Expr& call) {
  const bool is_json = call.text.starts_with("JSON_") || call.text == "OPENJSON";
  return is_json && call.arguments.size() == 2 && call.arguments[1]->kind == ExprKind::kString &&
         call.arguments[1]->text == "$";
}

// Whether the code is that of a character in one byte.
bool IsByte(const Expr& code) {
  return code.kind == ExprKind::kNumber && code.text.size() <= 3 && code.text <= "255";
}

// What users call the function: names of the relational form, e.g. REPLACE_ANY_CASE, are variants.
std::string OwnName(const Expr& call) {
  if (call.text.starts_with("AT_TIME_ZONE") || call.text == "LOCAL_TIME") return "AT TIME ZONE";
  if (call.text == "DATETIME_PLUS") return "+ of datetime";
  if (call.text == "DATETIME_MINUS") return "- of datetime";
  std::string name = call.text;
  while (tsql::FindFunction(name) == nullptr && name.rfind('_') != std::string::npos)
    name.resize(name.rfind('_'));
  if (tsql::FindFunction(name) != nullptr) return name;
  return call.text == "STRING_SPLIT_ORDINAL" ? "STRING_SPLIT" : call.text;
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
  return tables_.FindFunction(name, arity, first);
}

Emitter::Text Emitter::ApplyTemplate(std::string_view pattern, const std::vector<Text>& arguments,
                                     const std::string& type) {
  if (pattern == "$0" && !arguments.empty()) return arguments[0];
  size_t size = pattern.size() + type.size();
  for (const Text& argument : arguments) size += argument.sql.size() + 2;
  std::string sql;
  sql.reserve(size);
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
      if (c == '(' || c == '[' || (c == 'c' && rest.starts_with("case "))) ++depth;
      if (c == ')' || c == ']' ||
          (c == 'e' && rest.starts_with("end") && i > 0 && pattern[i - 1] == ' '))
        --depth;
      if (depth > 0 || c != ' ') continue;
      if (rest.starts_with(" <> ") || rest.starts_with(" = ") || rest.starts_with(" is ") ||
          rest.starts_with(" ~ ") || rest.starts_with(" > "))
        lower_to(Binding::kComparison);
      if (rest.starts_with(" || ") || rest.starts_with(" << ") || rest.starts_with(" >> ") ||
          rest.starts_with(" # "))
        lower_to(Binding::kConcat);
      if (rest.starts_with(" + ") || rest.starts_with(" - ")) lower_to(Binding::kAdditive);
      if (rest.starts_with(" * ") || rest.starts_with(" / ") || rest.starts_with(" // ") ||
          rest.starts_with(" % ") || rest.starts_with(" div "))
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
  return {std::move(sql), binding};
}

Emitter::Text Emitter::FillTemplate(std::string_view pattern,
                                    const std::vector<const Expr*>& arguments, const Expr& call,
                                    const Text* window) {
  std::vector<Text> texts;
  texts.reserve(arguments.size() + 2);
  for (const Expr* argument : arguments) texts.push_back(Emit(*argument));
  // The marks that stand for more than one argument are filled first.
  std::string filled;
  filled.reserve(pattern.size() + 16);
  std::vector<std::pair<std::string_view, size_t>> made;
  // A mark that is written again names the same text.
  const auto insert = [&](std::string_view mark, const auto& make) {
    auto known = std::ranges::find(made, mark, &std::pair<std::string_view, size_t>::first);
    if (known == made.end()) {
      made.emplace_back(mark, texts.size());
      texts.push_back(make());
      known = made.end() - 1;
    }
    filled += "$" + std::to_string(known->second);
  };
  for (size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view mark = pattern.substr(i, 2);
    if (mark == "$*") {
      for (size_t k = 0; k < arguments.size(); ++k)
        filled += (k > 0 ? ", $" : "$") + std::to_string(k);
    } else if (mark == "$d") {
      filled += call.distinct ? "distinct " : "";
    } else if (mark == "$o") {
      filled += call.order_by.empty() ? "" : " order by " + EmitOrder(call.order_by);
    } else if (mark == "$g") {
      filled +=
          call.order_by.empty() ? "" : " within group (order by " + EmitOrder(call.order_by) + ")";
    } else if (mark == "$u") {
      const auto name =
          std::ranges::find(dialect_.date_parts, std::string_view(call.part), &DatePartName::part);
      filled += name == dialect_.date_parts.end() ? std::string_view(call.part) : name->name;
    } else if (mark == "$a" && i + 2 < pattern.size()) {
      const size_t index = pattern[++i + 1] - '0';
      filled += "$" + std::to_string(texts.size());
      texts.push_back({AsDateAndTime(*arguments[index])});
    } else if (mark == "$p" || mark == "$k" || mark == "$x") {
      filled += "$" + std::to_string(texts.size());
      texts.push_back(JsonPart(mark[1], arguments));
    } else if (mark == "$v" && !call.order_by.empty()) {
      insert(mark, [&] { return Emit(*call.order_by[0].expr); });
    } else if (mark == "$r" && call.window) {
      insert(mark, [&] { return Text{EmitWholePartition(call)}; });
    } else if (mark == "$q") {
      insert(mark, [&] { return Text{EmitPathSteps(*arguments[1])}; });
    } else if (mark == "$j" || mark == "$s") {
      filled += "$" + std::to_string(texts.size());
      texts.push_back({Joined(arguments, mark == "$s"), Binding::kConcat});
    } else if (mark == "$w" && window != nullptr) {
      insert(mark, [&] { return *window; });
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
    std::vector<std::string> plain;
    for (size_t i = 0; i < arguments.size(); ++i) plain.push_back(std::move(texts[i].sql));
    return {std::string(pattern.substr(0, open)) + Join(plain, ", ") +
            std::string(pattern.substr(open + 2))};
  }
  const std::string type =
      pattern.find("$t") == std::string_view::npos ? "" : Type(call.type, call.span);
  return ApplyTemplate(filled, texts, type);
}

// The marks $p, $k and $x.
Emitter::Text Emitter::JsonPart(char mark, const std::vector<const Expr*>& arguments) {
  const Expr& path = *arguments[1];
  const auto steps =
      path.kind == ExprKind::kString ? ParseJsonPath(path.text) : std::vector<JsonStep>();
  if (!steps || path.kind != ExprKind::kString) {
    Report(DiagnosticId::kUnsupportedConstruct, path.span,
           {"a JSON path that is not constant or not of keys and indexes",
            std::string(dialect_.title)});
    return {"null"};
  }
  if (mark == 'x') {
    Text text = Emit(*arguments[0]);
    for (const JsonStep& step : *steps) {
      text = step.index >= 0
                 ? ApplyTemplate(dialect_.json_index_step, {text, {std::to_string(step.index)}})
                 : ApplyTemplate(dialect_.json_key_step, {text, {EmitString(step.key)}});
    }
    return text;
  }
  const std::string text = JsonPathText(*steps, dialect_.json_key);
  if (mark == 'p') return {EmitString("$" + text)};
  return {EmitString(text.starts_with('.') ? text.substr(1) : text)};
}

// The steps of a JSON path as an array: a literal, or, of a pointer, what stands between its
// slashes.
std::string Emitter::EmitPathSteps(const Expr& argument) {
  if (argument.kind == ExprKind::kCall && argument.text == "JSON_POINTER") {
    return "array(select replace(replace(step, '~1', '/'), '~0', '~') from "
           "unnest(string_to_array(substr(" +
           Emit(*argument.arguments[0]).sql + ", 2), '/')) as step)";
  }
  const auto path =
      argument.kind == ExprKind::kString ? relational::ParseJsonPath(argument.text) : std::nullopt;
  if (!path)
    Report(DiagnosticId::kUnsupportedConstruct, argument.span,
           {"a JSON path that is not constant", std::string(dialect_.title)});
  return EmitString(path ? relational::JsonPathArray(*path) : "{}");
}

// The argument as a value with date and time.
std::string Emitter::AsDateAndTime(const Expr& argument) {
  const TypeClass type = ClassOf(argument.type);
  const std::string sql = Emit(argument).sql;
  if (type == TypeClass::kDateTime || type == TypeClass::kSmallDateTime) return sql;
  if (type == TypeClass::kTime || type == TypeClass::kOffset) {
    Report(
        DiagnosticId::kUnsupportedConstruct, argument.span,
        {"a function of dates over " + tsql::TypeText(argument.type), std::string(dialect_.title)});
  }
  return "cast(" + sql + " as " + Type(tsql::MakeType(tsql::TypeId::kDateTime), argument.span) +
         ")";
}

// CONCAT's arguments with NULL as an empty string; `behind_first`: CONCAT_WS's, each behind the
// separator where it is not NULL.
std::string Emitter::Joined(const std::vector<const Expr*>& arguments, bool behind_first) {
  std::vector<std::string> parts;
  const std::string separator =
      behind_first ? Operand(*arguments[0], Binding::kAdditive) + std::string(dialect_.concat) : "";
  for (size_t i = behind_first ? 1 : 0; i < arguments.size(); ++i) {
    const Expr& argument = *arguments[i];
    if (argument.kind == ExprKind::kNull) continue;
    const bool is_filled = !argument.type.nullable || argument.kind == ExprKind::kString;
    const std::string value = separator + Operand(argument, Binding::kAdditive);
    parts.push_back(is_filled ? value : "coalesce(" + value + ", '')");
  }
  return parts.empty() ? "''" : Join(parts, dialect_.concat);
}

// The frame of rows in place of one that the dialect does not have; empty where none is needed.
std::string Emitter::RowsFrame(const Expr& call) {
  const Window& window = *call.window;
  const bool is_range =
      window.has_frame ? !window.is_rows : !window.order_by.empty() && HasDefaultFrame(call);
  const bool is_one_value = call.text == "FIRST_VALUE" || call.text == "LAST_VALUE";
  if (dialect_.first_value_sees_all && is_one_value && is_range && !window.has_frame)
    return " range between unbounded preceding and current row";
  if (dialect_.supports_range_frames || !is_range) return "";
  Report(DiagnosticId::kFrameOfRows, call.span, {call.text, std::string(dialect_.title)});
  if (!window.has_frame) return " rows between unbounded preceding and current row";
  return " rows between " + EmitBound(window.start) + " and " + EmitBound(window.end);
}

// The function's row, or that of what it is a variant of: only some dialects need words for those.
const FunctionRule* Emitter::FindVariant(std::string_view name, size_t arity,
                                         TypeClass first) const {
  if (const FunctionRule* rule = FindRule(name, arity, first)) return rule;
  for (const std::string_view variant : {"_ANY", "_CHECKED", "_TENS", "_ROW", "_WIDE"}) {
    if (name.ends_with(variant) && name != "REPLACE_ANY")
      return FindRule(name.substr(0, name.size() - variant.size()), arity, first);
  }
  return nullptr;
}

Emitter::Text Emitter::EmitCall(const Expr& call) {
  if (call.text.starts_with("XML_")) return EmitXml(call);
  if (call.text == "AVG" && call.type.id == tsql::TypeId::kDecimal && dialect_.average_by_division)
    return EmitAverage(call);
  if (call.window && call.ignore_nulls && !dialect_.supports_ignore_nulls)
    return EmitIgnoringNulls(call);
  const bool is_beside = call.text == "LAG" || call.text == "LEAD";
  if (call.window && call.ignore_nulls && is_beside && !dialect_.lag_ignores_nulls)
    return EmitValueBeside(call);
  if (call.text == "PATINDEX" && !dialect_.supports_like_sets) return EmitPatIndex(call);
  if (call.text == "FORMAT" && !dialect_.keeps_styles) return EmitFormat(call);
  std::string name = call.part.empty() ? call.text : call.text + ":" + call.part;
  if (call.text == "PATINDEX" && call.fold_case) name += "_ANY_CASE";
  if (call.text == "NCHAR" && !IsByte(*call.arguments[0])) name = "NCHAR_WIDE";
  // Where the target cannot fail at what a strict path does not find.
  const size_t strict = name.find("_STRICT");
  if (strict != std::string::npos && FindRule("JSON_VALUE_STRICT", 2, TypeClass::kAny) == nullptr) {
    Report(DiagnosticId::kStrictPathIsLax, call.span, {"strict " + call.arguments[1]->text});
    name.erase(strict, 7);
  }
  if (call.text == "SUBSTRING_INSIDE" && !dialect_.substring_takes_zero &&
      MayBeZero(*call.arguments[1]))
    name = "SUBSTRING";
  const TypeClass first =
      call.arguments.empty() ? TypeClass::kAny : ClassOf(call.arguments[0]->type);
  const size_t arity = ReadsWholeJson(call) ? 1 : call.arguments.size();
  const FunctionRule* rule = FindVariant(name, arity, first);
  if (rule == nullptr && arity < call.arguments.size())
    rule = FindVariant(name, call.arguments.size(), first);
  if (rule == nullptr && call.text == "STR") return EmitNumberText(call);
  // What is drawn for each row has no order but that.
  const bool is_drawn = call.text == "GUID_ORDER" && call.arguments[0]->kind == ExprKind::kCall &&
                        call.arguments[0]->text == "NEWID";
  if (is_drawn) return Emit(*call.arguments[0]);
  if (rule == nullptr && call.text == "GUID_ORDER") {
    Report(DiagnosticId::kGuidsByText, call.span, {});
    return Emit(*call.arguments[0]);
  }
  if (rule == nullptr && call.text == "TEXT_ORDER") return Emit(*call.arguments[0]);
  if (rule == nullptr && call.text == "DATENAME") {
    // The other parts' names are their numbers.
    if (const FunctionRule* part = FindRule("DATEPART:" + call.part, 1, first)) {
      const Text number = FillTemplate(part->target, {call.arguments[0].get()}, call);
      return ApplyTemplate("cast($0 as $t)", {number}, Type(call.type, call.span));
    }
  }
  if (rule == nullptr || rule->target.empty()) {
    if (!call.part.empty()) {
      Report(DiagnosticId::kUnsupportedDatePart, call.span,
             {call.part, call.text, std::string(dialect_.title)});
    } else {
      Report(DiagnosticId::kUnsupportedFunction, call.span,
             {OwnName(call), std::string(dialect_.title)},
             rule == nullptr ? "" : std::string(rule->reference));
    }
    return {"null"};
  }
  if (rule->caveat) Report(*rule->caveat, call.span, {OwnName(call), std::string(dialect_.title)});
  std::vector<const Expr*> arguments;
  for (const ExprPtr& argument : call.arguments) arguments.push_back(argument.get());
  if (!dialect_.time_of_moment.empty() && call.type.id == tsql::TypeId::kTime &&
      (call.text == "DATEADD" || call.text == "DATETRUNC"))
    return EmitOverMoment(call, *rule);
  if (!call.window) return FillTemplate(rule->target, arguments, call);
  // The window belongs to each aggregate inside what surrounds it: cast(sum(x) over (...) as t).
  Text window{EmitWindow(*call.window, RowsFrame(call))};
  if (call.text == "ROW_NUMBER" && call.window->order_by.empty() && !dialect_.any_order.empty()) {
    const bool is_bare = window.sql.ends_with("()");
    window.sql.pop_back();
    window.sql += (is_bare ? "" : " ") + ("order by " + std::string(dialect_.any_order)) + ")";
  }
  std::string pattern(rule->target);
  bool is_wrapped = pattern.find("$r") != std::string::npos;
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

// Where times of day are texts: the function of the moment on some day.
Emitter::Text Emitter::EmitOverMoment(const Expr& call, const FunctionRule& rule) {
  std::vector<Text> texts;
  for (const ExprPtr& argument : call.arguments) {
    Text text = Emit(*argument);
    texts.push_back(argument->type.id == tsql::TypeId::kTime
                        ? ApplyTemplate(dialect_.moment_of_time, {text})
                        : text);
  }
  const auto name =
      std::ranges::find(dialect_.date_parts, std::string_view(call.part), &DatePartName::part);
  const std::string pattern =
      Replaced(rule.target, "$u", name == dialect_.date_parts.end() ? call.part : name->name);
  return ApplyTemplate(
      dialect_.time_of_moment,
      {ApplyTemplate(pattern, texts, Type(tsql::MakeType(tsql::TypeId::kDateTime2), call.span))});
}

// The call's window over all rows of a partition, in the order of WITHIN GROUP.
std::string Emitter::EmitWholePartition(const Expr& call) {
  Window window;
  for (const ExprPtr& part : call.window->partition_by) window.partition_by.push_back(Clone(*part));
  for (const OrderItem& item : call.order_by)
    window.order_by.push_back({Clone(*item.expr), item.descending});
  window.has_frame = true;
  window.is_rows = true;
  window.start.kind = FrameBound::Kind::kUnboundedPreceding;
  window.end.kind = FrameBound::Kind::kUnboundedFollowing;
  return EmitWindow(window, "");
}

// The sum divided by the count, exactly: AVG of decimals is cut, not rounded.
Emitter::Text Emitter::EmitAverage(const Expr& call) {
  ExprPtr sum = Clone(call);
  sum->text = "SUM";
  sum->type = tsql::MakeDecimal(38, call.arguments[0]->type.scale);
  ExprPtr count = Clone(call);
  count->text = "COUNT";
  count->type = tsql::MakeType(tsql::TypeId::kInt, false);
  auto average = MakeExpr(ExprKind::kArithmetic, call.type, call.span);
  average->text = "/";
  average->arguments = ExprList(std::move(sum), std::move(count));
  return Emit(*average);
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
  if (regex.empty())
    return ApplyTemplate("case when $0 is not null then 1 end", {Emit(*call.arguments[1])});
  if (call.fold_case && dialect_.regex_text_any_case.starts_with("(?is)")) regex.insert(0, "(?i)");
  const std::string_view rule =
      call.fold_case ? dialect_.regex_position_any_case : dialect_.regex_position;
  return ApplyTemplate(rule, {Emit(*call.arguments[1]), {EmitString(regex)}});
}

}  // namespace datamigrate::dialects
