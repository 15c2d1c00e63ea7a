// Sources that stand for rows kept elsewhere: past versions of a table, JSON text, and functions of
// several statements.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/routines/routine_effects.h"
#include "agent_engine/relational/routines/table_states.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

void AddItem(Query& query, ExprPtr expr, std::string name) {
  query.fields.push_back({name, expr->type});
  query.items.push_back({std::move(expr), std::move(name)});
}

SourcePtr Derived(QueryPtr query) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->query = std::move(query);
  return source;
}

}  // namespace

// The condition of FOR SYSTEM_TIME over a period's columns: "Querying data in a system-versioned
// temporal table". Null for ALL.
ExprPtr Lowering::PeriodCondition(Node clause, const Expr& start, const Expr& end, Scope& scope) {
  const std::string kind = JoinedTokens(clause, Role::kKind, " ");
  std::vector<ExprPtr> arguments;
  for (const Node argument : clause.Children(Role::kArgument))
    arguments.push_back(LowerExpr(argument, scope));
  const auto compare = [&](const Expr& column, const char* op, size_t index) {
    return Compare(op, relational::Clone(column), relational::Clone(*arguments[index]));
  };
  const auto both = [](ExprPtr left, ExprPtr right) {
    return MakeLogical(ExprKind::kAnd, std::move(left), std::move(right));
  };
  if (kind == "AS OF" && arguments.size() == 1)
    return both(compare(start, "<=", 0), compare(end, ">", 0));
  const auto has_duration = [&] {
    return Compare("<>", relational::Clone(start), relational::Clone(end));
  };
  if (arguments.size() != 2) return has_duration();
  if (kind == "FROM")
    return both(both(compare(start, "<", 1), compare(end, ">", 0)), has_duration());
  if (kind == "BETWEEN")
    return both(both(compare(start, "<=", 1), compare(end, ">", 0)), has_duration());
  return both(both(compare(start, ">=", 0), compare(end, "<=", 1)), has_duration());
}

SourcePtr Lowering::LowerSystemTime(Node node, Scope& scope) {
  const Node clause = node.Child(Role::kForSystemTime);
  const std::vector<std::string> parts = NamePartsOf(node.Child(Role::kName));
  const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
  const catalog::Table* table = catalog_.FindTable(schema, parts.back());
  const catalog::Table* history = table == nullptr || !table->temporal
                                      ? nullptr
                                      : catalog_.FindTable(table->temporal->history_table.schema,
                                                           table->temporal->history_table.name);
  if (history == nullptr) {
    Report(DiagnosticId::kUnsupportedConstruct, clause,
           {"FOR SYSTEM_TIME of a table without a history table", options_.target_name});
    return LowerNamed(parts, node, scope, 0);
  }
  Scope arguments;
  arguments.outer = scope.ranges.empty() && scope.outer != nullptr ? scope.outer : &scope;
  QueryPtr versions[2];
  for (int i = 0; i < 2; ++i) {
    const catalog::Table& part = i == 0 ? *table : *history;
    const RangeVariable range = TableRange(part);
    AddRead(part.name);
    versions[i] = std::make_unique<Query>();
    ExprPtr start, end;
    for (const catalog::Column& column : table->columns) {
      const RangeColumn* found = range.columns.Find(column.name);
      if (found == nullptr) {
        Report(DiagnosticId::kUnknownColumn, node, {column.name});
        continue;
      }
      auto expr = MakeExpr(ExprKind::kColumn, found->type, SpanOf(node));
      expr->text = found->name;
      expr->range = range.id;
      if (column.name == table->temporal->start_column) start = relational::Clone(*expr);
      if (column.name == table->temporal->end_column) end = relational::Clone(*expr);
      AddItem(*versions[i], std::move(expr), column.name);
    }
    versions[i]->from = std::make_unique<Source>();
    versions[i]->from->relation = part.name;
    versions[i]->from->alias = part.name.name;
    versions[i]->from->range = range.id;
    if (start && end) versions[i]->where = PeriodCondition(clause, *start, *end, arguments);
  }
  auto all = std::make_unique<Query>();
  all->kind = QueryKind::kUnionAll;
  all->fields = versions[0]->fields;
  all->left = std::move(versions[0]);
  all->right = std::move(versions[1]);
  std::vector<RangeColumn> columns;
  for (const OutputField& field : all->fields) columns.push_back({field.name, field.type});
  SourcePtr source = Derived(std::move(all));
  const std::string_view alias = node.TokenText(Role::kAlias);
  AddRange(scope, *source, alias.empty() ? table->name.name : UnquoteName(alias),
           alias.empty() ? schema : "", std::move(columns));
  return source;
}

// OPENJSON with a schema: a row for each element of an array, one for an object:
// "OPENJSON (Transact-SQL)".
SourcePtr Lowering::LowerOpenJson(Node call, Node node, Scope& scope) {
  const Node schema = node.Child(Role::kSchema);
  const std::string alias = node.TokenText(Role::kAlias).empty()
                                ? "json_rows"
                                : UnquoteName(node.TokenText(Role::kAlias));
  Scope values;
  values.outer = scope.ranges.empty() && scope.outer != nullptr ? scope.outer : &scope;
  std::vector<ExprPtr> arguments;
  for (const Node argument : call.Children(Role::kArgument))
    arguments.push_back(ConvertArgument(LowerExpr(argument, values), 'S'));
  if (arguments.size() == 2) {
    if (arguments[1]->kind == ExprKind::kString) {
      arguments[1]->text = LaxPath(arguments[1]->text, call);
    } else {
      Report(DiagnosticId::kUnsupportedConstruct, call,
             {"a JSON path that is not constant", options_.target_name});
    }
  }
  if (!schema) return LowerOpenJsonDefault(std::move(arguments), call, alias, scope);
  const SqlType text = MakeSized(TypeId::kNVarChar, SqlType::kMax);
  auto query = std::make_unique<Query>();
  const int32_t range = next_range_++;
  std::vector<RangeColumn> columns;
  for (const Node item : schema.Children(Role::kItem)) {
    const std::string name = UnquoteName(item.TokenText(Role::kName));
    const SqlType type = TypeOf(item.Child(Role::kType), 1);
    std::string path = "$.\"" + name + "\"";
    if (std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_'; }))
      path = "$." + name;
    bool is_strict = false;
    if (item.TokenOf(Role::kPath) != nullptr) {
      path = UnquoteString(item.TokenText(Role::kPath));
      const std::optional<JsonPath> parsed = ParseJsonPath(path);
      is_strict = parsed && parsed->is_strict && item.TokenOf(Role::kAsJson) == nullptr;
      path = is_strict ? JsonPathText(*parsed) : LaxPath(path, item);
    }
    auto row = MakeExpr(ExprKind::kColumn, text, SpanOf(item));
    row->text = "value";
    row->range = range;
    const bool is_json = item.TokenOf(Role::kAsJson) != nullptr;
    ExprPtr value = MakeCall(is_json     ? "JSON_QUERY_ROW"
                             : is_strict ? "JSON_VALUE_STRICT_ROW"
                                         : "JSON_VALUE_ROW",
                             text, ExprList(std::move(row), MakeString(path)));
    value->span = SpanOf(item);
    value = Convert(std::move(value), type, true);
    columns.push_back({name, value->type});
    AddItem(*query, std::move(value), name);
  }
  query->from = std::make_unique<Source>();
  query->from->kind = SourceKind::kFunction;
  query->from->alias = "json_values";
  query->from->column_names = {"value"};
  query->from->range = range;
  query->from->call = MakeCall("OPENJSON", text, std::move(arguments));
  query->from->call->span = SpanOf(call);
  SourcePtr source = Derived(std::move(query));
  AddRange(scope, *source, alias, "", std::move(columns));
  return source;
}

// A path without its mode; lax is what the targets do by themselves: "JSON path expressions".
std::string Lowering::LaxPath(std::string path, Node at) {
  const size_t dollar = path.find('$');
  if (dollar == std::string::npos || dollar == 0) return path;
  const std::string mode = UpperText(path.substr(0, path.find(' ')));
  if (mode == "STRICT") Report(DiagnosticId::kStrictPathIsLax, at, {path});
  return path.substr(dollar);
}

// A function of several statements takes part as the query that its table is in the end.
QueryPtr Lowering::FollowFunction(const catalog::Routine& routine, Node call, Variables bound) {
  const std::string key = FoldName(routine.name.ToString());
  if (std::ranges::find(inlining_, key) != inlining_.end() || inlining_.size() > 24) {
    Report(DiagnosticId::kRecursiveView, call, {routine.name.ToString()});
    return nullptr;
  }
  diagnostics::DiagnosticSink found;
  const ParseResult parsed = ParseBatch(routine.definition, {}, found);
  const Node create = parsed.tree.Root().Child(Role::kStatement);
  if (!parsed.ok || !create.Is(NodeKind::kCreateFunction)) {
    Report(DiagnosticId::kDefinitionNotParsed, call, {routine.name.ToString()});
    return nullptr;
  }
  LoweringOptions options = options_;
  options.keep_order = false;
  RoutineEffects effects =
      FollowRoutine(catalog_, routine, create, std::move(bound), options, found);
  for (const diagnostics::Diagnostic& finding : found.Take())
    Report(finding.id, call, finding.arguments, finding.hint);
  if (sink_.HasErrors() || effects.results.empty()) return nullptr;
  QueryPtr query = std::move(effects.results[0]);
  const auto span = SpanOf(call);
  ForEachPart(
      *query,
      [this](Source& source) {
        if (source.kind == SourceKind::kRelation) AddRead(source.relation);
      },
      [&](Expr& expr) { expr.span = span; });
  return query;
}

SourcePtr Lowering::InlineTableFunction(const catalog::Routine& routine, Node call, Node node,
                                        Scope& scope) {
  const Scope& caller = scope.ranges.empty() && scope.outer != nullptr ? *scope.outer : scope;
  QueryPtr query = FollowFunction(routine, call, BindParameters(routine, call, caller));
  const bool known = query != nullptr;
  SourcePtr source = Derived(known ? std::move(query) : std::make_unique<Query>());
  RangeColumns columns =
      RenamedColumns(node.Child(Role::kColumns), ColumnsOf(*source->query), node);
  if (node.Has(Role::kColumns)) {
    for (const RangeColumn& column : columns) source->column_names.push_back(column.name);
  }
  const std::string alias = node.TokenText(Role::kAlias).empty()
                                ? routine.name.name
                                : UnquoteName(node.TokenText(Role::kAlias));
  AddRange(scope, *source, alias, "", std::move(columns)).open = !known;
  return source;
}

}  // namespace datamigrate::relational
