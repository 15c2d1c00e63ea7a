// Functions that read, change and make JSON, and OPENJSON's own rows: "JSON Functions
// (Transact-SQL)".
#include <algorithm>

#include "agent_engine/relational/json_path.h"
#include "agent_engine/relational/lowering/composed_path.h"
#include "agent_engine/relational/lowering/json_text.h"
#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

SqlType JsonType(bool nullable = true) {
  return MakeSized(TypeId::kNVarChar, SqlType::kMax, nullable);
}

ExprPtr AsFragment(ExprPtr expr) {
  expr->json = JsonText::kFragment;
  return expr;
}

}  // namespace

ExprPtr Lowering::LowerJsonFunction(const std::string& name, Node node, Scope& scope, bool& found) {
  found = true;
  const size_t count = node.Count(Role::kArgument);
  const auto has = [&](size_t least, size_t most) { return count >= least && count <= most; };
  if (name == "JSON_QUERY" && has(1, 2)) return LowerJsonQuery(node, scope);
  if (name == "JSON_MODIFY" && has(3, 3)) return LowerJsonModify(node, scope);
  if (name == "JSON_OBJECT") return LowerJsonObject(node, scope);
  if (name == "JSON_ARRAY") return LowerJsonArray(node, scope);
  if (name == "JSON_ARRAYAGG" && has(1, 1)) return LowerJsonAggregate(node, scope);
  if (name == "JSON_OBJECTAGG" && has(1, 1)) return LowerJsonAggregate(node, scope);
  if (name == "ISJSON" && has(2, 2)) return LowerIsJson(node, scope);
  found = false;
  return nullptr;
}

// The path that the text says, without its mode; empty after a report.
std::optional<ComposedPath> Lowering::PathOf(Node argument, Scope& scope) {
  const ExprPtr text = LowerExpr(argument, scope);
  std::optional<ComposedPath> path = ComposePath(*text);
  if (!path && text->kind != ExprKind::kString) {
    Report(DiagnosticId::kUnsupportedConstruct, argument,
           {"a JSON path that is not constant", options_.target_name},
           "between the quotes of a key it may be: '$.\"' + @key + '\"'");
    return std::nullopt;
  }
  if (!path) {
    Report(DiagnosticId::kUnsupportedConstruct, argument,
           {"the JSON path " + text->text, options_.target_name},
           "name properties and elements by number only");
    return std::nullopt;
  }
  if (path->path.is_strict) {
    Report(DiagnosticId::kUnsupportedConstruct, argument,
           {"a strict JSON path", options_.target_name},
           "a lax path gives NULL where a strict one fails");
  }
  return path;
}

// Text of a nested FOR JSON is JSON already; other text is looked at when the query runs.
ExprPtr Lowering::LowerJsonQuery(Node node, Scope& scope) {
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  ExprPtr text = ConvertArgument(LowerExpr(arguments[0], scope), 'S');
  if (text->kind == ExprKind::kNull) return AsFragment(std::move(text));
  ComposedPath path;
  if (arguments.size() == 2) {
    std::optional<ComposedPath> given = PathOf(arguments[1], scope);
    if (!given) return MakeNull(JsonType());
    path = std::move(*given);
  }
  ExprPtr result;
  const size_t depth = path.path.steps.size();
  if (depth > 0) {
    result =
        MakeCall("JSON_QUERY", JsonType(), ExprList(std::move(text), PathArgument(path, depth)));
  } else if (text->json != JsonText::kNone) {
    result = std::move(text);
  } else {
    result = MakeCall("JSON_QUERY", JsonType(), ExprList(std::move(text)));
  }
  result->span = SpanOf(node);
  return AsFragment(std::move(result));
}

// The new value as JSON; NULL takes the property away: "JSON_MODIFY (Transact-SQL)".
ExprPtr Lowering::LowerJsonModify(Node node, Scope& scope) {
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  ExprPtr text = ConvertArgument(LowerExpr(arguments[0], scope), 'S');
  const std::optional<ComposedPath> composed = PathOf(arguments[1], scope);
  ExprPtr given = LowerExpr(arguments[2], scope);
  const bool is_fragment = given->json != JsonText::kNone;
  if (given->json == JsonText::kText) given->json = JsonText::kFragment;
  const std::string type = TypeText(given->type);
  ExprPtr value = JsonValue(std::move(given));
  if (!composed) return MakeNull(JsonType());
  const JsonPath* const path = &composed->path;
  const size_t depth = path->steps.size();
  if (!value) {
    return Refuse(DiagnosticId::kNoJsonText, arguments[2],
                  {"the new value", type.empty() ? "unknown" : type});
  }
  if (path->steps.empty() && !path->appends) {
    return Refuse(DiagnosticId::kUnsupportedConstruct, arguments[1],
                  {"JSON_MODIFY of the whole text", options_.target_name});
  }
  const bool at_element = !path->steps.empty() && path->steps.back().index >= 0;
  if ((at_element || path->appends) && !IsNeverNull(*value))
    value = MakeCall("COALESCE", JsonType(false), ExprList(std::move(value), MakeString("null")));
  const bool in_array =
      std::ranges::any_of(path->steps, [](const JsonStep& step) { return step.index >= 0; });
  const std::string name = path->appends             ? "JSON_MODIFY_APPEND"
                           : in_array || is_fragment ? "JSON_MODIFY_VALUE"
                                                     : "JSON_MODIFY";
  std::vector<ExprPtr> parts =
      ExprList(std::move(text), PathArgument(*composed, depth), std::move(value));
  if (name == "JSON_MODIFY" || (path->appends && !in_array && !path->steps.empty())) {
    // What merges two objects makes the property, and whatever is missing around it: that must be
    // there already.
    TextBuilder open;
    TextBuilder close;
    for (const JsonStep& step : path->steps) {
      open.Add("{");
      open.Add(JsonValue(KeyOf(*composed, step)));
      open.Add(":");
      close.Add("}");
    }
    parts.push_back(PathArgument(*composed, depth - 1));
    parts.push_back(open.Take());
    parts.push_back(close.Take());
  }
  ExprPtr result = MakeCall(name, JsonType(), std::move(parts));
  result->span = SpanOf(node);
  return AsFragment(std::move(result));
}

// A value of JSON_OBJECT and its kind; null after a report.
ExprPtr Lowering::JsonArgument(Node node, Scope& scope) {
  ExprPtr given = LowerExpr(node, scope);
  const std::string type = TypeText(given->type);
  ExprPtr value = JsonValue(std::move(given));
  if (!value)
    Report(DiagnosticId::kNoJsonText, node, {"the value", type.empty() ? "unknown" : type});
  return value;
}

ExprPtr Lowering::JsonKey(Node argument, Scope& scope) {
  const Node name = argument.Child(Role::kName);
  ExprPtr key;
  if (name) {
    key = ConvertArgument(LowerExpr(name, scope), 'S');
    if (!IsString(key->type.id)) key = MakeCast(std::move(key), JsonType(), false);
  } else {
    const std::string_view text = argument.TokenText(Role::kName);
    key = MakeString(text.find('\'') != std::string_view::npos ? UnquoteString(text)
                                                               : std::string(text));
  }
  return JsonValue(std::move(key));
}

// JSON_OBJECT keeps NULL unless ABSENT ON NULL is written: "JSON_OBJECT (Transact-SQL)".
ExprPtr Lowering::LowerJsonObject(Node node, Scope& scope) {
  const bool keeps_null = !JoinedTokens(node, Role::kNullTreatment, " ").starts_with("ABSENT");
  TextBuilder whole;
  whole.Add("{");
  std::vector<ExprPtr> members = ExprList(MakeString(","));
  for (const Node argument : node.Children(Role::kArgument)) {
    if (!argument.Is(NodeKind::kNamedArgument)) {
      return Refuse(DiagnosticId::kUnsupportedConstruct, argument,
                    {"JSON_OBJECT without a key", options_.target_name});
    }
    ExprPtr key = JsonKey(argument, scope);
    ExprPtr value = JsonArgument(argument.Child(Role::kValue), scope);
    if (!value) return MakeNull(JsonType());
    if (value->kind == ExprKind::kNull && !keeps_null) continue;
    if (keeps_null && !IsNeverNull(*value))
      value = value->kind == ExprKind::kNull
                  ? MakeString("null")
                  : MakeCall("COALESCE", JsonType(false),
                             ExprList(std::move(value), MakeString("null")));
    TextBuilder member;
    member.Add(std::move(key));
    member.Add(":");
    member.Add(std::move(value));
    members.push_back(member.Take());
  }
  return AsFragment(JoinedJson("{", std::move(members), "}", SpanOf(node)));
}

// JSON_ARRAY leaves NULL out unless NULL ON NULL is written: "JSON_ARRAY (Transact-SQL)".
ExprPtr Lowering::LowerJsonArray(Node node, Scope& scope) {
  const bool keeps_null = JoinedTokens(node, Role::kNullTreatment, " ").starts_with("NULL");
  std::vector<ExprPtr> elements = ExprList(MakeString(","));
  for (const Node argument : node.Children(Role::kArgument)) {
    ExprPtr value = JsonArgument(argument, scope);
    if (!value) return MakeNull(JsonType());
    if (value->kind == ExprKind::kNull) {
      if (keeps_null) elements.push_back(MakeString("null"));
      continue;
    }
    if (keeps_null && !IsNeverNull(*value))
      value = MakeCall("COALESCE", JsonType(false), ExprList(std::move(value), MakeString("null")));
    elements.push_back(std::move(value));
  }
  return AsFragment(JoinedJson("[", std::move(elements), "]", SpanOf(node)));
}

// The parts that are not NULL, behind a comma in front of all, with commas between them.
ExprPtr Lowering::JoinedJson(std::string_view open, std::vector<ExprPtr> parts,
                             std::string_view close, diagnostics::SourceSpan span) {
  TextBuilder whole;
  whole.Add(open);
  const bool all_there = std::all_of(parts.begin() + 1, parts.end(),
                                     [](const ExprPtr& part) { return IsNeverNull(*part); });
  if (all_there) {
    for (size_t i = 1; i < parts.size(); ++i) {
      if (i > 1) whole.Add(",");
      whole.Add(std::move(parts[i]));
    }
  } else if (parts.size() == 2) {
    whole.Add(MakeCall("COALESCE", JsonType(false), ExprList(std::move(parts[1]), MakeString(""))));
  } else {
    whole.Add(MakeCall("CONCAT_WS", JsonType(false), std::move(parts)));
  }
  whole.Add(close);
  ExprPtr text = whole.Take();
  text->span = span;
  return text;
}

// JSON_ARRAYAGG leaves NULL out, JSON_OBJECTAGG keeps it, unless they are told otherwise.
ExprPtr Lowering::LowerJsonAggregate(Node node, Scope& scope) {
  const Node argument = node.Children(Role::kArgument)[0];
  const std::string treatment = JoinedTokens(node, Role::kNullTreatment, " ");
  const bool is_object = argument.Is(NodeKind::kNamedArgument);
  const bool keeps_null = treatment.empty() ? is_object : treatment.starts_with("NULL");
  ExprPtr value = JsonArgument(is_object ? argument.Child(Role::kValue) : argument, scope);
  if (!value) return MakeNull(JsonType());
  if (keeps_null && !IsNeverNull(*value))
    value = MakeCall("COALESCE", JsonType(false), ExprList(std::move(value), MakeString("null")));
  if (is_object) {
    TextBuilder member;
    member.Add(JsonKey(argument, scope));
    member.Add(":");
    member.Add(std::move(value));
    value = member.Take();
  }
  auto call = MakeCall("STRING_AGG", JsonType(), ExprList(std::move(value), MakeString(",")));
  if (const Node order = node.Child(Role::kWithinGroup))
    call->order_by = LowerOrderItems(order, scope);
  else
    Report(DiagnosticId::kJsonOrder, node, {});
  if (node.Has(Role::kOver)) {
    return Refuse(DiagnosticId::kUnsupportedConstruct, node,
                  {"a JSON aggregate with OVER", options_.target_name});
  }
  std::vector<ExprPtr> parts = ExprList(MakeString(","), std::move(call));
  return AsFragment(
      JoinedJson(is_object ? "{" : "[", std::move(parts), is_object ? "}" : "]", SpanOf(node)));
}

// ISJSON(text, VALUE | ARRAY | OBJECT | SCALAR).
ExprPtr Lowering::LowerIsJson(Node node, Scope& scope) {
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  ExprPtr text = ConvertArgument(LowerExpr(arguments[0], scope), 'S');
  const std::string kind = UpperText(arguments[1].Text());
  if (kind != "VALUE" && kind != "ARRAY" && kind != "OBJECT" && kind != "SCALAR") {
    return Refuse(DiagnosticId::kUnsupportedConstruct, arguments[1],
                  {"ISJSON of " + kind, options_.target_name});
  }
  const SqlType type = MakeType(TypeId::kInt, text->type.nullable);
  ExprPtr call = MakeCall("ISJSON_" + kind, type, ExprList(std::move(text)));
  call->span = SpanOf(node);
  return call;
}

// OPENJSON without WITH: a row for each property or element, with its key, value and type:
// "OPENJSON (Transact-SQL)".
SourcePtr Lowering::LowerOpenJsonDefault(std::vector<ExprPtr> arguments, Node call,
                                         const std::string& alias, Scope& scope) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kFunction;
  source->call = MakeCall("OPENJSON_DEFAULT", JsonType(), std::move(arguments));
  source->call->span = SpanOf(call);
  source->column_names = {"key", "value", "type"};
  AddRange(scope, *source, alias, "",
           {{"key", MakeSized(TypeId::kNVarChar, 4000, false)},
            {"value", JsonType()},
            {"type", MakeType(TypeId::kInt, false)}});
  return source;
}

}  // namespace datamigrate::relational
