// Any bytes become SQL of each target or messages: binder, rewrites and printers come to an end,
// and a batch that is refused says why.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/dialects/translate.h"
#include "tests/fuzz/fuzz_check.h"

namespace datamigrate::fuzz {
namespace {

bool HasError(const dialects::TranslatedBatch& batch) {
  return std::ranges::any_of(batch.diagnostics, [](const diagnostics::Diagnostic& diagnostic) {
    return diagnostics::KindOf(diagnostic.id).severity == diagnostics::Severity::kError;
  });
}

void CheckTarget(std::string_view text, dialects::Target target) {
  static const catalog::Catalog empty;
  static const catalog::CatalogIndex index(empty);
  const dialects::TranslatedBatch batch = dialects::TranslateBatch(index, text, target);
  Demand(batch.ok || HasError(batch), "what is refused has a message");
  for (const diagnostics::Diagnostic& diagnostic : batch.diagnostics) {
    Demand(diagnostic.span.begin <= diagnostic.span.end && diagnostic.span.end <= text.size(),
           "a message has a place in the text");
    diagnostics::Message(diagnostic);
  }
}

}  // namespace
}  // namespace datamigrate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const datamigrate::dialects::Target target : datamigrate::dialects::kTargets) {
    datamigrate::fuzz::CheckTarget(text, target);
  }
  return 0;
}
