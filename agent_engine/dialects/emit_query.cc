// Queries: one clause a line, common tables first, joins under FROM.
#include <algorithm>
#include <array>

#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/relational/routines/random_values.h"

namespace datamigrate::dialects {
namespace {

using namespace relational;
using diagnostics::DiagnosticId;

std::string_view SetOperator(QueryKind kind) {
  switch (kind) {
    case QueryKind::kUnion:
      return "union";
    case QueryKind::kUnionAll:
      return "union all";
    case QueryKind::kExcept:
      return "except";
    case QueryKind::kIntersect:
      return "intersect";
    case QueryKind::kSelect:
      break;
  }
  return "";
}

std::string Line(std::string_view text) {
  std::string line(1, kBreak);
  line += text;
  return line;
}

// Whether the target gives an expression of this kind another type than T-SQL does.
bool TypeMayDiffer(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kArithmetic:
      return !tsql::IsApproximate(expr.type.id) || expr.type.id == TypeId::kReal;
    case ExprKind::kNumber:
      return expr.type.id != TypeId::kInt && expr.type.id != TypeId::kDecimal;
    case ExprKind::kCall: {
      // These give what they are given.
      static constexpr auto kTransparent =
          std::to_array<std::string_view>({"COALESCE", "FIRST_VALUE", "ISNULL", "LAG", "LAST_VALUE",
                                           "LEAD", "MAX", "MIN", "NULLIF"});
      if (std::ranges::find(kTransparent, std::string_view(expr.text)) != kTransparent.end()) {
        return std::ranges::any_of(expr.arguments, [&](const ExprPtr& argument) {
          return TypeMayDiffer(*argument) ||
                 (argument->kind != ExprKind::kNull && argument->type.id != expr.type.id);
        });
      }
      // Counts and ranks are 64 bits wide everywhere; functions of floats give floats.
      return (tsql::IsNumeric(expr.type.id) && expr.type.id != TypeId::kBigInt &&
              expr.type.id != TypeId::kFloat) ||
             expr.type.id == TypeId::kDate;
    }
    case ExprKind::kCase:
      return tsql::IsNumeric(expr.type.id);
    case ExprKind::kCast:
      return expr.implicit;
    case ExprKind::kNull:
      return expr.type.id != TypeId::kNull && expr.type.id != TypeId::kUnknown;
    case ExprKind::kSubquery:
      return tsql::IsNumeric(expr.type.id);
    default:
      return false;
  }
}

bool HasAggregates(const Query& query) {
  return std::ranges::any_of(query.items,
                             [](const SelectItem& item) { return ContainsAggregate(*item.expr); });
}

// Whether GROUP BY () is written where an aggregate makes one group of all rows already.
bool IsOneGroup(const Query& query) {
  const bool is_empty = query.group_by.size() == 1 && query.group_by[0].items.empty() &&
                        query.group_by[0].kind == GroupKind::kSet;
  return is_empty && (HasAggregates(query) || (query.having && ContainsAggregate(*query.having)));
}

bool ReadsItself(const CommonTable& cte) {
  bool reads = false;
  ForEachPart(
      *cte.query,
      [&](Source& source) {
        const bool is_named = source.kind == SourceKind::kNamed && source.name_parts.size() == 1;
        reads = reads || (is_named && source.name_parts[0] == cte.name);
      },
      [](Expr&) {});
  return reads;
}

bool HasCall(const Expr& expr) {
  return expr.kind == ExprKind::kCall ||
         std::ranges::any_of(expr.arguments, [](const ExprPtr& part) { return HasCall(*part); });
}

bool HasCalls(const Source& values) {
  return std::ranges::any_of(values.rows, [](const std::vector<ExprPtr>& row) {
    return std::ranges::any_of(row, [](const ExprPtr& cell) { return HasCall(*cell); });
  });
}

// Names of the result that mean something else than the column of that name.
std::vector<std::string> Shadows(const Query& query) {
  std::vector<std::string> names;
  for (const SelectItem& item : query.items) {
    const bool is_column = item.expr->kind == ExprKind::kColumn && item.expr->text == item.alias;
    if (!item.alias.empty() && !is_column) names.push_back(Lower(item.alias));
  }
  return names;
}

}  // namespace

std::string Emitter::EmitQuery(const Query& query) {
  const bool outermost = std::exchange(is_outermost_, false);
  std::string sql = EmitCtes(query);
  is_outermost_ = outermost;
  sql += query.kind == QueryKind::kSelect ? EmitSelect(query) : EmitSetOperation(query);
  is_outermost_ = outermost;
  return sql;
}

std::string Emitter::EmitCtes(const Query& query) {
  if (query.ctes.empty()) return "";
  std::vector<std::string> tables;
  for (const CommonTable& cte : query.ctes) {
    std::string table = AliasName(cte.name);
    if (!cte.column_names.empty() && dialect_.supports_column_lists) {
      std::vector<std::string> names;
      for (const std::string& name : cte.column_names) names.push_back(Name(name));
      table += " (" + Join(names, ", ") + ")";
    }
    if (!dialect_.recursion_level.empty() && ReadsItself(cte)) table += dialect_.recursion_level;
    tables.push_back(table + " as " + Block(EmitQuery(*cte.query)));
  }
  const std::string separator = std::string(",") + kBreak + kBreak;
  if (query.recursive && !dialect_.supports_recursion)
    Report(DiagnosticId::kUnsupportedConstruct, {},
           {"the recursive common table " + query.ctes.back().name, std::string(dialect_.title)},
           "write one join for each level, or keep the path in a column of the table");
  return (query.recursive ? std::string(dialect_.recursive_with) : "with ") +
         Join(tables, separator) + kBreak + kBreak;
}

std::string Emitter::EmitItem(const Query& query, size_t index, bool is_outermost) {
  const SelectItem& item = query.items[index];
  std::string sql = Emit(*item.expr).sql;
  if (is_outermost && pins_types_ && TypeMayDiffer(*item.expr) &&
      item.expr->type.id != TypeId::kUnknown && item.expr->type.id != TypeId::kNull) {
    const std::string type = Type(item.expr->type, item.expr->span);
    const std::string ending = " as " + type + ")";
    if (!(sql.starts_with("cast(") && sql.ends_with(ending))) sql = "cast(" + sql + ending;
  }
  const bool says_its_name = item.expr->kind == ExprKind::kColumn && item.expr->text == item.alias;
  if (item.alias.empty() || says_its_name) return sql;
  return sql + " as " + Name(item.alias, item.expr->span);
}

void Emitter::NoteAliases(const Source& source) {
  if (source.kind == SourceKind::kJoin) {
    NoteAliases(*source.left);
    NoteAliases(*source.right);
  } else if (source.range >= 0 && !source.alias.empty()) {
    aliases_[source.range] = source.alias;
  }
}

// Whether a table's alias would be taken for the column.
bool Emitter::IsHidden(const Expr& column) const {
  if (!aliases_.contains(column.range)) return false;
  return std::ranges::any_of(
      aliases_, [&](const auto& known) { return Lower(known.second) == Lower(column.text); });
}

std::string Emitter::EmitSelect(const Query& query) {
  if (dialect_.sources_hide_columns && query.from) NoteAliases(*query.from);
  const bool outermost = std::exchange(is_outermost_, false);
  std::vector<std::string> items;
  for (size_t i = 0; i < query.items.size(); ++i)
    items.push_back("    " + Indent(EmitItem(query, i, outermost), 4));
  std::string sql = query.distinct ? "select distinct" : "select";
  sql += EmitTop(query);
  if (items.size() == 1 && !IsMultiLine(items[0]) && !outermost) {
    sql += items[0].substr(3);
  } else {
    sql += kBreak;
    sql += Join(items, std::string(",") + kBreak);
  }
  if (query.from)
    sql += Line("from " + EmitSource(*query.from));
  else if (dialect_.clauses_need_from && (query.where || HasAggregates(query)))
    sql += Line("from (select 1) as one_row");
  if (query.where) sql += Line("where " + EmitConditions(*query.where, 4));
  if (!query.group_by.empty() && !IsOneGroup(query))
    sql += Line("group by " + EmitGroups(query.group_by));
  if (query.having) sql += Line("having " + EmitConditions(*query.having, 4));
  if (query.qualify) sql += Line("qualify " + EmitConditions(*query.qualify, 4));
  return sql + EmitOrderAndLimit(query);
}

// TOP, where the dialect writes limits so and the query has no offset.
std::string Emitter::EmitTop(const Query& query) {
  const bool is_top = dialect_.limit_clause == LimitClause::kTop && query.limit && !query.offset &&
                      query.kind == QueryKind::kSelect;
  if (!is_top) return "";
  return " top (" + Emit(*query.limit).sql + ")" + (query.with_ties ? " with ties" : "");
}

std::string Emitter::EmitOrderAndLimit(const Query& query) {
  std::string sql;
  if (!query.order_by.empty()) {
    const bool has_one_source = query.kind == QueryKind::kSelect && query.from &&
                                query.from->kind != SourceKind::kJoin && !query.from->alias.empty();
    if (dialect_.order_sees_aliases && has_one_source) {
      shadows_ = Shadows(query);
      shadowed_source_ = AliasName(query.from->alias);
    }
    sql += Line("order by " + EmitOrder(query.order_by));
    shadows_.clear();
  }
  if (dialect_.limit_clause == LimitClause::kTop) {
    const bool needs_fetch = query.offset || (query.limit && query.kind != QueryKind::kSelect);
    if (!needs_fetch) return sql;
    sql += Line("offset " + (query.offset ? Operand(*query.offset, Binding::kPrimary) : "0") +
                " rows");
    if (query.limit)
      sql += Line("fetch next " + Operand(*query.limit, Binding::kPrimary) + " rows only");
    return sql;
  }
  if (query.with_ties && query.limit) {
    if (query.offset) sql += Line("offset " + Emit(*query.offset).sql + " rows");
    return sql +
           Line("fetch first " + Operand(*query.limit, Binding::kPrimary) + " rows with ties");
  }
  if (query.limit)
    sql += Line("limit " + Emit(*query.limit).sql);
  else if (query.offset && !dialect_.limit_of_all.empty())
    sql += Line("limit " + std::string(dialect_.limit_of_all));
  if (query.offset) sql += Line("offset " + Emit(*query.offset).sql);
  return sql;
}

std::string Emitter::EmitBranch(const Query& query, QueryKind parent, bool is_right) {
  const std::string sql = EmitQuery(query);
  const bool ordered =
      !query.order_by.empty() || query.limit || query.offset || !query.ctes.empty();
  const bool nested = query.kind != QueryKind::kSelect && (is_right || query.kind != parent);
  return ordered || nested ? Block(sql) : sql;
}

std::string Emitter::EmitSetOperation(const Query& query) {
  // A chain of one operator prints flat, from the left.
  std::vector<const Query*> rights;
  const Query* leftmost = &query;
  const bool outermost = is_outermost_;
  while (leftmost->kind == query.kind &&
         (leftmost == &query || (!leftmost->limit && leftmost->order_by.empty()))) {
    rights.push_back(leftmost->right.get());
    leftmost = leftmost->left.get();
  }
  is_outermost_ = outermost;
  std::string sql = EmitBranch(*leftmost, query.kind, false);
  for (auto right = rights.rbegin(); right != rights.rend(); ++right) {
    is_outermost_ = outermost;
    sql += kBreak;
    sql += Line(std::string(SetOperator(query.kind)) +
                std::string(query.kind == QueryKind::kUnionAll ? "" : dialect_.set_distinct));
    sql += kBreak;
    sql += Line(EmitBranch(**right, query.kind, true));
  }
  return sql + EmitOrderAndLimit(query);
}

std::string Emitter::EmitConditions(const Expr& condition, int indent) {
  if (condition.kind != ExprKind::kAnd) return Emit(condition).sql;
  std::vector<std::string> parts;
  for (const ExprPtr& argument : condition.arguments) {
    parts.push_back(Indent(Operand(*argument, Binding::kNot), indent));
  }
  return Join(parts, kBreak + std::string(indent, ' ') + "and ");
}

std::string Emitter::EmitGroup(const GroupItem& item) {
  if (item.kind == GroupKind::kExpr) return Emit(*item.expr).sql;
  std::vector<std::string> parts;
  for (const GroupItem& below : item.items) parts.push_back(EmitGroup(below));
  const std::string list = "(" + Join(parts, ", ") + ")";
  switch (item.kind) {
    case GroupKind::kRollup:
      return "rollup " + list;
    case GroupKind::kCube:
      return "cube " + list;
    case GroupKind::kSets:
      return "grouping sets " + list;
    default:
      return list;
  }
}

std::string Emitter::EmitGroups(const std::vector<GroupItem>& items) {
  std::vector<std::string> parts;
  size_t length = 0;
  for (const GroupItem& item : items) {
    parts.push_back(EmitGroup(item));
    length += parts.back().size() + 2;
  }
  if (length < 80) return Join(parts, ", ");
  return kBreak + std::string(4, ' ') + Join(parts, "," + std::string(1, kBreak) + "    ");
}

std::string Emitter::EmitJoin(const Source& join) {
  const Source& joined = *join.right;
  if (joined.kind == SourceKind::kFunction && joined.call->text == "XML_NODES" &&
      dialect_.xml != nullptr) {
    return EmitSource(*join.left) + Line(EmitXmlJoin(join));
  }
  std::string word;
  switch (join.join) {
    case JoinKind::kInner:
      word = "inner join ";
      break;
    case JoinKind::kLeft:
      word = "left join ";
      break;
    case JoinKind::kRight:
      word = "right join ";
      break;
    case JoinKind::kFull:
      word = "full join ";
      break;
    case JoinKind::kCross:
      word = "cross join ";
      break;
  }
  const bool reads_left = join.right->lateral || join.right->kind == SourceKind::kFunction;
  const bool is_function = join.right->kind == SourceKind::kFunction;
  const bool is_left = join.join == JoinKind::kLeft;
  const bool is_beyond = join.right->lateral &&
                         (is_function ? !dialect_.supports_lateral_functions ||
                                            (is_left && !dialect_.supports_left_join_of_functions)
                                      : dialect_.lateral == LateralJoin::kNone ||
                                            (join.right->kind == SourceKind::kValues &&
                                             !dialect_.supports_lateral_values) ||
                                            (join.right->query && join.right->query->limit &&
                                             !dialect_.supports_limit_in_lateral));
  if (is_beyond) {
    Report(DiagnosticId::kUnsupportedConstruct, {},
           {"APPLY over " + join.right->alias, std::string(dialect_.title)},
           "write a join, with ROW_NUMBER for the first rows of each key");
  }
  if (join.right->lateral && join.right->query && !dialect_.laterals_draw &&
      relational::HoldsRandom(*join.right->query)) {
    Report(DiagnosticId::kDrawsForEachRow, {},
           {"APPLY over " + join.right->alias, std::string(dialect_.title)},
           "draw in the left side, as a column of a derived table, and compare with that");
  }
  if (reads_left && dialect_.lateral == LateralJoin::kApply && !join.condition) {
    word = join.join == JoinKind::kLeft ? "outer apply " : "cross apply ";
    return EmitSource(*join.left) + Line(word + EmitSource(*join.right));
  }
  std::string right = EmitSource(*join.right);
  const bool takes_lateral =
      is_function
          ? dialect_.functions_need_lateral ||
                (join.right->lateral && (dialect_.functions_take_lateral || right.starts_with('(')))
          : join.right->lateral;
  if (takes_lateral) word += "lateral ";
  if (join.right->kind == SourceKind::kJoin) right = Block(right);
  std::string sql = EmitSource(*join.left) + Line(word + right);
  if (join.condition) return sql + Line("    on " + Indent(EmitConditions(*join.condition, 0), 4));
  if (join.join == JoinKind::kLeft) sql += " on true";
  return sql;
}

// Rows as a union of selects, the first of which names the columns.
std::string Emitter::EmitValues(const Source& source, const std::string& alias,
                                const std::string& columns) {
  std::vector<std::string> rows;
  for (const auto& row : source.rows) {
    std::vector<std::string> cells;
    for (size_t i = 0; i < row.size(); ++i) {
      cells.push_back(Emit(*row[i]).sql);
      if (rows.empty() && i < source.column_names.size())
        cells.back() += " as " + Name(source.column_names[i]);
    }
    rows.push_back("select " + Join(cells, ", "));
  }
  return Block(Join(rows, Line("union all") + kBreak)) + alias +
         (dialect_.supports_column_lists ? columns : "");
}

// A dbt variable that names a relation; its default is a query on one line, in Jinja's quotes.
std::string Emitter::EmitInput(const Source& source) {
  std::string escaped;
  bool at_break = false;
  for (const char c : EmitQuery(*source.query)) {
    if (c == kBreak) at_break = true;
    if (at_break && (c == kBreak || c == ' ')) continue;
    if (std::exchange(at_break, false)) escaped += ' ';
    if (c == '\'' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return "{{ var('" + source.name_parts[0] + "', '(" + escaped + ")') }}";
}

std::string Emitter::EmitSource(const Source& source) {
  if (source.kind == SourceKind::kJoin) return EmitJoin(source);
  std::string columns;
  const bool lists_columns = dialect_.supports_column_lists || source.kind == SourceKind::kValues;
  if (!source.column_names.empty() && lists_columns) {
    std::vector<std::string> names;
    for (const std::string& name : source.column_names) names.push_back(Name(name));
    columns = " (" + Join(names, ", ") + ")";
  }
  const std::string alias = source.alias.empty() ? "" : " as " + AliasName(source.alias);
  switch (source.kind) {
    case SourceKind::kRelation: {
      const std::string name = namer_(source.relation);
      return name == AliasName(source.alias) ? name : name + alias;
    }
    case SourceKind::kNamed: {
      std::vector<std::string> parts;
      for (const std::string& part : source.name_parts) parts.push_back(AliasName(part));
      const std::string name = Join(parts, ".");
      return name == AliasName(source.alias) ? name : name + alias;
    }
    case SourceKind::kDerived:
      return Block(EmitQuery(*source.query)) + alias + columns;
    case SourceKind::kValues: {
      if (!dialect_.supports_values || (dialect_.values_are_constant && HasCalls(source)))
        return EmitValues(source, alias, columns);
      std::vector<std::string> rows;
      for (const auto& row : source.rows) {
        std::vector<std::string> cells;
        for (const ExprPtr& cell : row) cells.push_back(Emit(*cell).sql);
        rows.push_back("(" + Join(cells, ", ") + ")");
      }
      const std::string list = Join(rows, ", ");
      if (list.size() < 80) return "(values " + list + ")" + alias + columns;
      return Block("values" + Line("    " + Join(rows, "," + std::string(1, kBreak) + "    "))) +
             alias + columns;
    }
    case SourceKind::kFunction: {
      std::string sql = EmitCall(*source.call).sql;
      // Only a text with marks names its columns itself; what is in a literal holds none.
      if (sql.find(kColumnMark) == std::string::npos) return sql + alias + columns;
      for (size_t i = 0; i < source.column_names.size(); ++i)
        sql = Replaced(sql, kColumnMark + std::to_string(i), Name(source.column_names[i]));
      const size_t own_columns = sql.rfind(") as (");
      return sql.substr(0, own_columns + 1) + alias + sql.substr(own_columns + 4);
    }
    case SourceKind::kInput:
      return EmitInput(source) + alias;
    case SourceKind::kJoin:
      break;
  }
  return "";
}

}  // namespace datamigrate::dialects
