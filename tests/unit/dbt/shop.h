// A small database with the names and constraints that are hard for dbt, and its translation by
// hand: what the tests of the project, the loader and the verifier share.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/data/row_source.h"
#include "agent_engine/dbt/project_model.h"
#include "agent_engine/dbt/translator.h"

namespace datamigrate::testing {

catalog::Catalog ShopCatalog();

// Translates the shop for DuckDB: types, its expressions and its views, written out by hand.
dbt::Translator ShopTranslator();

dbt::Project ShopProject();

// Gives the shop's rows. Tables are named "schema.name".
class ShopRows : public data::RowSource {
 public:
  ShopRows();

  absl::Status ReadTable(const catalog::ObjectName& table, int batch_rows,
                         const data::RowSink& sink) override;

  std::map<std::string, std::vector<data::Row>> rows;
};

}  // namespace datamigrate::testing
