// Lowers UPDATE, DELETE and MERGE to their parts: which rows of which table, and the values that go
// there. For writing such a statement in a target's words.
#pragma once

#include <string>
#include <vector>

#include "agent_engine/relational/lowering/lowering.h"

namespace datamigrate::relational {

struct Assignment {
  std::string column;  // As the table spells it.
  ExprPtr value;       // Of the column's type.
};

// UPDATE and DELETE with what they join.
struct LoweredModification {
  const catalog::Table* table = nullptr;  // Null after a report.
  std::string alias;                      // What `rows` calls the table.
  QueryPtr rows;                          // Sources and condition; no items yet.
  std::vector<Assignment> sets;
  // Where the rows are written through a common or derived table: its query, a part of `rows`,
  // which is to show the identity of the rows of what it calls `inner_alias`. Otherwise null.
  Query* through = nullptr;
  std::string inner_alias;
  std::vector<std::string>* through_names = nullptr;  // Names that the query's columns get there.
};

struct MergeBranch {
  enum class Action : uint8_t { kUpdate, kDelete, kInsert };
  bool matched = false;
  bool by_source = false;  // WHEN NOT MATCHED BY SOURCE
  ExprPtr condition;       // May be null.
  Action action = Action::kUpdate;
  std::vector<Assignment> sets;  // The columns and values of an INSERT, too.
};

struct LoweredMerge {
  const catalog::Table* table = nullptr;  // Null after a report.
  std::string alias;
  SourcePtr source;
  ExprPtr condition;
  std::vector<MergeBranch> branches;
};

LoweredModification LowerModification(const catalog::CatalogIndex& catalog, tsql::Node statement,
                                      Variables variables, const LoweringOptions& options,
                                      diagnostics::DiagnosticSink& sink);

LoweredMerge LowerMerge(const catalog::CatalogIndex& catalog, tsql::Node statement,
                        Variables variables, const LoweringOptions& options,
                        diagnostics::DiagnosticSink& sink);

}  // namespace datamigrate::relational
