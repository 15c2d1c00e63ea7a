// Tests of a staging model from what its table promises: NOT NULL, keys, unique indexes, foreign
// keys and checks.
#pragma once

#include <vector>

#include "agent_engine/dbt/project_model.h"
#include "agent_engine/dbt/project_names.h"
#include "agent_engine/dbt/translator.h"

namespace datamigrate::dbt {

struct TableTests {
  std::vector<ModelTest> tests;  // No two are the same.
  TestCoverage coverage;
  std::vector<diagnostics::Diagnostic> diagnostics;
};

// The tests that hold in the source whenever the source's own constraints do: NULLs pass checks and
// foreign keys, and text compares without case where the source's collation does. Disabled
// constraints have no test. Those that are not trusted only warn, and so do foreign keys to a table
// whose rows the source does not carry.
TableTests MakeTableTests(const catalog::CatalogIndex& index, const catalog::Table& table,
                          dialects::Target target, const ProjectNames& names,
                          const Translator& translator);

// Whether text of a column compares without case, by its collation or else the database's. SQL
// Server's default does.
bool IgnoresCase(const catalog::Catalog& catalog, const catalog::Column& column);
// Whether a type holds character strings.
bool IsText(const catalog::DataType& type);

}  // namespace datamigrate::dbt
