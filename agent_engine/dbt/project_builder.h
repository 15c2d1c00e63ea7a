// Builds the dbt project of a catalog: sources and staging models for tables, models for views and
// routines, tests from constraints, and the original text of everything that is refused.
//
// A pure function of its input: the same catalog gives the same project, byte for byte.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "agent_engine/dbt/project_model.h"
#include "agent_engine/dbt/translator.h"

namespace datamigrate::dbt {

// T-SQL that stands in for an object's definition, which the rules refuse, and where it comes from.
struct Rewrite {
  std::string definition{};  // A CREATE statement of the same object.
  std::string author{};      // Who wrote it: "claude-sonnet", "a person".
  std::string evidence{};    // What was found out about it: "its 830 rows are the source's".
};

// What somebody decided about an object, in place of what the builder chooses by itself.
struct Placement {
  std::optional<Layer> layer{};  // Of views and routines: intermediate or marts.
  std::optional<Materialization> materialization{};
  bool is_left_out = false;  // Views and routines: kept beside the project, and no fault of it.

  friend bool operator==(const Placement&, const Placement&) = default;
};

struct BuildOptions {
  std::string name{};  // Wished name of the project; empty: the database's name.
  dialects::Target target = dialects::Target::kDuckDb;
  // Objects to take out of the project, by "schema.name" in any case, and why. Their models become
  // refused with VF0101 and that reason, and so do the models that read them.
  std::map<std::string, std::string> quarantined{};
  // By "schema.name" of views and routines, in any case. They are translated from it; their source
  // text stays the original's.
  std::map<std::string, Rewrite> rewrites{};
  // By "schema.name", in any case.
  std::map<std::string, Placement> placements{};
  // Calls body(0) … body(count - 1), each once and in any order, and returns when all are done. The
  // body is safe to call from several threads at once. Empty: one after another.
  std::function<void(size_t count, const std::function<void(size_t)>& body)> for_each{};
};

// A model that another model reads is intermediate, and a view; one that nobody reads is a mart,
// and a table, unless its placement says otherwise. Views keep their name in the schema of their
// source's name, so that what reads them finds them.
Project BuildProject(const catalog::Catalog& catalog, const BuildOptions& options,
                     const Translator& translator);

}  // namespace datamigrate::dbt
