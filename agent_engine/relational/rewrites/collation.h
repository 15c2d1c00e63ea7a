// Makes the comparisons of strings say what SQL Server's collations mean: "a" = "A", "a" = "a ".
//
// Strings are compared by a key, kKey: lower case where the collation ignores case, without
// trailing blanks. Grouping by a string groups by its key and shows the least of its spellings;
// DISTINCT and UNION become such a grouping.
#pragma once

#include <string>

#include "agent_engine/relational/query.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::relational {

struct CollationOptions {
  std::string
      database_collation;  // Empty: SQL Server's default, which ignores case and keeps accents.
};

void KeepCollation(Query& query, const CollationOptions& options,
                   diagnostics::DiagnosticSink& sink);
void KeepCollation(ExprPtr& expr, const CollationOptions& options,
                   diagnostics::DiagnosticSink& sink);

}  // namespace datamigrate::relational
