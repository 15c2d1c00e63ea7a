// Tells procedures that look after the server from those that work on rows.
#pragma once

#include <string>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::relational {

// What a procedure does where nothing of it belongs into a warehouse: "administers the server:
// CREATE ROLE, ...", or "only prints messages". Empty where it returns rows, changes those of a
// table that stays, or holds something whose effect is not known. Dynamic SQL counts by the text
// that its constants make. `create` is the procedure's CREATE statement.
std::string AdministrationOf(const catalog::CatalogIndex& catalog, tsql::Node create);

}  // namespace datamigrate::relational
