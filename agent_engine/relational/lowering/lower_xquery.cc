// XQuery over the lists of a document's nodes. Sets of nodes are calls that hold the set they go
// on from: XML_DOCUMENT, XML_NODE and XML_ITEM begin, XML_STEP, XML_WHERE and XML_AT go on.
//
// Source: "XQuery Language Reference (SQL Server)", "Path Expressions (XQuery)", "XQuery Functions
// Against the xml Data Type".
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

SqlType Text() {
  return MakeSized(TypeId::kNVarChar, SqlType::kMax);
}

bool IsSet(const XQueryNode& node) {
  switch (node.kind) {
    case XQueryKind::kDocument:
    case XQueryKind::kContext:
    case XQueryKind::kStep:
      return true;
    case XQueryKind::kWhere:
      return IsSet(*node.children[0]);
    default:
      return false;
  }
}

bool IsCondition(const XQueryNode& node) {
  return node.kind == XQueryKind::kCompare || node.kind == XQueryKind::kAnd ||
         node.kind == XQueryKind::kOr ||
         (node.kind == XQueryKind::kCall &&
          (node.text == "not" || node.text == "contains" || node.text == "empty" ||
           node.text == "exists" || node.text == "true" || node.text == "false"));
}

std::string_view AxisName(XQueryAxis axis) {
  switch (axis) {
    case XQueryAxis::kChild:
      return "child";
    case XQueryAxis::kAttribute:
      return "attribute";
    case XQueryAxis::kDescendant:
      return "descendant";
    case XQueryAxis::kAny:
      return "any";
    case XQueryAxis::kSelf:
      return "self";
    case XQueryAxis::kParent:
      return "parent";
  }
  return "";
}

ExprPtr SetCall(std::string name, ExprPtr first) {
  return MakeCall(std::move(name), MakeType(TypeId::kXml), ExprList(std::move(first)));
}

ExprPtr Truth(ExprPtr expr) {
  expr->type = MakeType(TypeId::kBit);
  return expr;
}

bool IsCallOf(const XQueryNode& node, std::string_view name) {
  return node.kind == XQueryKind::kCall && node.text == name;
}

}  // namespace

// Names the piece, at its place in the literal: quotes in it are doubled.
ExprPtr Lowering::RefuseXQuery(const XQueryContext& context, const XQueryNode& node,
                               std::string piece) {
  diagnostics::SourceSpan span = SpanOf(context.literal);
  const std::string_view written = context.literal.Text();
  const size_t open = written.find('\'');
  const auto place = [&](size_t offset) {
    size_t at = open + 1;
    for (size_t i = 0; i < offset && at < written.size(); ++i) at += written[at] == '\'' ? 2 : 1;
    return at;
  };
  if (!span_override_ && open != std::string_view::npos) {
    const auto begin = span.begin;
    span.begin = begin + static_cast<uint32_t>(place(node.begin));
    span.end = begin + static_cast<uint32_t>(place(node.end));
  }
  ReportAt(DiagnosticId::kUnsupportedXQuery, span, {std::move(piece)});
  return MakeNull(SqlType{});
}

ExprPtr Lowering::XQuerySet(const XQueryNode& node, const XQueryContext& context) {
  switch (node.kind) {
    case XQueryKind::kDocument:
      return SetCall("XML_DOCUMENT", relational::Clone(*context.nodes));
    case XQueryKind::kContext: {
      if (context.is_predicate) return SetCall("XML_ITEM", relational::Clone(*context.nodes));
      if (context.node == nullptr)
        return SetCall("XML_DOCUMENT", relational::Clone(*context.nodes));
      return MakeCall(
          "XML_NODE", MakeType(TypeId::kXml),
          ExprList(relational::Clone(*context.nodes), relational::Clone(*context.node)));
    }
    case XQueryKind::kStep: {
      ExprPtr step = SetCall("XML_STEP", XQuerySet(*node.children[0], context));
      step->part = AxisName(node.axis);
      step->default_text = node.name;
      return step;
    }
    case XQueryKind::kWhere:
      return XQueryPredicate(node, context);
    default:
      return RefuseXQuery(context, node, "a value in place of nodes");
  }
}

// [number], [last()], [position() op number] and [condition].
ExprPtr Lowering::XQueryPredicate(const XQueryNode& node, const XQueryContext& context) {
  const XQueryNode& predicate = *node.children[1];
  if (!IsSet(*node.children[0])) return RefuseXQuery(context, node, "a predicate of a value");
  ExprPtr set = XQuerySet(*node.children[0], context);
  const XQueryNode* place = nullptr;
  std::string op = "=";
  if (predicate.kind == XQueryKind::kNumber || IsCallOf(predicate, "last")) place = &predicate;
  if (predicate.kind == XQueryKind::kCompare && IsCallOf(*predicate.children[0], "position")) {
    place = predicate.children[1].get();
    op = predicate.text == "!=" ? "<>" : predicate.text;
  }
  if (place != nullptr) {
    const bool is_last = IsCallOf(*place, "last") && op == "=";
    const bool is_whole = place->kind == XQueryKind::kNumber &&
                          place->text.find_first_not_of("0123456789") == std::string::npos;
    if (!is_last && !is_whole) return RefuseXQuery(context, predicate, "this kind of position");
    ExprPtr at = SetCall("XML_AT", std::move(set));
    at->part = node.of_step ? "step" : "whole";
    at->quantifier = op;
    at->default_text = is_last ? "last" : place->text;
    return at;
  }
  XQueryContext inner = context;
  inner.is_predicate = true;
  ExprPtr condition = XQueryCondition(predicate, inner);
  return MakeCall("XML_WHERE", MakeType(TypeId::kXml),
                  ExprList(std::move(set), std::move(condition)));
}

// What is true of an item: a path that finds something, a comparison, ...
ExprPtr Lowering::XQueryCondition(const XQueryNode& node, const XQueryContext& context) {
  const SqlType bit = MakeType(TypeId::kBit, false);
  if (IsSet(node)) return MakeCall("XML_EXISTS", bit, ExprList(XQuerySet(node, context)));
  if (node.kind == XQueryKind::kCompare) return XQueryComparison(node, context);
  if (node.kind == XQueryKind::kAnd || node.kind == XQueryKind::kOr) {
    ExprPtr all;
    for (const XQueryPtr& part : node.children) {
      all = MakeLogical(node.kind == XQueryKind::kAnd ? ExprKind::kAnd : ExprKind::kOr,
                        std::move(all), XQueryCondition(*part, context));
    }
    return all;
  }
  const size_t count = node.children.size();
  if ((IsCallOf(node, "true") || IsCallOf(node, "false")) && count == 0)
    return MakeCompare("=", MakeInteger(1), MakeInteger(node.text == "true" ? 1 : 0));
  const bool negates = IsCallOf(node, "not") || IsCallOf(node, "empty");
  if ((negates || IsCallOf(node, "exists")) && count == 1) {
    if (node.text != "not" && !IsSet(*node.children[0]))
      return RefuseXQuery(context, node, node.text + "() of a value");
    ExprPtr inner = XQueryCondition(*node.children[0], context);
    if (!negates) return inner;
    auto negation = MakeExpr(ExprKind::kNot, bit, inner->span);
    negation->arguments = ExprList(std::move(inner));
    return negation;
  }
  if (IsCallOf(node, "contains") && count == 2) {
    return MakeCall(
        "XML_CONTAINS", bit,
        ExprList(XQueryValue(*node.children[0], context), XQueryValue(*node.children[1], context)));
  }
  return RefuseXQuery(context, node,
                      node.kind == XQueryKind::kCall ? "the function " + node.text + "()"
                                                     : "this kind of predicate");
}

// A comparison holds when it does for any pair of items; untyped ones are compared as the other
// side is: "General comparison operators".
ExprPtr Lowering::XQueryComparison(const XQueryNode& node, const XQueryContext& context) {
  std::vector<ExprPtr> sides;
  bool is_number = false;
  for (const XQueryPtr& child : node.children) {
    if (IsCondition(*child)) return RefuseXQuery(context, *child, "a comparison of conditions");
    sides.push_back(IsSet(*child) ? XQuerySet(*child, context) : XQueryValue(*child, context));
    is_number = is_number || (!IsSet(*child) && IsNumeric(sides.back()->type.id));
  }
  ExprPtr comparison = Truth(MakeCall("XML_COMPARE", MakeType(TypeId::kBit),
                                      ExprList(std::move(sides[0]), std::move(sides[1]))));
  comparison->part = node.text == "!=" ? "<>" : node.text;
  comparison->quantifier = is_number ? "number" : "string";
  return comparison;
}

// One atomic value: text, unless the function says more.
ExprPtr Lowering::XQueryValue(const XQueryNode& node, const XQueryContext& context) {
  if (IsSet(node)) return MakeCall("XML_STRING", Text(), ExprList(XQuerySet(node, context)));
  switch (node.kind) {
    case XQueryKind::kString:
      return MakeString(node.text);
    case XQueryKind::kNumber: {
      auto number = MakeExpr(ExprKind::kNumber, MakeType(TypeId::kFloat, false));
      number->text = node.text.starts_with('.') ? "0" + node.text : node.text;
      const bool is_whole = node.text.find('.') == std::string::npos && node.text.size() < 10;
      if (is_whole) number->type = MakeType(TypeId::kInt, false);
      return number;
    }
    case XQueryKind::kWhere: {  // string(.)[1]
      const XQueryNode& predicate = *node.children[1];
      if (predicate.kind == XQueryKind::kNumber && predicate.text == "1")
        return XQueryValue(*node.children[0], context);
      return RefuseXQuery(context, node, "a predicate of a value");
    }
    case XQueryKind::kSqlColumn: {
      diagnostics::DiagnosticSink found;
      const ParseResult parsed = ParseExpression(node.text, false, {}, found);
      if (!parsed.ok || !parsed.tree.Root().Is(NodeKind::kColumnReference))
        return RefuseXQuery(context, node, "sql:column() of what is no column");
      return ResolveColumn(NamePartsOf(parsed.tree.Root().Child(Role::kName)),
                           SpanOf(context.literal), *context.scope);
    }
    case XQueryKind::kSqlVariable: {
      const auto found = variables_.find(FoldName(node.text));
      if (found != variables_.end()) return relational::Clone(*found->second);
      return Refuse(DiagnosticId::kUndeclaredVariable, context.literal, {node.text});
    }
    case XQueryKind::kCall:
      return XQueryCall(node, context);
    default:
      return RefuseXQuery(context, node, "a condition in place of a value");
  }
}

ExprPtr Lowering::XQueryCall(const XQueryNode& node, const XQueryContext& context) {
  const size_t count = node.children.size();
  const auto set = [&]() -> ExprPtr {
    if (count == 1) return XQuerySet(*node.children[0], context);
    return XQuerySet(XQueryNode{}, context);
  };
  if (node.text == "count" && count == 1)
    return MakeCall("XML_COUNT", MakeType(TypeId::kInt, false), ExprList(set()));
  if (node.text == "data" && count == 1) return XQueryValue(*node.children[0], context);
  if (node.text == "local-name" && count < 2) {
    return MakeCall("ISNULL", Text(),
                    ExprList(MakeCall("XML_LOCAL_NAME", Text(), ExprList(set())), MakeString("")));
  }
  if ((node.text == "string" || node.text == "number") && count < 2) {
    XQueryNode self;
    const XQueryNode& argument = count == 1 ? *node.children[0] : self;
    ExprPtr value = XQueryValue(argument, context);
    if (node.text == "string") {
      if (IsNumeric(value->type.id)) return RefuseXQuery(context, node, "string() of a number");
      if (!IsSet(argument)) return value;
      return MakeCall("ISNULL", Text(), ExprList(std::move(value), MakeString("")));
    }
    if (IsNumeric(value->type.id)) return value;
    return MakeCall("XML_NUMBER", MakeType(TypeId::kFloat), ExprList(std::move(value)));
  }
  const bool is_concat = node.text == "concat" && count > 1;
  const bool is_length = node.text == "string-length" && count == 1;
  const bool changes_case = (node.text == "upper-case" || node.text == "lower-case") && count == 1;
  if (!is_concat && !is_length && !changes_case)
    return RefuseXQuery(context, node, "the function " + node.text + "()");
  std::vector<ExprPtr> texts;
  for (const XQueryPtr& child : node.children) {
    ExprPtr text = XQueryValue(*child, context);
    if (IsNumeric(text->type.id)) return RefuseXQuery(context, *child, "a number in place of text");
    if (text->type.nullable)
      text = MakeCall("ISNULL", Text(), ExprList(std::move(text), MakeString("")));
    texts.push_back(std::move(text));
  }
  if (is_length)
    return MakeCall("DATALENGTH_TEXT", MakeType(TypeId::kInt, false), std::move(texts));
  if (changes_case)
    return MakeCall(node.text == "upper-case" ? "UPPER" : "LOWER", Text(), std::move(texts));
  auto joined = MakeExpr(ExprKind::kConcat, Text());
  joined->arguments = std::move(texts);
  return joined;
}

}  // namespace datamigrate::relational
