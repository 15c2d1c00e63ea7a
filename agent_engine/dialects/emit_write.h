// UPDATE, DELETE and MERGE in a dialect's words.
#pragma once

#include <string>
#include <vector>

#include "agent_engine/dialects/dialect.h"
#include "agent_engine/dialects/translate.h"
#include "agent_engine/relational/lowering/lower_modification.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::dialects {

class WriteEmitter {
 public:
  // What it is given must live as long as it does.
  WriteEmitter(const Dialect& dialect, const RelationNamer& namer, const std::string& collation,
               diagnostics::DiagnosticSink& sink)
      : dialect_(dialect), namer_(namer), collation_(collation), sink_(sink) {}

  // Rows are found by a query over all sources, then written by their place in the table; `target`
  // is the table's printed name.
  std::string Update(relational::LoweredModification& update, const std::string& target);
  std::string Delete(relational::LoweredModification& removal, const std::string& target);
  // One statement, or several with semicolons between them, where the dialect's MERGE has less.
  std::string Merge(relational::LoweredMerge& merge, const std::string& target,
                    diagnostics::SourceSpan span);

 private:
  // What names a row of the table: the dialect's hidden column, or the columns of the primary key.
  std::vector<std::string> RowIdentity(const catalog::Table& table) const;
  // Adds the identity of each row to what the query returns; gives the conditions by which rows of
  // `target` are found among those of `rows`.
  std::string AddIdentity(relational::LoweredModification& write, const std::string& target,
                          const std::string& rows) const;
  std::string Print(relational::ExprPtr expr);
  void MergeAbsent(relational::LoweredMerge& merge, const std::string& target,
                   std::vector<std::string>& statements);
  std::string Branch(relational::MergeBranch& branch);
  std::string SetList(std::vector<relational::Assignment>& sets);

  const Dialect& dialect_;
  const RelationNamer& namer_;
  const std::string& collation_;
  diagnostics::DiagnosticSink& sink_;
};

}  // namespace datamigrate::dialects
