// Dynamic SQL: a text that is known is followed as if it stood in its place.
#include <algorithm>
#include <cctype>
#include <optional>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/routines/routine_runner.h"

namespace datamigrate::relational {
namespace {

constexpr size_t kMaxTexts = 16;  // That conditions choose from.

std::string Quoted(const std::string& name) {
  std::string quoted = "[";
  for (const char c : name) {
    quoted += c;
    if (c == ']') quoted += c;
  }
  return quoted + "]";
}

bool IsText(const Expr& expr) {
  return expr.kind == ExprKind::kString;
}

// The texts that an expression can have, as a choice between conditions: constants joined, CASE
// with constant results. Null where it depends on anything else.
ExprPtr KnownText(const Expr& expr, size_t& texts);

// `left` and then `right`, choice by choice.
ExprPtr Joined(const Expr& left, const Expr& right, size_t& texts) {
  if (IsText(left) && IsText(right)) return MakeString(left.text + right.text);
  const bool splits_left = !IsText(left);
  const Expr& choice = splits_left ? left : right;
  auto joined = MakeExpr(ExprKind::kCase, choice.type);
  joined->has_else = true;
  for (size_t i = 0; i < choice.arguments.size(); ++i) {
    const bool is_condition = i % 2 == 0 && i + 1 < choice.arguments.size();
    const Expr& part = *choice.arguments[i];
    if (is_condition) {
      joined->arguments.push_back(Clone(part));
    } else if (++texts > kMaxTexts) {
      return nullptr;
    } else {
      ExprPtr text = splits_left ? Joined(part, right, texts) : Joined(left, part, texts);
      if (!text) return nullptr;
      joined->arguments.push_back(std::move(text));
    }
  }
  return joined;
}

ExprPtr KnownParts(const std::vector<ExprPtr>& parts, size_t& texts) {
  ExprPtr text = MakeString("");
  for (const ExprPtr& part : parts) {
    const ExprPtr next = KnownText(*part, texts);
    if (!next) return nullptr;
    text = Joined(*text, *next, texts);
    if (!text) return nullptr;
  }
  return text;
}

ExprPtr KnownText(const Expr& expr, size_t& texts) {
  switch (expr.kind) {
    case ExprKind::kString:
      return MakeString(expr.text);
    case ExprKind::kConcat:
      return KnownParts(expr.arguments, texts);
    case ExprKind::kCast: {
      const Expr& operand = *expr.arguments[0];
      const bool is_whole = operand.kind == ExprKind::kNumber && tsql::IsInteger(operand.type.id);
      if (!tsql::IsString(expr.type.id) || expr.style >= 0) return nullptr;
      ExprPtr text = is_whole ? MakeString(operand.text) : KnownText(operand, texts);
      const auto length = static_cast<size_t>(std::max(expr.type.length, 0));
      const bool is_cut =
          text && IsText(*text) && expr.type.length != SqlType::kMax && text->text.size() > length;
      return is_cut ? nullptr : std::move(text);
    }
    case ExprKind::kCase: {
      if (!expr.has_else) return nullptr;
      auto choice = MakeExpr(ExprKind::kCase, expr.type);
      choice->has_else = true;
      for (size_t i = 0; i < expr.arguments.size(); ++i) {
        const bool is_condition = i % 2 == 0 && i + 1 < expr.arguments.size();
        ExprPtr part =
            is_condition ? Clone(*expr.arguments[i]) : KnownText(*expr.arguments[i], texts);
        if (!part || ++texts > kMaxTexts * 2) return nullptr;
        choice->arguments.push_back(std::move(part));
      }
      return choice;
    }
    case ExprKind::kCall: {
      const bool quotes = expr.text == "QUOTENAME" && expr.arguments.size() == 1;
      const bool takes_first = (expr.text == "ISNULL" || expr.text == "COALESCE");
      if (expr.text == "CONCAT") return KnownParts(expr.arguments, texts);
      if ((!quotes && !takes_first) || expr.arguments.empty()) return nullptr;
      ExprPtr text = KnownText(*expr.arguments[0], texts);
      if (!text || !IsText(*text)) return nullptr;
      return quotes ? MakeString(Quoted(text->text)) : std::move(text);
    }
    default:
      return nullptr;
  }
}

// "@a int, @b nvarchar(10) OUTPUT" as a DECLARE statement.
std::string AsDeclare(const std::string& parameters) {
  std::string text = "DECLARE ";
  std::string word;
  const auto flush = [&] {
    const std::string upper = UpperText(word);
    if (upper != "OUTPUT" && upper != "OUT" && upper != "READONLY") text += word;
    word.clear();
  };
  for (const char c : parameters) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '@') {
      word += c;
      continue;
    }
    flush();
    text += c;
  }
  flush();
  return text;
}

}  // namespace

// EXEC ('...') and sp_executesql N'...'.
RoutineRunner::Flow RoutineRunner::RunConstantSql(Node statement) {
  const std::vector<Node> arguments = statement.Children(Role::kArgument);
  const bool is_system = statement.Has(Role::kName);
  const Node first = is_system ? (arguments.empty() ? Node() : arguments[0].Child(Role::kValue))
                               : statement.Child(Role::kValue);
  if (!first || statement.Has(Role::kTarget)) return Refuse(statement, "dynamic SQL");
  const bool calls_variable = !is_system && first.Is(NodeKind::kVariableReference) &&
                              FirstWords(statement, 2).find('(') == std::string::npos;
  if (calls_variable) return Refuse(statement, "a call of a procedure that a variable names");
  const ExprPtr value = Evaluate(first);
  if (sink_->HasErrors()) return Flow::kRefused;
  size_t texts = 0;
  const ExprPtr text = KnownText(*value, texts);
  if (!text) {
    return Refuse(statement, "dynamic SQL that is not constant",
                  "pass values as parameters of sp_executesql; a name cannot come from a value");
  }
  TextParameters parameters;
  if (is_system && arguments.size() > 1 && !BindText(statement, arguments, parameters))
    return Flow::kRefused;
  return RunTexts(*text, parameters, statement);
}

// The values that sp_executesql hands to the text, by the declaration that it gives.
bool RoutineRunner::BindText(Node statement, const std::vector<Node>& arguments,
                             TextParameters& parameters) {
  const auto refuse = [&] {
    Refuse(statement, "dynamic SQL with parameters that are not known");
    return false;
  };
  const ExprPtr declared = Evaluate(arguments[1].Child(Role::kValue));
  size_t texts = 0;
  const ExprPtr declaration = sink_->HasErrors() ? nullptr : KnownText(*declared, texts);
  if (!declaration || !IsText(*declaration)) return refuse();
  if (declaration->text.find('@') == std::string::npos) return true;
  const tsql::ParseResult* parsed = Parse(AsDeclare(declaration->text));
  if (parsed == nullptr) return refuse();
  const Node declare = parsed->tree.Root().Child(Role::kStatement);
  size_t place = 2;
  for (const Node item : declare.Children(Role::kItem)) {
    if (!item.Is(NodeKind::kVariableDeclaration)) return refuse();
    const std::string name = FoldName(item.TokenText(Role::kName));
    Node given = place < arguments.size() ? arguments[place] : Node();
    for (size_t i = 2; i < arguments.size(); ++i) {
      if (FoldName(arguments[i].TokenText(Role::kName)) == name) given = arguments[i];
    }
    ++place;
    if (!given) return refuse();
    const SqlType type = LowerType(outer_, item.Child(Role::kType), 1, *sink_);
    const Node expression = given.Child(Role::kValue);
    ExprPtr value = Evaluate(expression);
    if (sink_->HasErrors()) return false;
    parameters.types[name] = type;
    parameters.values[name] = ConvertTo(std::move(value), type, *sink_);
    if (given.Has(Role::kOutput) && expression.Is(NodeKind::kVariableReference))
      parameters.outputs.emplace_back(name, FoldName(expression.TokenText(Role::kValue)));
  }
  return !sink_->HasErrors();
}

// One text, or the one that conditions choose.
RoutineRunner::Flow RoutineRunner::RunTexts(const Expr& texts, const TextParameters& parameters,
                                            Node at) {
  if (IsText(texts)) return RunText(texts.text, parameters, at);
  if (turns_ != nullptr) return Refuse(at, "dynamic SQL that differs from turn to turn");
  const ExprPtr rest = [&]() -> ExprPtr {
    if (texts.arguments.size() == 3) return Clone(*texts.arguments[2]);
    ExprPtr choice = Clone(texts);
    choice->arguments.erase(choice->arguments.begin(), choice->arguments.begin() + 2);
    return choice;
  }();
  const auto run = [&](const Expr& text) { return RunTexts(text, parameters, at); };
  return RunChoice(
      at, *texts.arguments[0], [&] { return run(*texts.arguments[1]); },
      [&] { return run(*rest); });
}

RoutineRunner::Flow RoutineRunner::RunText(const std::string& text,
                                           const TextParameters& parameters, Node at) {
  const tsql::ParseResult* parsed = Parse(text);
  if (parsed == nullptr) return Refuse(at, "dynamic SQL that could not be parsed");
  const diagnostics::SourceSpan span = call_span_.value_or(at.span());
  // Variables of the caller are not known in the text.
  Variables variables = std::exchange(state_.variables, Copy(parameters.values));
  MoveDraws(variables, state_.variables);
  auto types = std::exchange(types_, parameters.types);
  auto frames = std::exchange(frames_, {});
  auto lost = std::exchange(lost_, {});
  auto outputs = std::exchange(outputs_, {});
  for (const auto& [name, variable] : parameters.outputs) outputs_.insert(name);
  const auto outer_span = std::exchange(call_span_, span);
  HiddenTables hidden = HideTableVariables();
  DiagnosticSink own;
  DiagnosticSink* sink = std::exchange(sink_, &own);
  const std::vector<Node> statements = parsed->tree.Root().Children(Role::kStatement);
  const Flow flow = RunList(statements, 0);
  sink_ = sink;
  RestoreTableVariables(std::move(hidden));
  for (diagnostics::Diagnostic& found : own.Take()) {
    found.span = span;
    sink_->Report(std::move(found));
  }
  Variables after = std::exchange(state_.variables, std::move(variables));
  MoveDraws(after, state_.variables);
  types_ = std::move(types);
  frames_ = std::move(frames);
  lost_ = std::move(lost);
  outputs_ = std::move(outputs);
  call_span_ = outer_span;
  if (flow == Flow::kRefused || sink_->HasErrors()) return Flow::kRefused;
  for (const auto& [name, variable] : parameters.outputs) {
    const auto value = after.find(name);
    if (value == after.end()) return Refuse(at, "an output parameter without a value");
    if (Assign(variable, std::move(value->second), at) == Flow::kRefused) return Flow::kRefused;
  }
  return Flow::kGoesOn;
}

}  // namespace datamigrate::relational
