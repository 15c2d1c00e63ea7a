// The text of the project's own generic tests and macros. dbt's built-in tests cover single
// columns; these cover what SQL Server's constraints say beyond them.
#pragma once

#include <string_view>

#include "agent_engine/dbt/project_model.h"

namespace datamigrate::dbt {

// tests/generic/<name>.sql of a kind that is not built into dbt; empty for one that is.
std::string_view GenericTestText(TestKind kind);

// macros/generate_schema_name.sql and macros/quoted.sql.
std::string_view GenerateSchemaNameText();
std::string_view QuotedText(dialects::Target target);

}  // namespace datamigrate::dbt
