// Methods of the xml type: value(), exist(), and nodes() in FROM. A document is taken apart once
// for a query block, by a source of its own (XML_NODES) that gives its nodes as lists; what the
// methods ask are expressions over these lists.
//
// Source: "xml Data Type Methods", "value() Method (xml Data Type)", "nodes() Method (xml Data
// Type)".
#include <algorithm>
#include <array>

#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr std::string_view kNodes = "xml_name";  // Stands for all of a document's lists.

std::string MethodName(Node call) {
  return FoldName(UnquoteName(call.TokenText(Role::kMethod)));
}

SourcePtr Joined(SourcePtr left, SourcePtr right) {
  if (!left) return right;
  auto join = std::make_unique<Source>();
  join->kind = SourceKind::kJoin;
  join->join = JoinKind::kCross;
  join->left = std::move(left);
  join->right = std::move(right);
  return join;
}

ExprPtr Bit(const char* value) {
  auto bit = MakeExpr(ExprKind::kBit, MakeType(TypeId::kBit, false));
  bit->text = value;
  return bit;
}

ExprPtr IsKnown(const Expr& operand) {
  auto test = MakeExpr(ExprKind::kIsNull, MakeType(TypeId::kBit, false), operand.span);
  test->arguments = ExprList(Clone(operand));
  test->negated = true;
  return test;
}

// A query of one row: the expression over the document.
ExprPtr ReadByItself(SourcePtr document, ExprPtr value) {
  auto subquery = MakeExpr(ExprKind::kSubquery, value->type, value->span);
  subquery->query = std::make_unique<Query>();
  subquery->query->from = std::move(document);
  subquery->query->fields.push_back({"", value->type});
  subquery->query->items.push_back({std::move(value), ""});
  return subquery;
}

// Types that value() does not give: "value() Method (xml Data Type)", "Arguments".
bool IsBeyondValue(TypeId id) {
  static constexpr auto kTypes = std::to_array<TypeId>(
      {TypeId::kXml, TypeId::kText, TypeId::kNText, TypeId::kImage, TypeId::kSqlVariant,
       TypeId::kHierarchyId, TypeId::kGeography, TypeId::kGeometry, TypeId::kRowVersion});
  return std::ranges::find(kTypes, id) != kTypes.end() || IsBinary(id);
}

// Whether the path is "." or the first text.
bool AsksForText(Node literal) {
  std::string path = UnquoteString(literal.Text());
  std::erase_if(path, [](char c) { return c == '(' || c == ')' || c == ' ' || c == '/'; });
  return path == "." || path == ".[1]" || path == "text[1]" || path == ".text[1]";
}

// Whether the path is that of all there is.
bool AsksForAll(Node literal) {
  std::string path = UnquoteString(literal.Text());
  std::erase_if(path, [](char c) { return c == '(' || c == ')' || c == ' '; });
  return path == "." || path == ".[1]";
}

}  // namespace

bool Lowering::IsXmlMethod(Node call) const {
  static constexpr auto kMethods = std::to_array<std::string_view>({"exist", "query", "value"});
  return call.Is(NodeKind::kMethodCall) && call.Has(Role::kOperand) &&
         std::ranges::find(kMethods, std::string_view(MethodName(call))) != kMethods.end();
}

// WITH XMLNAMESPACES ('uri' AS prefix, DEFAULT 'uri'): "Add Namespaces to Queries".
void Lowering::AddXmlNamespaces(Node namespaces) {
  for (const Node item : namespaces.Children(Role::kItem)) {
    const std::string_view name = item.TokenText(Role::kName);
    const bool is_default = UpperText(name) == "DEFAULT";
    const Node value = item.Child(Role::kValue);
    const std::string uri = UnquoteString(value ? value.Text() : item.TokenText(Role::kValue));
    xml_namespaces_.emplace_back(is_default ? "" : UnquoteName(name), uri);
  }
}

// -- Documents

std::pair<SourcePtr, ExprPtr> Lowering::MakeDocument(ExprPtr operand, const Scope& scope) {
  std::vector<std::string> taken = ReservedAliases(scope);
  taken.insert(taken.end(), xml_aliases_.begin(), xml_aliases_.end());
  const std::string stem =
      operand->kind == ExprKind::kColumn ? operand->text + "_nodes" : "xml_nodes";
  std::string alias = stem;
  for (int i = 2; std::ranges::find(taken, FoldName(alias)) != taken.end(); ++i)
    alias = stem + "_" + std::to_string(i);
  xml_aliases_.push_back(FoldName(alias));

  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kFunction;
  source->alias = alias;
  source->range = next_range_++;
  source->lateral = true;
  source->column_names = {"xml_parent", "xml_name", "xml_last", "xml_text", "xml_value"};
  auto nodes = MakeExpr(ExprKind::kColumn, MakeType(TypeId::kXml), operand->span);
  nodes->text = kNodes;
  nodes->qualifier = alias;
  nodes->range = source->range;
  source->call = MakeCall("XML_NODES", MakeType(TypeId::kXml), ExprList(std::move(operand)));
  return {std::move(source), std::move(nodes)};
}

ExprPtr Lowering::JoinedDocument(const Expr& document, const Scope& scope) {
  if (xml_frame_ == nullptr || !xml_frame_->takes_documents) return nullptr;
  for (const auto& [known, nodes] : xml_frame_->known) {
    if (SameExpr(*known, document)) return relational::Clone(*nodes);
  }
  // A constant takes no part in the block's rows or groups.
  if (IsConstant(document) || ContainsAggregate(document) || ContainsWindow(document))
    return nullptr;
  auto [source, nodes] = MakeDocument(relational::Clone(document), scope);
  xml_frame_->documents.push_back(std::move(source));
  xml_frame_->known.emplace_back(relational::Clone(document), relational::Clone(*nodes));
  return std::move(nodes);
}

SourcePtr Lowering::BehindDocuments(SourcePtr left, size_t known_documents) {
  for (size_t i = known_documents; i < xml_documents_.size(); ++i)
    left = Joined(std::move(left), std::move(xml_documents_[i]));
  xml_documents_.resize(std::min(known_documents, xml_documents_.size()));
  return left;
}

SourcePtr Lowering::LowerWithDocuments(Node source, Scope& scope) {
  const size_t known_documents = xml_documents_.size();
  SourcePtr lowered = LowerSource(source, scope);
  return Joined(BehindDocuments(nullptr, known_documents), std::move(lowered));
}

void Lowering::JoinDocuments(Query& query, XmlFrame& frame) {
  if (frame.documents.empty()) return;
  // A * that is printed as such must not take the lists in.
  const std::string alias = query.from->alias;
  for (SelectItem& item : query.items) {
    if (item.expr->kind == ExprKind::kStar && item.expr->qualifier.empty())
      item.expr->qualifier = alias;
  }
  for (SourcePtr& document : frame.documents)
    query.from = Joined(std::move(query.from), std::move(document));
}

// -- Methods

XQueryPtr Lowering::ReadXQuery(Node literal) {
  const bool is_string =
      literal.Is(NodeKind::kLiteral) && literal.Text().find('\'') != std::string_view::npos;
  if (!is_string) {
    Report(DiagnosticId::kWrongXQuery, literal, {"it is no string constant"});
    return nullptr;
  }
  const std::string text = UnquoteString(literal.Text());
  XQueryParse parsed = ParseXQuery(text, xml_namespaces_);
  if (parsed.root) return std::move(parsed.root);
  XQueryNode place;
  place.begin = parsed.begin;
  place.end = parsed.end;
  XQueryContext context;
  context.literal = literal;
  if (parsed.is_beyond)
    RefuseXQuery(context, place, parsed.problem);
  else
    Report(DiagnosticId::kWrongXQuery, literal, {parsed.problem});
  return nullptr;
}

// The type that the second argument of value() names.
SqlType Lowering::XmlValueType(Node literal) {
  const std::string name = literal ? UnquoteString(literal.Text()) : "";
  diagnostics::DiagnosticSink found;
  const std::string cast = "CAST(NULL AS " + name + ")";  // The tree points into it.
  const ParseResult parsed = ParseExpression(cast, false, {}, found);
  const Node type = parsed.tree.Root().Child(Role::kType);
  if (!parsed.ok || !type) {
    Report(DiagnosticId::kUnknownType, literal, {name});
    return MakeType(TypeId::kNVarChar);
  }
  SqlType result = LowerType(catalog_, type, 1, found);
  if (found.HasErrors()) Report(DiagnosticId::kUnknownType, literal, {name});
  if (IsBeyondValue(result.id)) {
    Report(DiagnosticId::kUnsupportedMethod, literal,
           {"value", "xml to " + TypeText(result), options_.target_name});
  }
  return result;
}

ExprPtr Lowering::LowerXmlMethod(Node node, Scope& scope) {
  const std::string method = MethodName(node);
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  const Node operand = node.Child(Role::kOperand);
  // (SELECT ... FOR XML PATH(''), TYPE).value('.', 'nvarchar(max)') is the text of the
  // concatenation.
  Node inner = operand;
  while (inner.Is(NodeKind::kParenthesized)) inner = inner.Child(Role::kOperand);
  const bool joins_texts = method == "value" && arguments.size() == 2 &&
                           inner.Is(NodeKind::kScalarSubquery) &&
                           inner.Child(Role::kQuery).Has(Role::kFor) &&
                           JoinsTexts(inner.Child(Role::kQuery)) && AsksForText(arguments[0]);
  if (joins_texts) {
    auto text =
        MakeExpr(ExprKind::kSubquery, MakeSized(TypeId::kNVarChar, SqlType::kMax), SpanOf(node));
    text->query = LowerForXml(inner.Child(Role::kQuery), &scope, true);
    return Convert(std::move(text), XmlValueType(arguments[1]), false);
  }
  // x.query('path').value('.', 'nvarchar(max)') is the text of all that the path finds.
  const bool takes_all = method == "value" && arguments.size() == 2 && IsXmlMethod(inner) &&
                         MethodName(inner) == "query" && AsksForAll(arguments[0]);
  ExprPtr document = LowerExpr(takes_all ? inner.Child(Role::kOperand) : operand, scope);
  const bool may_be_xml =
      document->type.id == TypeId::kXml || document->type.id == TypeId::kUnknown;
  if (!may_be_xml || method == "query" || arguments.size() != (method == "value" ? 2u : 1u)) {
    return Refuse(DiagnosticId::kUnsupportedMethod, node,
                  {method, TypeText(document->type), options_.target_name});
  }
  const Node literal = takes_all ? inner.Child(Role::kArgument) : arguments[0];
  const XQueryPtr query = ReadXQuery(literal);
  const SqlType type = method == "value" ? XmlValueType(arguments[1]) : MakeType(TypeId::kBit);
  if (!query) return MakeNull(type);

  SourcePtr own;
  ExprPtr nodes;
  const auto of_nodes = xml_nodes_.find(document->kind == ExprKind::kColumn ? document->range : -1);
  const bool is_node = of_nodes != xml_nodes_.end();
  if (is_node)
    nodes = relational::Clone(*of_nodes->second);
  else
    nodes = JoinedDocument(*document, scope);
  if (!nodes) {
    auto made = MakeDocument(relational::Clone(*document), scope);
    own = std::move(made.first);
    nodes = std::move(made.second);
  }
  XQueryContext context{.nodes = nodes.get(),
                        .node = is_node ? document.get() : nullptr,
                        .literal = literal,
                        .scope = &scope};
  if (method == "value") {
    ExprPtr value = takes_all ? MakeCall("XML_TEXT", MakeSized(TypeId::kNVarChar, SqlType::kMax),
                                         ExprList(XQuerySet(*query, context)))
                              : XQueryValue(*query, context);
    value->span = SpanOf(node);
    if (own) value = ReadByItself(std::move(own), std::move(value));
    return Convert(std::move(value), type, false);
  }
  // exist() is 1 for anything that is not an empty sequence, and NULL for NULL.
  const bool is_path = query->kind == XQueryKind::kStep || query->kind == XQueryKind::kWhere ||
                       query->kind == XQueryKind::kContext || query->kind == XQueryKind::kDocument;
  if (!is_path) return RefuseXQuery(context, *query, "exist() of what is no path");
  ExprPtr exists =
      MakeCall("XML_EXISTS", MakeType(TypeId::kBit, false), ExprList(XQuerySet(*query, context)));
  auto result = MakeExpr(ExprKind::kCase, type, SpanOf(node));
  result->arguments =
      ExprList(std::move(exists), Bit("1"), IsKnown(is_node ? *document : *nodes), Bit("0"));
  if (own) return ReadByItself(std::move(own), std::move(result));
  return result;
}

// nodes('path') AS t(c): a row for each node that the path finds; c is its number among the
// document's nodes.
SourcePtr Lowering::LowerXmlNodes(Node call, Node node, Scope& scope) {
  Scope values;
  values.outer = scope.ranges.empty() && scope.outer != nullptr ? scope.outer : &scope;
  const std::vector<Node> arguments = call.Children(Role::kArgument);
  std::vector<std::string> names;
  if (const Node columns = node.Child(Role::kColumns)) {
    for (const Node item : columns.Children(Role::kItem))
      names.push_back(UnquoteName(item.TokenText(Role::kPart)));
  }
  const std::string alias = UnquoteName(node.TokenText(Role::kAlias));
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->lateral = true;
  source->query = std::make_unique<Query>();
  const auto refused = [&] {
    AddRange(scope, *source, alias, "", {}).open = true;
    return std::move(source);
  };
  ExprPtr document = LowerExpr(call.Child(Role::kOperand), values);
  const bool may_be_xml =
      document->type.id == TypeId::kXml || document->type.id == TypeId::kUnknown;
  if (!may_be_xml || arguments.size() != 1 || names.size() != 1) {
    Report(DiagnosticId::kUnsupportedMethod, call,
           {"nodes", TypeText(document->type), options_.target_name});
    return refused();
  }
  const XQueryPtr query = ReadXQuery(arguments[0]);
  if (!query) return refused();
  ExprPtr nodes;
  const auto of_nodes = xml_nodes_.find(document->kind == ExprKind::kColumn ? document->range : -1);
  const bool is_node = of_nodes != xml_nodes_.end();
  if (is_node) nodes = relational::Clone(*of_nodes->second);
  if (!nodes) {
    auto made = MakeDocument(relational::Clone(*document), *values.outer);
    xml_documents_.push_back(std::move(made.first));
    nodes = std::move(made.second);
    if (xml_frame_ != nullptr)
      xml_frame_->known.emplace_back(relational::Clone(*document), relational::Clone(*nodes));
  }
  const XQueryContext context{.nodes = nodes.get(),
                              .node = is_node ? document.get() : nullptr,
                              .literal = arguments[0],
                              .scope = &values};
  ExprPtr row = MakeCall("XML_ROWS", MakeType(TypeId::kXml), ExprList(XQuerySet(*query, context)));
  const SqlType type = row->type;
  source->query->items.push_back({std::move(row), names[0]});
  source->query->fields.push_back({names[0], type});
  const int32_t range = AddRange(scope, *source, alias, "", {{names[0], type}}).id;
  xml_nodes_[range] = std::move(nodes);
  return source;
}

}  // namespace datamigrate::relational
