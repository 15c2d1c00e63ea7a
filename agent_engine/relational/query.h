// Queries of the relational form: blocks of clauses over sources, as SQL has them, with every name
// resolved.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/relational/expr.h"

namespace datamigrate::relational {

using QueryPtr = std::unique_ptr<Query>;

enum class SourceKind : uint8_t {
  kRelation,  // relation, of the catalog
  kNamed,     // text: a table that the catalog does not know, or a common table expression, by its
              // parts
  kDerived,   // query; column_names
  kValues,    // rows; column_names
  kFunction,  // call: a table-valued function of the target; column_names
  kInput,     // name_parts: the dbt variable that names a relation; query: what is read without it
  kJoin,      // left, right, join, condition
};

enum class JoinKind : uint8_t { kInner, kLeft, kRight, kFull, kCross };

struct Source {
  SourceKind kind = SourceKind::kRelation;
  std::string alias{};  // As printed; empty for a join.
  catalog::ObjectName relation{};
  std::vector<std::string> name_parts{};
  QueryPtr query{};
  std::vector<std::vector<ExprPtr>> rows{};
  ExprPtr call{};
  std::vector<std::string> column_names{};
  bool lateral = false;  // May use columns of sources to its left.
  JoinKind join = JoinKind::kInner;
  std::unique_ptr<Source> left{};
  std::unique_ptr<Source> right{};
  ExprPtr condition{};
  int32_t range = -1;  // The range variable that its columns name (Expr::range).
};
using SourcePtr = std::unique_ptr<Source>;

enum class GroupKind : uint8_t { kExpr, kRollup, kCube, kSets, kSet };

struct GroupItem {
  GroupKind kind = GroupKind::kExpr;
  ExprPtr expr{};
  std::vector<GroupItem> items{};
};

struct SelectItem {
  ExprPtr expr;
  std::string alias;  // The column's name in the result; empty when it has none.
};

struct OutputField {
  std::string name;
  SqlType type;
};

struct CommonTable {
  std::string name;
  std::vector<std::string> column_names;
  QueryPtr query;
};

enum class QueryKind : uint8_t { kSelect, kUnion, kUnionAll, kExcept, kIntersect };

struct Query {
  std::vector<CommonTable> ctes;
  bool recursive = false;

  QueryKind kind = QueryKind::kSelect;
  // kSelect
  bool distinct = false;
  std::vector<SelectItem> items;
  SourcePtr from;
  ExprPtr where;
  std::vector<GroupItem> group_by;
  bool is_grouped = false;  // GROUP BY was written, perhaps with () alone.
  ExprPtr having;
  ExprPtr qualify;
  // The others
  QueryPtr left;
  QueryPtr right;

  std::vector<OrderItem> order_by;
  ExprPtr limit;
  ExprPtr offset;
  bool with_ties = false;
  bool limit_is_percent = false;

  std::vector<OutputField> fields;  // In order; what a reader of the query sees.
};

QueryPtr Clone(const Query& query);
SourcePtr CloneSource(const Source& source);
// A query of all the columns of `query`, which it reads as `alias`; they are called c1, c2, ...
// there.
QueryPtr AsDerived(QueryPtr query, std::string alias);

// Calls `visit` for each expression slot of the query's own clauses, sources included, but not of
// its sub-queries.
void ForEachExpr(Query& query, const std::function<void(ExprPtr&)>& visit);
// Calls `visit` for each query directly below: operands, derived tables, common tables. Not those
// in expressions.
void ForEachQuery(Query& query, const std::function<void(Query&)>& visit);
// Calls `visit` for each expression slot directly below `expr`, its windows and orders included.
void ForEachChild(Expr& expr, const std::function<void(ExprPtr&)>& visit);
// Calls `visit_source` for every source but joins and `visit_expr` for every expression, those of
// sub-queries included.
void ForEachPart(Query& query, const std::function<void(Source&)>& visit_source,
                 const std::function<void(Expr&)>& visit_expr);
void ForEachPart(Expr& expr, const std::function<void(Source&)>& visit_source,
                 const std::function<void(Expr&)>& visit_expr);

}  // namespace datamigrate::relational
