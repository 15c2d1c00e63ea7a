// SELECT statements, set operations, common tables, and the clauses of a query block.
#include <algorithm>
#include <cstdlib>

#include "absl/container/flat_hash_set.h"
#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr int32_t kOutputRange = -2;  // A reference to a column of the query's own result.

ExprPtr OutputReference(const OutputField& field, diagnostics::SourceSpan span) {
  auto expr = MakeExpr(ExprKind::kColumn, field.type, span);
  expr->text = field.name;
  expr->range = kOutputRange;
  return expr;
}

// Whether a column without a name is a conversion of a column so called: some targets name it so.
bool HasHiddenName(const Query& query, const std::string& name) {
  return std::ranges::any_of(query.items, [&](const SelectItem& item) {
    const Expr* inner = item.expr.get();
    while (inner->kind == ExprKind::kCast) inner = inner->arguments[0].get();
    return item.alias.empty() && inner != item.expr.get() && inner->kind == ExprKind::kColumn &&
           FoldName(inner->text) == FoldName(name);
  });
}

void FillFields(Query& query) {
  query.fields.clear();
  for (const SelectItem& item : query.items) query.fields.push_back({item.alias, item.expr->type});
}

// Whether the query's columns have the types of `fields` already; NULLs apart.
bool HasTypes(const Query& query, const std::vector<OutputField>& fields) {
  return std::ranges::equal(query.fields, fields, [](const OutputField& own, OutputField other) {
    other.type.nullable = own.type.nullable;
    return own.type == other.type;
  });
}

void CollectGroupExprs(std::vector<GroupItem>& items, std::vector<Expr*>& exprs) {
  for (GroupItem& item : items) {
    if (item.expr) exprs.push_back(item.expr.get());
    CollectGroupExprs(item.items, exprs);
  }
}

}  // namespace

QueryPtr Lowering::LowerSelectStatement(Node statement, const Scope* outer) {
  const size_t known_ctes = ctes_.size();
  const size_t known_namespaces = xml_namespaces_.size();
  auto holder = std::make_unique<Query>();
  if (const Node with = statement.Child(Role::kWith)) LowerWith(with, *holder, outer);
  if (const Node option = statement.Child(Role::kOption)) {
    Report(DiagnosticId::kHintDropped, option, {"the OPTION clause"});
  }
  // INSERT has its WITH clause in front, too.
  const Node query_node =
      statement.Child(statement.Has(Role::kQuery) ? Role::kQuery : Role::kSource);
  QueryPtr query =
      query_node ? LowerQuery(query_node, outer, outer == nullptr && inlining_.empty()) : nullptr;
  ctes_.resize(known_ctes);
  xml_namespaces_.resize(known_namespaces);
  if (query == nullptr) return holder;
  query->recursive = query->recursive || holder->recursive;
  for (CommonTable& cte : query->ctes) holder->ctes.push_back(std::move(cte));
  query->ctes = std::move(holder->ctes);
  return query;
}

void Lowering::LowerWith(Node with, Query& query, const Scope* outer) {
  if (const Node namespaces = with.Child(Role::kXmlNamespaces)) AddXmlNamespaces(namespaces);
  for (const Node cte : with.Children(Role::kCte)) {
    CteEntry entry;
    entry.printed = UnquoteName(cte.TokenText(Role::kAlias));
    entry.name = FoldName(entry.printed);
    CommonTable table;
    table.name = entry.printed;
    const Node columns = cte.Child(Role::kColumns);
    if (columns) {
      for (const Node column : columns.Children(Role::kItem)) {
        table.column_names.push_back(UnquoteName(column.TokenText(Role::kPart)));
      }
    }
    // A member that names its own table after the first UNION ALL is recursive.
    const Node body = cte.Child(Role::kQuery).Child(Role::kBody);
    bool refers_to_itself = false;
    if (body.Is(NodeKind::kSetOperation)) {
      const Node right = body.Child(Role::kRight);
      for (uint32_t i = right.first_token(); i < right.end_token(); ++i) {
        refers_to_itself =
            refers_to_itself ||
            FoldName(UnquoteName(right.tree().TextOf(right.tree().tokens[i]))) == entry.name;
      }
    }
    if (refers_to_itself) {
      query.recursive = true;
      std::vector<RangeColumn> named;
      for (const std::string& name : table.column_names) named.push_back({name, {}});
      entry.columns = std::move(named);
      table.query = LowerRecursive(cte, entry, outer);
    } else {
      table.query = LowerQuery(cte.Child(Role::kQuery), outer, false);
    }
    entry.columns = RenamedColumns(columns, ColumnsOf(*table.query), cte);
    if (!columns) CheckNames(*table.query, cte);
    ctes_.push_back(std::move(entry));
    query.ctes.push_back(std::move(table));
  }
}

// The anchor gives the columns their types; recursive members see them under the table's name.
QueryPtr Lowering::LowerRecursive(Node cte, CteEntry entry, const Scope* outer) {
  const Node body = cte.Child(Role::kQuery).Child(Role::kBody);
  Scope anchor_scope;
  QueryPtr anchor = LowerBody(body.Child(Role::kLeft), outer, anchor_scope);
  std::vector<RangeColumn> columns;
  for (size_t i = 0; i < anchor->fields.size(); ++i) {
    const std::string name =
        i < entry.columns.size() ? entry.columns[i].name : anchor->fields[i].name;
    SqlType type = anchor->fields[i].type;
    type.nullable = true;
    columns.push_back({name, type});
  }
  entry.columns = std::move(columns);
  ctes_.push_back(entry);
  Scope member_scope;
  QueryPtr member = LowerBody(body.Child(Role::kRight), outer, member_scope);
  ctes_.pop_back();
  auto query = std::make_unique<Query>();
  query->kind = QueryKind::kUnionAll;
  if (anchor->fields.size() == member->fields.size()) {
    ConvertBranch(*member, anchor->fields);
  } else {
    Report(DiagnosticId::kColumnCountDiffers, cte,
           {"the recursive member", std::to_string(member->fields.size()),
            std::to_string(anchor->fields.size())});
  }
  query->fields = anchor->fields;
  for (OutputField& field : query->fields) field.type.nullable = true;
  query->left = std::move(anchor);
  query->right = std::move(member);
  return query;
}

// The rows of a query: its body in its order.
QueryPtr Lowering::LowerRows(Node node, const Scope* outer, Scope& scope) {
  QueryPtr query = LowerBody(node.Child(Role::kBody), outer, scope);
  if (const Node order_by = node.Child(Role::kOrderBy)) {
    LowerOrderBy(order_by, *query, scope);
    if (const Node offset = node.Child(Role::kOffsetFetch)) LowerOffset(offset, *query, scope);
  }
  return query;
}

QueryPtr Lowering::LowerQuery(Node node, const Scope* outer, bool is_outermost) {
  if (node.Has(Role::kFor)) {
    const std::string kind = JoinedTokens(node.Child(Role::kFor), Role::kKind, " ");
    if (kind.starts_with("XML")) return LowerForXmlRow(node, outer, is_outermost);
    if (kind.starts_with("JSON")) return LowerForJson(node, outer, is_outermost);
    Report(DiagnosticId::kUnsupportedConstruct, node.Child(Role::kFor),
           {kind.starts_with("FOR") ? kind : "FOR " + kind, options_.target_name});
  }
  Scope scope;
  scope.outer = outer;
  const bool keeps_order = std::exchange(keeps_next_order_, false);
  QueryPtr query = LowerRows(node, outer, scope);
  if (const Node order_by = node.Child(Role::kOrderBy)) {
    const bool decides_rows = query->limit != nullptr || query->offset != nullptr;
    if (!decides_rows && !keeps_order && !(is_outermost && options_.keep_order)) {
      if (is_outermost) Report(DiagnosticId::kOrderDropped, order_by, {});
      query->order_by.clear();
    }
  }
  if (query->limit && query->order_by.empty() && query->kind == QueryKind::kSelect &&
      !node.Has(Role::kOrderBy)) {
    Report(DiagnosticId::kTopWithoutOrder, node, {});
  }
  if (is_outermost && options_.gives_names) GiveNames(*query, node);
  if (is_outermost && options_.require_names) CheckNames(*query, node);
  return query;
}

QueryPtr Lowering::LowerBody(Node body, const Scope* outer, Scope& scope) {
  if (body.Is(NodeKind::kParenthesizedQuery))
    return LowerQuery(body.Child(Role::kQuery), outer, false);
  if (body.Is(NodeKind::kSetOperation)) return LowerSetOperation(body, outer);
  if (body.Is(NodeKind::kQuerySpecification)) return LowerSpecification(body, outer, scope);
  if (body.Is(NodeKind::kQuery)) return LowerQuery(body, outer, false);
  Report(DiagnosticId::kUnsupportedConstruct, body, {Described(body), options_.target_name});
  return std::make_unique<Query>();
}

QueryPtr Lowering::LowerSpecification(Node node, const Scope* outer, Scope& scope) {
  auto query = std::make_unique<Query>();
  scope.outer = outer;
  if (node.Has(Role::kInto) && !options_.allows_into) {
    Report(DiagnosticId::kUnsupportedConstruct, node.Child(Role::kInto),
           {"SELECT INTO", options_.target_name});
  }
  const std::vector<Node> windows = std::move(window_definitions_);
  window_definitions_.clear();
  if (const Node window = node.Child(Role::kWindow))
    window_definitions_ = window.Children(Role::kItem);
  XmlFrame frame;
  XmlFrame* const outer_frame = std::exchange(xml_frame_, &frame);
  if (const Node from = node.Child(Role::kFrom)) query->from = LowerFrom(from, scope);
  frame.takes_documents = query->from != nullptr;
  if (const Node where = node.Child(Role::kWhere)) query->where = LowerExpr(where, scope);
  if (const Node group_by = node.Child(Role::kGroupBy)) LowerGroupBy(group_by, *query, scope);
  if (const Node having = node.Child(Role::kHaving)) query->having = LowerExpr(having, scope);
  query->distinct = UpperText(node.TokenText(Role::kQuantifier)) == "DISTINCT";
  LowerSelectList(node.Child(Role::kSelectList), *query, scope);
  if (const Node top = node.Child(Role::kTop)) LowerTop(top, *query, scope);
  MarkDetermined(*query, scope);
  JoinDocuments(*query, frame);
  xml_frame_ = outer_frame;
  window_definitions_ = windows;
  return query;
}

void Lowering::LowerSelectList(Node list, Query& query, Scope& scope) {
  for (const Node item : list.Children(Role::kItem)) {
    if (item.Is(NodeKind::kSelectAssignment) && options_.assigns_variables) {
      const std::string variable(item.TokenText(Role::kTarget));
      query.items.push_back({LowerExpr(item.Child(Role::kValue), scope), variable.substr(1)});
      continue;
    }
    if (item.Is(NodeKind::kSelectAssignment)) {
      Report(DiagnosticId::kUnsupportedConstruct, item,
             {"the assignment to " + std::string(item.TokenText(Role::kTarget)),
              options_.target_name});
      continue;
    }
    const Node value = item.Child(Role::kValue);
    if (value.Is(NodeKind::kStar)) {
      ExpandStar(value, query, scope);
      continue;
    }
    SelectItem result;
    result.expr = LowerExpr(value, scope);
    if (item.TokenOf(Role::kAlias) != nullptr) {
      const std::string_view alias = item.TokenText(Role::kAlias);
      const bool is_string =
          alias.starts_with('\'') || alias.starts_with("N'") || alias.starts_with("n'");
      result.alias = is_string ? UnquoteString(alias) : UnquoteName(alias);
    } else {
      Node inner = value;
      while (inner.Is(NodeKind::kParenthesized) || inner.Is(NodeKind::kCollate))
        inner = inner.Child(Role::kOperand);
      if (inner.Is(NodeKind::kColumnReference) && result.expr->kind == ExprKind::kColumn)
        result.alias = result.expr->text;
    }
    query.items.push_back(std::move(result));
  }
  FillFields(query);
}

void Lowering::ExpandStar(Node star, Query& query, Scope& scope) {
  std::string qualifier;
  if (const Node name = star.Child(Role::kName)) qualifier = NamePartsOf(name).back();
  bool found = false;
  for (const RangeVariable& range : scope.ranges) {
    if (!qualifier.empty() && FoldName(range.name) != FoldName(qualifier)) continue;
    found = true;
    if (range.open) {
      auto expr = MakeExpr(ExprKind::kStar, SqlType{}, SpanOf(star));
      if (scope.ranges.size() > 1 || !qualifier.empty()) expr->qualifier = range.printed;
      query.items.push_back({std::move(expr), ""});
      continue;
    }
    for (const RangeColumn& column : range.columns) {
      auto expr = MakeExpr(ExprKind::kColumn, column.type, SpanOf(star));
      expr->text = column.name;
      expr->range = range.id;
      if (scope.ranges.size() > 1 || scope.qualify || !qualifier.empty())
        expr->qualifier = range.printed;
      query.items.push_back({std::move(expr), column.name});
    }
  }
  if (!found) Report(DiagnosticId::kUnknownRelation, star, {qualifier.empty() ? "*" : qualifier});
}

void Lowering::LowerTop(Node top, Query& query, Scope& scope) {
  Scope constants;
  constants.outer = scope.outer;
  ExprPtr value = LowerExpr(top.Child(Role::kValue), constants);
  query.limit_is_percent = top.TokenOf(Role::kPercent) != nullptr;
  query.with_ties = top.TokenOf(Role::kWithTies) != nullptr;
  if (query.limit_is_percent && value->kind == ExprKind::kNumber &&
      std::strtod(value->text.c_str(), nullptr) >= 100) {
    query.limit_is_percent = false;
    return;  // All rows.
  }
  query.limit = query.limit_is_percent ? std::move(value)
                                       : Convert(std::move(value), MakeType(TypeId::kBigInt), true);
}

void Lowering::LowerOffset(Node offset, Query& query, Scope& scope) {
  const SqlType type = MakeType(TypeId::kBigInt);
  ExprPtr skipped = Convert(LowerExpr(offset.Child(Role::kOffset), scope), type, true);
  const bool is_zero = skipped->kind == ExprKind::kNumber && skipped->text == "0";
  if (!is_zero) query.offset = std::move(skipped);
  if (const Node fetch = offset.Child(Role::kFetch))
    query.limit = Convert(LowerExpr(fetch, scope), type, true);
}

// ORDER BY sees the columns of the result first, then those of the sources: "SELECT - ORDER BY
// clause".
ExprPtr Lowering::LowerOrderKey(Node value, Query& query, Scope& scope) {
  Node inner = value;
  while (inner.Is(NodeKind::kParenthesized)) inner = inner.Child(Role::kOperand);
  if (inner.Is(NodeKind::kLiteral)) {
    const ExprPtr literal = LowerLiteral(inner);
    const long ordinal = std::strtol(literal->text.c_str(), nullptr, 10);
    if (literal->kind == ExprKind::kNumber && ordinal >= 1 &&
        ordinal <= static_cast<long>(query.fields.size())) {
      const OutputField& field = query.fields[ordinal - 1];
      if (!field.name.empty()) return OutputReference(field, SpanOf(value));
      if (query.kind != QueryKind::kSelect) {
        ExprPtr position = OutputReference(field, SpanOf(value));
        position->default_text = std::to_string(ordinal);
        return position;
      }
      return relational::Clone(*query.items[ordinal - 1].expr);
    }
  }
  if (inner.Is(NodeKind::kColumnReference)) {
    const std::vector<std::string> parts = NamePartsOf(inner.Child(Role::kName));
    if (parts.size() == 1) {
      for (size_t i = 0; i < query.fields.size(); ++i) {
        const OutputField& field = query.fields[i];
        if (field.name.empty() || FoldName(field.name) != FoldName(parts[0])) continue;
        ExprPtr reference = OutputReference(field, SpanOf(value));
        const bool is_keyed = IsString(field.type.id) || field.type.id == TypeId::kUniqueIdentifier;
        if (!is_keyed && HasHiddenName(query, field.name)) {
          reference->text.clear();
          reference->default_text = std::to_string(i + 1);
        }
        return reference;
      }
    }
  }
  const bool qualified = std::exchange(scope.qualify, true);
  ExprPtr expr = LowerExpr(value, scope);
  scope.qualify = qualified;
  return expr;
}

void Lowering::LowerOrderBy(Node order_by, Query& query, Scope& scope) {
  query.order_by.clear();
  for (const Node item : order_by.Children(Role::kItem)) {
    const bool descending = UpperText(item.TokenText(Role::kDirection)) == "DESC";
    OrderItem order{LowerOrderKey(item.Child(Role::kValue), query, scope), descending};
    const bool asks_nothing = IsConstant(*order.expr) || (order.expr->kind == ExprKind::kSubquery &&
                                                          order.expr->query->from == nullptr);
    if (!asks_nothing) query.order_by.push_back(std::move(order));
  }
}

GroupItem Lowering::LowerGroupItem(Node node, Scope& scope) {
  GroupItem item;
  switch (node.kind()) {
    case NodeKind::kRollup:
      item.kind = GroupKind::kRollup;
      break;
    case NodeKind::kCube:
      item.kind = GroupKind::kCube;
      break;
    case NodeKind::kGroupingSets:
      item.kind = GroupKind::kSets;
      break;
    case NodeKind::kGroupingSet:
      item.kind = GroupKind::kSet;
      break;
    default:
      item.expr = LowerExpr(node, scope);
      return item;
  }
  for (const Node below : node.Children(Role::kItem))
    item.items.push_back(LowerGroupItem(below, scope));
  return item;
}

void Lowering::LowerGroupBy(Node group_by, Query& query, Scope& scope) {
  query.is_grouped = true;
  if (UpperText(group_by.TokenText(Role::kQuantifier)) == "ALL") {
    Report(DiagnosticId::kUnsupportedConstruct, group_by, {"GROUP BY ALL", options_.target_name});
  }
  for (const Node item : group_by.Children(Role::kItem))
    query.group_by.push_back(LowerGroupItem(item, scope));
  const std::string legacy = JoinedTokens(group_by, Role::kLegacyKind, " ");
  if (legacy.empty()) return;
  GroupItem wrapper;
  wrapper.kind = legacy.ends_with("CUBE") ? GroupKind::kCube : GroupKind::kRollup;
  wrapper.items = std::move(query.group_by);
  query.group_by.clear();
  query.group_by.push_back(std::move(wrapper));
}

// Where a key of a table is among the grouping columns, its other columns need no comparison of
// their own.
void Lowering::MarkDetermined(Query& query, const Scope& scope) {
  std::vector<Expr*> exprs;
  CollectGroupExprs(query.group_by, exprs);
  if (query.distinct && !query.is_grouped) {
    for (SelectItem& item : query.items) exprs.push_back(item.expr.get());
  }
  for (const RangeVariable& range : scope.ranges) {
    if (range.keys == nullptr) continue;
    const auto has_column = [&](const std::string& name) {
      return std::ranges::any_of(exprs, [&](const Expr* expr) {
        return expr->kind == ExprKind::kColumn && expr->range == range.id &&
               catalog::EqualNames(expr->text, name);
      });
    };
    const bool has_key = std::ranges::any_of(*range.keys, [&](const std::vector<std::string>& key) {
      return !key.empty() && std::ranges::all_of(key, has_column);
    });
    if (!has_key) continue;
    for (Expr* expr : exprs) {
      if (expr->kind == ExprKind::kColumn && expr->range == range.id) expr->determined = true;
    }
  }
}

QueryPtr Lowering::LowerSetOperation(Node node, const Scope* outer) {
  // A chain of one operator is walked, not recursed into.
  std::vector<Node> chain;
  Node current = node;
  while (current.Is(NodeKind::kSetOperation)) {
    chain.push_back(current);
    current = current.Child(Role::kLeft);
  }
  Scope first_scope;
  QueryPtr result = LowerBody(current, outer, first_scope);
  for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
    Scope scope;
    QueryPtr right = LowerBody(link->Child(Role::kRight), outer, scope);
    auto query = std::make_unique<Query>();
    const std::string op = JoinedTokens(*link, Role::kOperator, " ");
    query->kind = op == "UNION"       ? QueryKind::kUnion
                  : op == "UNION ALL" ? QueryKind::kUnionAll
                  : op == "EXCEPT"    ? QueryKind::kExcept
                                      : QueryKind::kIntersect;
    AlignBranches(*result, *right, *link);
    query->fields = result->fields;
    for (size_t i = 0; i < query->fields.size() && i < right->fields.size(); ++i) {
      query->fields[i].type.nullable =
          query->fields[i].type.nullable || right->fields[i].type.nullable;
    }
    query->left = std::move(result);
    query->right = std::move(right);
    result = std::move(query);
  }
  return result;
}

void Lowering::AlignBranches(Query& left, Query& right, Node node) {
  if (left.fields.size() != right.fields.size()) {
    const bool has_open_star =
        std::ranges::any_of(left.items,
                            [](const SelectItem& i) { return i.expr->kind == ExprKind::kStar; }) ||
        std::ranges::any_of(right.items,
                            [](const SelectItem& i) { return i.expr->kind == ExprKind::kStar; });
    if (!has_open_star && !sink_.HasErrors()) {
      Report(DiagnosticId::kColumnCountDiffers, node,
             {"the second query", std::to_string(right.fields.size()),
              std::to_string(left.fields.size())});
    }
    return;
  }
  std::vector<OutputField> common;
  for (size_t i = 0; i < left.fields.size(); ++i) {
    common.push_back({left.fields[i].name, CommonType(left.fields[i].type, right.fields[i].type)});
  }
  ConvertBranch(left, common);
  ConvertBranch(right, common);
}

void Lowering::ConvertBranch(Query& query, const std::vector<OutputField>& fields) {
  if (query.kind != QueryKind::kSelect) {
    // Its branches were converted to its own types when it was made: a long chain is walked once.
    if (HasTypes(query, fields)) return;
    ConvertBranch(*query.left, fields);
    ConvertBranch(*query.right, fields);
  }
  for (size_t i = 0; i < fields.size() && i < query.fields.size(); ++i) {
    if (fields[i].type.id == TypeId::kUnknown || fields[i].type.id == TypeId::kNull) continue;
    if (query.kind == QueryKind::kSelect && i < query.items.size() &&
        query.items[i].expr->kind != ExprKind::kStar) {
      query.items[i].expr = Convert(std::move(query.items[i].expr), fields[i].type, true);
    }
    const bool nullable = query.fields[i].type.nullable;
    query.fields[i].type = fields[i].type;
    query.fields[i].type.nullable = nullable;
  }
}

void Lowering::CheckNames(Query& query, Node node) {
  absl::flat_hash_set<std::string> names;
  for (size_t i = 0; i < query.fields.size(); ++i) {
    const std::string& name = query.fields[i].name;
    const bool is_star = query.kind == QueryKind::kSelect && i < query.items.size() &&
                         query.items[i].expr->kind == ExprKind::kStar;
    if (name.empty() && !is_star) {
      Report(DiagnosticId::kUnnamedColumn, node, {std::to_string(i + 1)}, "give it a name with AS");
    } else if (!is_star && !names.insert(FoldName(name)).second) {
      Report(DiagnosticId::kDuplicateColumn, node, {name}, "give one of them another name with AS");
    }
  }
}

// A client reads results by position; a model's columns need names of their own.
void Lowering::GiveNames(Query& query, Node node) {
  absl::flat_hash_set<std::string> names;
  for (const OutputField& field : query.fields) names.insert(FoldName(field.name));
  absl::flat_hash_set<std::string> taken;
  for (size_t i = 0; i < query.fields.size(); ++i) {
    const std::string name = query.fields[i].name;
    const bool is_star = query.kind == QueryKind::kSelect && i < query.items.size() &&
                         query.items[i].expr->kind == ExprKind::kStar;
    if (is_star || (!name.empty() && taken.insert(FoldName(name)).second)) continue;
    const std::string base = name.empty() ? "column" : name;
    size_t number = name.empty() ? i + 1 : 2;
    const auto numbered = [&] { return base + "_" + std::to_string(number); };
    while (!names.insert(FoldName(numbered())).second) ++number;
    Report(DiagnosticId::kColumnNamed, node, {std::to_string(i + 1), numbered()},
           "give it a name with AS");
    for (Query* below = &query; below != nullptr; below = below->left.get()) {
      below->fields[i].name = numbered();
      if (below->kind == QueryKind::kSelect) below->items[i].alias = numbered();
    }
  }
}

}  // namespace datamigrate::relational
