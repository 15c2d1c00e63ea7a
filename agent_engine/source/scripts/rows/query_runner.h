// Runs the queries that scripts use to find their data: joins, conditions, groups, order, TOP, set
// operations, CTEs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "agent_engine/source/scripts/rows/evaluator.h"
#include "agent_engine/source/scripts/rows/table_set.h"
#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::source {

// Rows with named columns. Cells beyond `columns` do not exist: columns whose value is not kept
// stand at the end.
struct Relation {
  // Where a table of the TableSet is in the relation: the cell `row_number` holds the row's number
  // in it.
  struct Base {
    std::string qualifier;
    size_t table;
    size_t row_number;
  };

  std::vector<ScopeColumn> columns;
  RowsPointer rows;
  std::vector<Base> bases;
  std::optional<size_t>
      whole_table;  // The rows are all rows of this table of the TableSet, in its order.
};

// Errors: as Evaluator's; kUnimplemented also for recursive CTEs, system views, rowset functions
// and the like.
class QueryRunner {
 public:
  QueryRunner(TableSet& tables, Evaluator& evaluator, std::string default_schema)
      : tables_(tables), evaluator_(evaluator), default_schema_(std::move(default_schema)) {}

  // Makes the CTEs of a WITH clause known until EndCtes.
  void BeginCtes(tsql::Node with_clause);
  void EndCtes(tsql::Node with_clause);

  // `query` is a kQuery. At most `max_rows` rows, where stopping early changes nothing.
  absl::StatusOr<QueryResult> Run(tsql::Node query, const Scope* outer, int64_t max_rows);

  // Calls `visit` for every row (or group) of a query specification in the query's order.
  using Visitor = std::function<absl::Status(const Scope& scope)>;
  absl::Status ForEach(tsql::Node query, const Scope* outer, const Visitor& visit);

  // The rows of a FROM clause that satisfy `where`, with the numbers of base rows kept in
  // Relation::bases.
  absl::StatusOr<Relation> RowsWithNumbers(tsql::Node from, tsql::Node where, const Scope* outer);
  // The same for one table under its own name.
  absl::StatusOr<Relation> TableWithNumbers(size_t table, tsql::Node where);

  // The rows of one table source.
  absl::StatusOr<Relation> SourceRows(tsql::Node source) { return Source(source, nullptr, false); }

  std::optional<size_t> FindTable(tsql::Node name) const;

 private:
  struct Selected {
    Relation relation;
    std::vector<const data::Row*> rows;
    std::vector<std::vector<const data::Row*>> groups;
    bool is_grouped = false;
  };

  // Places of a table's rows by the key of one column; of one version of the table.
  struct ColumnIndex {
    size_t table;
    size_t column;
    uint64_t version;
    absl::flat_hash_map<std::string, std::vector<size_t>> places;
  };

  // The rows that a condition column = value can hold for, when `where` has one that an index helps
  // with; else `places` is null. Valid while `index` is held.
  struct Found {
    std::shared_ptr<const ColumnIndex> index;
    const std::vector<size_t>* places = nullptr;
  };
  absl::StatusOr<Found> Candidates(const Relation& relation, tsql::Node where, const Scope* outer);
  std::shared_ptr<const ColumnIndex> IndexOf(const Relation& relation, size_t column);
  absl::StatusOr<QueryResult> RunBody(tsql::Node body, tsql::Node order_by, const Scope* outer,
                                      int64_t max_rows);
  absl::StatusOr<QueryResult> RunSpecification(tsql::Node body, tsql::Node order_by,
                                               const Scope* outer, int64_t max_rows);
  absl::StatusOr<QueryResult> RunSetOperation(tsql::Node body, const Scope* outer);
  absl::StatusOr<Selected> Select(tsql::Node body, const Scope* outer, int64_t max_rows);
  absl::Status Group(tsql::Node body, const Scope* outer, Selected& selected);
  std::vector<std::string> NamesOf(tsql::Node list, const std::vector<ScopeColumn>& columns) const;
  absl::StatusOr<std::vector<SqlValue>> SelectItems(tsql::Node list, const Scope& scope);
  absl::StatusOr<std::vector<SqlValue>> OrderKeys(tsql::Node order_by, const Scope& scope,
                                                  const std::vector<std::string>& names,
                                                  const std::vector<SqlValue>& row);
  absl::Status Sort(tsql::Node order_by, std::vector<std::vector<SqlValue>>& keys,
                    std::vector<size_t>& order);
  absl::StatusOr<int64_t> TopCount(tsql::Node body, int64_t available);

  absl::StatusOr<Relation> From(tsql::Node from, const Scope* outer, bool with_numbers);
  absl::StatusOr<Relation> Source(tsql::Node source, const Scope* outer, bool with_numbers);
  absl::StatusOr<Relation> BaseTable(size_t table, const std::string& alias, bool with_numbers);
  absl::StatusOr<Relation> Named(tsql::Node reference, const Scope* outer, bool with_numbers);
  absl::StatusOr<Relation> Values(tsql::Node values, const Scope* outer);
  absl::StatusOr<Relation> Join(tsql::Node join, const Scope* outer, bool with_numbers);
  absl::StatusOr<Relation> Apply(tsql::Node apply, const Scope* outer, bool with_numbers);
  absl::StatusOr<Relation> TableFunction(tsql::Node source, const Scope* outer);
  absl::StatusOr<Relation> Combine(const Relation& left, const Relation& right,
                                   tsql::Node condition, bool keeps_left, bool keeps_right,
                                   const Scope* outer);
  Relation ToRelation(QueryResult result, const std::string& alias, tsql::Node columns);

  TableSet& tables_;
  Evaluator& evaluator_;
  std::string default_schema_;
  std::map<std::string, std::vector<tsql::Node>> ctes_;  // By folded name; the innermost is last.
  std::set<std::string> running_ctes_;
  std::vector<std::shared_ptr<const ColumnIndex>> indexes_;  // The last used ones.
  size_t next_index_ = 0;
};

}  // namespace datamigrate::source
