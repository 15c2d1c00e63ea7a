// What a database holds, how hard each object is, and in which order to take them.
#pragma once

#include <string>
#include <vector>

#include "agent_engine/agents/complexity.h"
#include "agent_engine/catalog/catalog.h"

namespace datamigrate::agents {

struct AssessedObject {
  catalog::ObjectName name;
  std::string kind;  // "table", "view", "procedure", "function", "trigger".
  ComplexityReport complexity;
  int order = 0;  // Objects of a lower order come first.
};

// Every table, view, routine and trigger, tables first, each kind in the catalog's order.
std::vector<AssessedObject> AssessObjects(const catalog::Catalog& catalog);

// Days of a person's work to review (simple, medium) or rewrite (complex, critical) one object.
double PersonDays(Complexity complexity);

// The same for all of them but tables, which need none.
double EstimateDays(const std::vector<AssessedObject>& objects);

}  // namespace datamigrate::agents
