#include "agent_engine/dbt/translator.h"

namespace datamigrate::dbt {

Translator DialectTranslator() {
  return {dialects::TranslateView, dialects::TranslateRoutine, dialects::TranslateExpression,
          dialects::TargetType, dialects::QuoteIdentifier};
}

}  // namespace datamigrate::dbt
