#include "agent_engine/agents/assessment.h"

#include "absl/container/flat_hash_map.h"
#include "agent_engine/agents/object_references.h"
#include "agent_engine/agents/state_conversion.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::agents {
namespace {

constexpr double kDays[] = {0.05, 0.15, 0.5, 2.0};

// One object with the names it reads.
struct Found {
  AssessedObject object;
  std::vector<catalog::ObjectName> reads;
};

Found Assess(const catalog::ObjectName& name, std::string kind, const std::string& definition,
             const catalog::CatalogIndex& index) {
  diagnostics::DiagnosticSink sink;
  const tsql::ParseResult parsed = tsql::ParseBatch(definition, {}, sink);
  Found found{{name, std::move(kind), ClassifyComplexity(parsed.tree.Root()), 0},
              ReferencedObjects(parsed.tree.Root(), index)};
  if (!parsed.ok) found.object.complexity.complexity = Complexity::kCritical;
  return found;
}

std::vector<Found> FindObjects(const catalog::Catalog& catalog) {
  const catalog::CatalogIndex index(catalog);
  std::vector<Found> all;
  for (const auto& table : catalog.tables) all.push_back({{table.name, "table", {}, 0}, {}});
  for (const auto& view : catalog.views) {
    all.push_back(Assess(view.name, "view", view.definition, index));
  }
  for (const auto& routine : catalog.routines) {
    all.push_back(Assess(routine.name, RoutineKindName(routine.kind), routine.definition, index));
    if (routine.kind == catalog::RoutineKind::kClr) {
      all.back().object.complexity.complexity = Complexity::kCritical;
    }
  }
  for (const auto& trigger : catalog.triggers) {
    all.push_back(Assess(trigger.name, "trigger", trigger.definition, index));
  }
  return all;
}

std::vector<std::vector<size_t>> Edges(const std::vector<Found>& all) {
  absl::flat_hash_map<std::string, size_t> by_name;
  for (size_t i = 0; i < all.size(); ++i) {
    by_name.emplace(catalog::FoldName(all[i].object.name.ToString()), i);
  }
  std::vector<std::vector<size_t>> edges(all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    for (const catalog::ObjectName& read : all[i].reads) {
      const auto target = by_name.find(catalog::FoldName(read.ToString()));
      if (target != by_name.end() && target->second != i) edges[i].push_back(target->second);
    }
  }
  return edges;
}

}  // namespace

std::vector<AssessedObject> AssessObjects(const catalog::Catalog& catalog) {
  std::vector<Found> all = FindObjects(catalog);
  const std::vector<int> order = DependencyOrder(Edges(all));
  std::vector<AssessedObject> objects;
  objects.reserve(all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].object.order = order[i];
    objects.push_back(std::move(all[i].object));
  }
  return objects;
}

double PersonDays(Complexity complexity) {
  return kDays[static_cast<size_t>(complexity)];
}

double EstimateDays(const std::vector<AssessedObject>& objects) {
  double days = 0;
  for (const AssessedObject& object : objects) {
    if (object.kind != "table") days += PersonDays(object.complexity.complexity);
  }
  return days;
}

}  // namespace datamigrate::agents
