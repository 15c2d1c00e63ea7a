// The lowering of statements that write, shared by its files. Only they include this.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent_engine/relational/lowering/lower_write.h"
#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {

// A column that a write sets: its place among the table's fields and its new value.
struct SetColumn {
  size_t field = 0;
  ExprPtr value;
};

// A branch of MERGE for rows of the target.
struct TargetBranch {
  ExprPtr condition;
  std::vector<SetColumn> sets;
  bool deletes = false;
};

class WriteLowering {
 public:
  WriteLowering(Lowering& lowering, const catalog::CatalogIndex& catalog,
                const LoweringOptions& options, EachRow* each = nullptr)
      : lowering_(lowering), catalog_(catalog), options_(options), each_(each) {}

  LoweredWrite Run(Node statement);
  LoweredWrite AddRows(const catalog::Table& table, const std::vector<std::string>& columns,
                       QueryPtr source, Node at);
  InsertedRows RowsOfInsert(Node statement);
  std::vector<OutputField> Fields(const catalog::Table& table);

 private:
  // -- Statements (lower_write.cc, lower_update.cc, lower_insert.cc, lower_each_row.cc)
  bool LowerTruncate(Node statement);
  bool LowerDelete(Node statement);
  bool MatchByKey(SourcePtr& from, std::vector<ExprPtr>& conditions);
  bool LowerUpdate(Node statement);
  bool LowerInsert(Node statement);
  bool LowerMerge(Node statement);  // lower_merge.cc
  QueryPtr MergedRows(const std::vector<TargetBranch>& branches, const Source* joined,
                      const Query* inserted) const;
  void JoinEachRow(SourcePtr& from, const Source* leaf, const std::vector<SetColumn>& sets,
                   ExprPtr& condition);
  void NoteEachRead(const Source& source, const ColumnsByRange& columns);
  ExprPtr AddendOf(const SetColumn& set) const;
  bool ReadsChanged(const Expr& expr) const;
  bool AddsUp(const std::vector<SetColumn>& sets, const ExprPtr& condition,
              std::vector<ExprPtr>& addends) const;
  ExprPtr SumOfTurns(size_t field, const Expr& addend, const std::vector<ExprPtr>& partition,
                     Node at);
  void NoteFoundBy(const Expr& condition);
  void CollectEqualColumns(const Expr& condition, std::vector<std::string>& columns) const;

  // -- Parts
  bool Refuse(Node node, std::string what);
  bool IsPlain(Node statement);
  void NoteOptions(Node statement);
  bool TakeTable(const Source& source, Node node);
  void UseTable(const catalog::Table& table, int32_t range);
  SourcePtr TableSource();
  SourcePtr LowerTargetOnly(Node target, Scope& scope);
  SourcePtr LowerTargetAndFrom(Node statement, Scope& scope, const Source*& leaf);
  // What an UPDATE or DELETE reads, common tables to `holder`; `leaf` is the table that it writes.
  // Null after a report.
  SourcePtr LowerSources(Node statement, Query& holder, Scope& scope, const Source*& leaf);
  std::vector<SetColumn> LowerSets(const std::vector<Node>& clauses, Scope& scope, bool& ok);
  ExprPtr LowerNewValue(Node value, const catalog::Column& column, Scope& scope);
  ExprPtr DefaultOf(const catalog::Column& column, Node at);
  bool IsNumbered(const catalog::Column& column) const;
  ExprPtr NextNumber(const catalog::Column& column, bool single_row, Node at);
  std::vector<std::string> KeyColumns() const;
  void TouchPeriod(std::vector<SetColumn>& sets, Node at);
  QueryPtr LowerRowsOf(Node source, const std::vector<std::string>& columns);
  QueryPtr LowerValueRows(Node values, const std::vector<std::string>& columns);
  QueryPtr AddedRows(const std::vector<std::string>& columns, QueryPtr source, Node at);
  QueryPtr FirstOf(QueryPtr rows, Node top);

  // -- TOP and OUTPUT (lower_output.cc)
  bool TakeTop(Node statement, ExprPtr& condition);
  bool LowerOutput(Node statement, const Query* inserted, const Query* deleted);
  bool LowerChangeOutput(Node statement, QueryPtr changes);
  bool TakeOutputTarget(Node clause);
  std::string OldName(size_t field) const;
  std::string NewName(size_t field) const;
  QueryPtr ChangedRows(const std::function<ExprPtr(size_t)>& old_value,
                       const std::function<ExprPtr(size_t)>& new_value, ExprPtr action) const;

  ExprPtr FieldOf(size_t field, const std::string& qualifier) const;
  // A query of all fields of the table, without clauses.
  QueryPtr SelectFields(const std::string& qualifier) const;
  // Puts the new values in: `changed` is the condition of a changed row; null: every row.
  void ApplySets(Query& query, std::vector<SetColumn> sets, const Expr* changed);
  // The fields with those that are computed worked out anew over `base`.
  QueryPtr Recompute(QueryPtr base);
  // COUNT(*) of a query with these parts.
  static QueryPtr CountOf(QueryPtr rows);

  Lowering& lowering_;
  const catalog::CatalogIndex& catalog_;
  const LoweringOptions& options_;
  EachRow* each_;      // Null: the statement stands alone.
  QueryPtr top_rows_;  // The table with the rows of TOP numbered; null: no TOP.
  LoweredWrite result_;
  int32_t range_ = -1;                           // Of the table, in `after`.
  std::string alias_;                            // Its alias there.
  std::vector<OutputField> fields_;              // Of `result_.table`.
  std::vector<const catalog::Column*> columns_;  // Beside them.
};

// CASE WHEN condition THEN value ELSE otherwise END.
ExprPtr ChooseValue(const Expr& condition, ExprPtr value, ExprPtr otherwise);
// Holds where the condition does not: where it is false and where it is unknown.
ExprPtr UnlessTrue(ExprPtr condition);

// Orders rows by all values of theirs that an order can have, behind what is asked for: rows that
// still are alike may change places.
void AddTieBreakers(const std::vector<SelectItem>& items, std::vector<OrderItem>& order);

}  // namespace datamigrate::relational
