// Follows the statements of a procedure or function without running them, and says what it returns
// and what it leaves in the tables that it writes: each as one query over the tables as they were.
//
// Statements become steps, common tables that each read what the steps before them left. An IF
// takes both branches and keeps of each the rows where its condition holds; a called procedure and
// constant dynamic SQL take part as if they were written in place. What has no set form is refused.
#pragma once

#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/relational/lowering/lowering.h"
#include "agent_engine/relational/query.h"
#include "agent_engine/tsql/ast/syntax_tree.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::relational {

struct TableEffect {
  catalog::ObjectName table;
  QueryPtr after;       // Its rows when the routine is done.
  bool is_new = false;  // The routine creates it.
};

struct RoutineEffects {
  std::vector<QueryPtr> results;  // In order: result sets, then output parameters as one row.
  std::vector<TableEffect> tables;  // Without temporary ones, in order of the first write.
};

// `create` is the CREATE statement of `routine`; `parameters` gives a value for each of its
// parameters, by folded name. Findings go to `sink`; the effects must not be used where it has
// errors. A scalar function has one result of one row and one column, named as the function; a
// multi-statement function one result, its table.
RoutineEffects FollowRoutine(const catalog::CatalogIndex& catalog, const catalog::Routine& routine,
                             tsql::Node create, Variables parameters,
                             const LoweringOptions& options, diagnostics::DiagnosticSink& sink);

}  // namespace datamigrate::relational
