// FOR JSON: the rows of a query as one text. "Format query results as JSON with FOR JSON".
#include <algorithm>

#include "agent_engine/relational/lowering/json_text.h"
#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr int32_t kOutputRange = -2;
// The name of the only column of the result, in SQL Server as here.
constexpr char kResultName[] = "JSON_F52E2B61-18A1-11d1-B105-00805F49916B";

struct ForJson {
  bool is_auto = false;
  bool includes_nulls = false;
  bool has_array = true;
  std::optional<std::string> root;
};

ForJson OptionsOf(Node clause) {
  ForJson options;
  options.is_auto = JoinedTokens(clause, Role::kKind, " ").ends_with("AUTO");
  for (const Node option : clause.Children(Role::kOption)) {
    const std::string name = UpperText(option.TokenText(Role::kName));
    if (name == "INCLUDE_NULL_VALUES") options.includes_nulls = true;
    if (name == "WITHOUT_ARRAY_WRAPPER") options.has_array = false;
    if (name != "ROOT") continue;
    options.root = "root";
    for (const Node value : option.Children(Role::kValue)) {
      options.root = UnquoteString(value.TokenText(Role::kValue));
    }
    if (option.TokenOf(Role::kValue) != nullptr)
      options.root = UnquoteString(option.TokenText(Role::kValue));
  }
  return options;
}

bool AnyBelow(Expr& expr, const std::function<bool(const Expr&)>& test) {
  if (test(expr)) return true;
  bool found = false;
  ForEachChild(expr, [&](ExprPtr& child) { found = found || AnyBelow(*child, test); });
  return found;
}

// Whether the rows can be written where they are read, without a derived table: each is a row of
// FROM, and its text surely belongs to this query, not to one around it.
bool IsPlain(Query& query, const Scope& scope) {
  const bool is_bare = query.kind == QueryKind::kSelect && query.from && !query.distinct &&
                       !query.is_grouped && !query.having && !query.qualify && !query.limit &&
                       !query.offset && query.ctes.empty();
  if (!is_bare) return false;
  bool reads_own = false;
  for (SelectItem& item : query.items) {
    if (ContainsAggregate(*item.expr) || ContainsWindow(*item.expr)) return false;
    if (AnyBelow(*item.expr, [](const Expr& expr) { return expr.query != nullptr; })) return false;
    reads_own = reads_own || AnyBelow(*item.expr, [&](const Expr& expr) {
                  return expr.kind == ExprKind::kColumn &&
                         std::ranges::any_of(scope.ranges, [&](const RangeVariable& range) {
                           return range.id == expr.range;
                         });
                });
  }
  return reads_own;
}

// A key of ORDER BY that names a column of the result, as what that column is.
ExprPtr KeyOf(const Query& query, const Expr& key) {
  if (key.kind != ExprKind::kColumn || key.range != kOutputRange) return Clone(key);
  const auto item = std::ranges::find(query.items, key.text, &SelectItem::alias);
  return item == query.items.end() ? Clone(key) : Clone(*item->expr);
}

std::vector<OrderItem> KeysOf(const Query& query) {
  std::vector<OrderItem> keys;
  for (const OrderItem& item : query.order_by)
    keys.push_back({KeyOf(query, *item.expr), item.descending});
  return keys;
}

ExprPtr ColumnOf(const std::string& name, const SqlType& type, int32_t range) {
  auto column = MakeExpr(ExprKind::kColumn, type);
  column->text = name;
  column->range = range;
  return column;
}

}  // namespace

// The object of one row. Null after a report where a column has no place in it.
ExprPtr Lowering::JsonRow(std::vector<SelectItem> items, Node clause, bool is_auto,
                          bool includes_nulls) {
  std::vector<JsonMember> members;
  for (SelectItem& item : items) {
    if (item.alias.empty()) {
      Report(DiagnosticId::kUnsupportedConstruct, clause,
             {"FOR JSON over a column without a name", options_.target_name},
             "SQL Server refuses it too: give it a name with AS");
      return nullptr;
    }
    const std::string type = TypeText(item.expr->type);
    const diagnostics::SourceSpan span = item.expr->span;
    ExprPtr value = JsonValue(std::move(item.expr));
    if (!value) {
      ReportAt(DiagnosticId::kNoJsonText, span, {item.alias, type.empty() ? "unknown" : type},
               "convert it to a type that has one");
      return nullptr;
    }
    bool is_new = true;
    if (is_auto) {
      is_new = std::ranges::find(members, item.alias, &JsonMember::key) == members.end();
      members.push_back({item.alias, std::move(value)});
    } else {
      is_new = AddMember(members, item.alias, std::move(value));
    }
    if (!is_new) {
      Report(
          DiagnosticId::kUnsupportedConstruct, clause,
          {"FOR JSON with the property " + item.alias + " written twice or apart from its object",
           options_.target_name},
          "SQL Server refuses it too: give columns of one object names side by side");
      return nullptr;
    }
  }
  return JsonObject(std::move(members), includes_nulls);
}

// Rows that have to be made before they can be written: a derived table with a number for each row
// where they have an order.
QueryPtr Lowering::JsonRowsBelow(QueryPtr rows, std::vector<SelectItem>& items,
                                 std::vector<OrderItem>& keys) {
  const int32_t range = next_range_++;
  items.clear();
  keys.clear();
  for (size_t i = 0; i < rows->fields.size(); ++i) {
    const OutputField& field = rows->fields[i];
    ExprPtr column = ColumnOf(field.name, field.type, range);
    if (rows->kind == QueryKind::kSelect) {
      column->json = rows->items[i].expr->json;
      column->span = rows->items[i].expr->span;
      if (IsNeverNull(*rows->items[i].expr)) column->type.nullable = false;
    }
    items.push_back({std::move(column), field.name});
  }
  if (rows->kind == QueryKind::kSelect && !rows->distinct && !rows->order_by.empty()) {
    auto number = MakeCall("ROW_NUMBER", MakeType(TypeId::kBigInt, false), {});
    number->window = std::make_unique<Window>();
    number->window->order_by = KeysOf(*rows);
    static constexpr char kOrderName[] = "json_order";
    rows->items.push_back({std::move(number), kOrderName});
    rows->fields.push_back({kOrderName, MakeType(TypeId::kBigInt, false)});
    keys.push_back({ColumnOf(kOrderName, MakeType(TypeId::kBigInt, false), range)});
  } else {
    for (const OrderItem& item : rows->order_by) {
      ExprPtr key = Clone(*item.expr);
      key->range = range;
      keys.push_back({std::move(key), item.descending});
    }
  }
  if (!rows->limit && !rows->offset) rows->order_by.clear();
  auto query = std::make_unique<Query>();
  query->from = std::make_unique<Source>();
  query->from->kind = SourceKind::kDerived;
  query->from->alias = UniqueAlias("json_rows");
  query->from->range = range;
  query->from->query = std::move(rows);
  return query;
}

QueryPtr Lowering::LowerForJson(Node node, const Scope* outer, bool is_outermost) {
  const Node clause = node.Child(Role::kFor);
  const ForJson options = OptionsOf(clause);
  Scope scope;
  scope.outer = outer;
  QueryPtr rows = LowerRows(node, outer, scope);
  const bool has_star = std::ranges::any_of(
      rows->items, [](const SelectItem& item) { return item.expr->kind == ExprKind::kStar; });
  if (has_star || rows->fields.empty()) {
    if (!sink_.HasErrors())
      Report(DiagnosticId::kUnsupportedConstruct, clause,
             {"FOR JSON over columns that are not known", options_.target_name});
    return rows;
  }
  std::vector<OrderItem> keys = KeysOf(*rows);
  std::vector<SelectItem> items;
  const bool is_one_row = rows->kind == QueryKind::kSelect && !rows->from && !rows->is_grouped &&
                          !rows->limit && !rows->offset &&
                          std::ranges::none_of(rows->items, [](const SelectItem& item) {
                            return ContainsAggregate(*item.expr);
                          });
  const bool is_plain = is_one_row || IsPlain(*rows, scope);
  if (!is_one_row && rows->order_by.empty()) Report(DiagnosticId::kJsonOrder, clause, {});
  const std::vector<JsonLevel> levels =
      options.is_auto ? LevelsOf(*rows, scope) : std::vector<JsonLevel>{};
  QueryPtr query;
  if (levels.size() > 1) {
    query = JsonLevels(std::move(rows), levels, clause, options.includes_nulls, items, keys);
  } else if (is_plain) {
    items = std::move(rows->items);
    rows->items.clear();
    rows->order_by.clear();
    query = std::move(rows);
  } else {
    query = JsonRowsBelow(std::move(rows), items, keys);
  }
  ExprPtr text = JsonRow(std::move(items), clause, options.is_auto, options.includes_nulls);
  if (!text) text = MakeString("");
  if (!is_one_row) {
    text = MakeCall("STRING_AGG", MakeSized(TypeId::kNVarChar, SqlType::kMax),
                    ExprList(std::move(text), MakeString(",")));
    text->order_by = std::move(keys);
    if (is_outermost) {
      // No rows give no text, not even an empty one.
      query->having =
          MakeCompare(">",
                      MakeCall("COUNT", MakeType(TypeId::kInt, false),
                               ExprList(MakeExpr(ExprKind::kStar, MakeType(TypeId::kInt, false)))),
                      MakeInteger(0));
    }
  }
  TextBuilder whole;
  if (options.root) whole.Add("{" + QuotedJson(*options.root) + ":");
  if (options.has_array) whole.Add("[");
  whole.Add(std::move(text));
  if (options.has_array) whole.Add("]");
  if (options.root) whole.Add("}");
  ExprPtr result = whole.Take();
  result->type = MakeSized(TypeId::kNVarChar, SqlType::kMax, !is_one_row);
  result->span = SpanOf(clause);
  result->json = options.has_array ? JsonText::kFragment : JsonText::kText;
  query->fields = {{is_outermost ? kResultName : "", result->type}};
  query->items.clear();
  query->items.push_back({std::move(result), is_outermost ? kResultName : ""});
  return query;
}

// FOR JSON as a value: its own expression where it has one row without a FROM clause.
ExprPtr Lowering::LowerJsonSubquery(Node node, Scope& scope) {
  auto expr = MakeExpr(ExprKind::kSubquery, SqlType{}, SpanOf(node));
  expr->query = LowerForJson(node.Child(Role::kQuery), &scope, false);
  Query& query = *expr->query;
  if (query.items.size() != 1) return MakeNull(SqlType{});
  if (!query.from && !query.where && query.ctes.empty()) return std::move(query.items[0].expr);
  expr->json = query.items[0].expr->json;
  expr->type = query.fields[0].type;
  expr->type.nullable = true;
  return expr;
}

}  // namespace datamigrate::relational
