// Names of everything in a project, decided before anything is translated. Deterministic;
// independent of the order in which the catalog lists its objects.
#pragma once

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/dialects/translate.h"

namespace datamigrate::dbt {

// Borrows the catalog, which must outlive it unchanged. Const access is safe from any thread.
class ProjectNames {
 public:
  ProjectNames(const catalog::CatalogIndex& index, dialects::Target target);

  // Folder and schema of a source schema: "sales".
  const std::string& Schema(std::string_view schema) const;
  // Second argument of source() for a table.
  const std::string& SourceTable(const catalog::ObjectName& table) const;
  // The model of a table, view or routine of the catalog: "stg_sales__orders", "sales__v_orders".
  const std::string& ModelOf(const catalog::ObjectName& object) const;

  // Whether a table, view or routine has that model.
  bool IsModel(std::string_view model) const;

  // The relation that `name` stands for: itself, or what a synonym of one or two parts leads to.
  // Null name and schema when the catalog has no such table or view.
  catalog::ObjectName Resolve(const catalog::ObjectName& name) const;
  // {{ ref('…') }} for tables, views and synonyms of them; the quoted name for what the catalog
  // does not have.
  dialects::RelationNamer Namer() const;

 private:
  void NameSchemas();
  void NameSourceTables();
  void NameModels();

  const catalog::CatalogIndex& index_;
  dialects::Target target_;
  absl::flat_hash_map<std::string, std::string> schemas_;
  absl::flat_hash_map<std::string, std::string> source_tables_;
  absl::flat_hash_map<std::string, std::string> models_;
};

// A key of schema and name, folded: equal for names that SQL Server takes as equal. An empty schema
// means dbo.
std::string ObjectKey(const catalog::ObjectName& name);

}  // namespace datamigrate::dbt
