#include "agent_engine/relational/lineage.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace datamigrate::relational {
namespace {

using catalog::FoldName;

template <typename T>
void AddOnce(std::vector<T>& list, const T& value) {
  if (std::ranges::find(list, value) == list.end()) list.push_back(value);
}

template <typename T>
void AddAllOnce(std::vector<T>& list, const std::vector<T>& values) {
  for (const T& value : values) AddOnce(list, value);
}

// A source of a FROM clause as columns see it.
struct VisibleSource {
  std::string alias;  // Folded.
  // A relation of the catalog.
  std::optional<catalog::ObjectName> relation;
  std::vector<std::string> relation_columns;  // Folded; empty for a view.
  // Or what a query makes.
  std::vector<FieldLineage> fields;

  bool Has(const std::string& column) const {
    if (relation) {
      return relation_columns.empty() ||
             std::ranges::find(relation_columns, column) != relation_columns.end();
    }
    return std::ranges::any_of(
        fields, [&](const FieldLineage& field) { return FoldName(field.name) == column; });
  }
};

struct TraceScope {
  std::vector<VisibleSource> sources;
  const TraceScope* outer = nullptr;
};

// How strongly a value has been changed on its way; the stronger word wins.
DirectUse Stronger(DirectUse left, DirectUse right) {
  return std::max(left, right);
}

class Tracer {
 public:
  explicit Tracer(const catalog::CatalogIndex& catalog) : catalog_(catalog) {}

  QueryLineage Trace(Query& query, const TraceScope* outer) {
    const size_t known = ctes_.size();
    for (CommonTable& cte : query.ctes) AddCommonTable(cte, outer);
    QueryLineage lineage =
        query.kind == QueryKind::kSelect ? TraceSelect(query, outer) : TraceSet(query, outer);
    ctes_.resize(known);
    for (size_t i = 0; i < query.fields.size() && i < lineage.fields.size(); ++i) {
      lineage.fields[i].name = query.fields[i].name;
    }
    return lineage;
  }

 private:
  struct KnownCte {
    std::string name;
    std::vector<FieldLineage> fields;
    std::vector<RowOrigin> rows;
  };

  // A recursive table is first known by its anchor, then once more by the whole.
  void AddCommonTable(CommonTable& cte, const TraceScope* outer) {
    const bool is_union = cte.query->kind == QueryKind::kUnionAll && cte.query->left;
    ctes_.push_back({FoldName(cte.name), {}, {}});
    const size_t index = ctes_.size() - 1;
    if (is_union) SetCommonTable(index, cte, Trace(*cte.query->left, outer));
    SetCommonTable(index, cte, Trace(*cte.query, outer));
  }

  void SetCommonTable(size_t index, const CommonTable& cte, QueryLineage lineage) {
    Rename(lineage.fields, cte.column_names);
    ctes_[index].fields = std::move(lineage.fields);
    ctes_[index].rows = std::move(lineage.rows);
  }

  static void Rename(std::vector<FieldLineage>& fields, const std::vector<std::string>& names) {
    for (size_t i = 0; i < names.size() && i < fields.size(); ++i) fields[i].name = names[i];
  }

  QueryLineage TraceSet(Query& query, const TraceScope* outer) {
    QueryLineage lineage = Trace(*query.left, outer);
    const QueryLineage right = Trace(*query.right, outer);
    for (size_t i = 0; i < lineage.fields.size() && i < right.fields.size(); ++i) {
      AddAllOnce(lineage.fields[i].origins, right.fields[i].origins);
      AddAllOnce(lineage.fields[i].conditions, right.fields[i].conditions);
    }
    AddAllOnce(lineage.rows, right.rows);
    return lineage;
  }

  QueryLineage TraceSelect(Query& query, const TraceScope* outer) {
    QueryLineage lineage;
    TraceScope scope{{}, outer};
    if (query.from) AddSource(*query.from, scope, lineage.rows);
    for (SelectItem& item : query.items) {
      FieldLineage& field = lineage.fields.emplace_back();
      field.name = item.alias;
      TraceValue(*item.expr, scope, DirectUse::kIdentity, field);
    }
    AddRows(query.where, scope, IndirectUse::kFilter, lineage.rows);
    for (GroupItem& item : query.group_by) AddGroup(item, scope, lineage.rows);
    AddRows(query.having, scope, IndirectUse::kFilter, lineage.rows);
    AddRows(query.qualify, scope, IndirectUse::kFilter, lineage.rows);
    // Without a limit the order says nothing about which rows there are.
    if (query.limit) {
      for (OrderItem& item : query.order_by) {
        AddRows(item.expr, scope, IndirectUse::kSort, lineage.rows);
      }
    }
    return lineage;
  }

  void AddGroup(GroupItem& item, const TraceScope& scope, std::vector<RowOrigin>& rows) {
    AddRows(item.expr, scope, IndirectUse::kGroupBy, rows);
    for (GroupItem& below : item.items) AddGroup(below, scope, rows);
  }

  void AddSource(Source& source, TraceScope& scope, std::vector<RowOrigin>& rows) {
    if (source.kind == SourceKind::kJoin) {
      AddSource(*source.left, scope, rows);
      AddSource(*source.right, scope, rows);
      AddRows(source.condition, scope, IndirectUse::kJoin, rows);
      return;
    }
    VisibleSource visible{FoldName(source.alias), {}, {}, {}};
    switch (source.kind) {
      case SourceKind::kRelation:
        visible.relation = source.relation;
        visible.relation_columns = ColumnsOf(source.relation);
        break;
      case SourceKind::kNamed:
        UseCommonTable(source, visible, rows);
        break;
      case SourceKind::kInput:
      case SourceKind::kDerived: {
        QueryLineage below = Trace(*source.query, &scope);
        Rename(below.fields, source.column_names);
        visible.fields = std::move(below.fields);
        AddAllOnce(rows, below.rows);
        break;
      }
      case SourceKind::kValues:
        AddValues(source, scope, visible);
        break;
      default:
        AddFunction(source, scope, visible);
        break;
    }
    scope.sources.push_back(std::move(visible));
  }

  void UseCommonTable(const Source& source, VisibleSource& visible, std::vector<RowOrigin>& rows) {
    if (source.name_parts.empty()) return;
    const std::string name = FoldName(source.name_parts.back());
    if (visible.alias.empty()) visible.alias = name;
    for (auto cte = ctes_.rbegin(); cte != ctes_.rend(); ++cte) {
      if (cte->name != name) continue;
      visible.fields = cte->fields;
      AddAllOnce(rows, cte->rows);
      return;
    }
  }

  void AddValues(Source& source, const TraceScope& scope, VisibleSource& visible) {
    for (const std::string& name : source.column_names) visible.fields.push_back({name, {}, {}});
    for (auto& row : source.rows) {
      for (size_t i = 0; i < row.size() && i < visible.fields.size(); ++i) {
        TraceValue(*row[i], scope, DirectUse::kIdentity, visible.fields[i]);
      }
    }
  }

  // Each column that a table function gives comes from all of its arguments.
  void AddFunction(Source& source, const TraceScope& scope, VisibleSource& visible) {
    for (const std::string& name : source.column_names) visible.fields.push_back({name, {}, {}});
    if (!source.call) return;
    for (FieldLineage& field : visible.fields) {
      TraceValue(*source.call, scope, DirectUse::kTransformation, field);
    }
  }

  std::vector<std::string> ColumnsOf(const catalog::ObjectName& name) const {
    std::vector<std::string> columns;
    if (const catalog::Table* table = catalog_.FindTable(name.schema, name.name)) {
      for (const catalog::Column& column : table->columns) columns.push_back(FoldName(column.name));
    }
    return columns;
  }

  static DirectUse UseOf(const Expr& expr, DirectUse use) {
    switch (expr.kind) {
      case ExprKind::kColumn:
      case ExprKind::kSubquery:
        return use;
      case ExprKind::kCall:
        return IsAggregate(expr) ? DirectUse::kAggregation
                                 : Stronger(use, DirectUse::kTransformation);
      default:
        return Stronger(use, DirectUse::kTransformation);
    }
  }

  void TraceValue(Expr& expr, const TraceScope& scope, DirectUse use, FieldLineage& field) {
    if (expr.kind == ExprKind::kColumn) {
      TraceColumn(expr, scope, use, field);
      return;
    }
    const DirectUse below = UseOf(expr, use);
    if (expr.query) TraceNested(*expr.query, scope, below, field);
    if (expr.kind == ExprKind::kCase) return TraceCase(expr, scope, below, field);
    for (ExprPtr& argument : expr.arguments) TraceValue(*argument, scope, below, field);
    for (OrderItem& item : expr.order_by) {
      AddRows(item.expr, scope, IndirectUse::kSort, field.conditions);
    }
    if (!expr.window) return;
    for (ExprPtr& part : expr.window->partition_by) {
      AddRows(part, scope, IndirectUse::kWindow, field.conditions);
    }
    for (OrderItem& item : expr.window->order_by) {
      AddRows(item.expr, scope, IndirectUse::kWindow, field.conditions);
    }
  }

  // Conditions choose between the results; the results give the value.
  void TraceCase(Expr& expr, const TraceScope& scope, DirectUse use, FieldLineage& field) {
    const size_t pairs = expr.arguments.size() / 2;
    for (size_t i = 0; i < pairs; ++i) {
      AddRows(expr.arguments[2 * i], scope, IndirectUse::kConditional, field.conditions);
      TraceValue(*expr.arguments[2 * i + 1], scope, use, field);
    }
    if (expr.arguments.size() % 2 == 1) TraceValue(*expr.arguments.back(), scope, use, field);
  }

  // A sub-query of one value.
  void TraceNested(Query& query, const TraceScope& scope, DirectUse use, FieldLineage& field) {
    const QueryLineage nested = Trace(query, &scope);
    for (const FieldLineage& below : nested.fields) AddField(below, use, field);
    AddAllOnce(field.conditions, nested.rows);
  }

  static void AddField(const FieldLineage& below, DirectUse use, FieldLineage& field) {
    for (ColumnOrigin origin : below.origins) {
      origin.use = Stronger(origin.use, use);
      AddOnce(field.origins, origin);
    }
    AddAllOnce(field.conditions, below.conditions);
  }

  void TraceColumn(const Expr& expr, const TraceScope& scope, DirectUse use, FieldLineage& field) {
    const VisibleSource* source = FindSource(expr, scope);
    if (source == nullptr) return;
    if (source->relation) {
      AddOnce(field.origins, ColumnOrigin{*source->relation, expr.text, use});
      return;
    }
    for (const FieldLineage& below : source->fields) {
      if (FoldName(below.name) == FoldName(expr.text)) return AddField(below, use, field);
    }
  }

  static const VisibleSource* FindSource(const Expr& expr, const TraceScope& first) {
    const std::string column = FoldName(expr.text);
    const std::string qualifier = FoldName(expr.qualifier);
    for (const TraceScope* scope = &first; scope != nullptr; scope = scope->outer) {
      for (const VisibleSource& source : scope->sources) {
        if (!qualifier.empty() ? source.alias == qualifier : source.Has(column)) return &source;
      }
    }
    return nullptr;
  }

  void AddRows(ExprPtr& expr, const TraceScope& scope, IndirectUse use,
               std::vector<RowOrigin>& rows) {
    if (!expr) return;
    FieldLineage used;
    TraceValue(*expr, scope, DirectUse::kTransformation, used);
    for (const ColumnOrigin& origin : used.origins) {
      AddOnce(rows, RowOrigin{origin.relation, origin.column, use});
    }
    AddAllOnce(rows, used.conditions);
  }

  const catalog::CatalogIndex& catalog_;
  std::vector<KnownCte> ctes_;
};

}  // namespace

std::string_view UseName(DirectUse use) {
  static constexpr std::array<std::string_view, 3> kNames = {"IDENTITY", "TRANSFORMATION",
                                                             "AGGREGATION"};
  return kNames[static_cast<size_t>(use)];
}

std::string_view UseName(IndirectUse use) {
  static constexpr std::array<std::string_view, 6> kNames = {"JOIN", "GROUP_BY", "FILTER",
                                                             "SORT", "WINDOW",   "CONDITIONAL"};
  return kNames[static_cast<size_t>(use)];
}

QueryLineage TraceLineage(const catalog::CatalogIndex& catalog, Query& query) {
  return Tracer(catalog).Trace(query, nullptr);
}

}  // namespace datamigrate::relational
