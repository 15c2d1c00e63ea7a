// What the project builder needs from the dialects, so that tests can give it ready-made
// translations.
#pragma once

#include <functional>

#include "agent_engine/dialects/translate.h"

namespace datamigrate::dbt {

struct Translator {
  std::function<dialects::TranslatedQuery(const catalog::CatalogIndex&, const catalog::View&,
                                          dialects::Target, const dialects::RelationNamer&)>
      view;
  std::function<dialects::TranslatedQuery(const catalog::CatalogIndex&, const catalog::Routine&,
                                          dialects::Target, const dialects::RelationNamer&)>
      routine;
  std::function<dialects::TranslatedExpression(const catalog::CatalogIndex&, const catalog::Table&,
                                               std::string_view, bool is_condition,
                                               dialects::Target)>
      expression;
  std::function<std::string(const catalog::DataType&, dialects::Target)> type;
  std::function<std::string(std::string_view, dialects::Target)> quote;
};

// The product's own: every function is the one of dialects/translate.h.
Translator DialectTranslator();

}  // namespace datamigrate::dbt
