#include "agent_engine/agents/outside_statements.h"

#include <set>
#include <string>
#include <utility>

#include "agent_engine/tsql/effects/effect.h"
#include "common/diagnostics/source_file.h"

namespace datamigrate::agents {
namespace {

constexpr char kHint[] =
    "It is read, never run. Where it matters, do it in what calls dbt, or leave it out.";

// The place of a byte of a definition in the definition's file.
diagnostics::LineColumn PlaceIn(const catalog::SourcePlace& begin,
                                const diagnostics::SourceFile& text, uint32_t offset) {
  const diagnostics::LineColumn inside = text.Locate(offset);
  if (inside.line == 1) return {begin.line, begin.column + inside.column - 1};
  return {begin.line + inside.line - 1, inside.column};
}

template <typename Object>
void AddFindings(const Object& object, std::vector<diagnostics::Diagnostic>& out) {
  std::set<std::pair<tsql::Effect, std::string>> seen;
  const diagnostics::SourceFile text(object.place.file, object.definition);
  for (const tsql::EffectFinding& finding : tsql::FindEffectsOf(text.text())) {
    if (!tsql::IsOutside(finding.effect) || !seen.emplace(finding.effect, finding.what).second) {
      continue;
    }
    diagnostics::Diagnostic diagnostic;
    diagnostic.id = diagnostics::DiagnosticId::kReachesOutside;
    diagnostic.span = finding.span;
    diagnostic.arguments = {finding.what, std::string(tsql::EffectText(finding.effect))};
    diagnostic.hint = kHint;
    diagnostic.object = object.name.ToString();
    diagnostic.file = object.place.file;
    diagnostic.place = PlaceIn(object.place, text, finding.span.begin);
    out.push_back(std::move(diagnostic));
  }
}

}  // namespace

std::vector<diagnostics::Diagnostic> FindOutsideStatements(const catalog::Catalog& catalog) {
  std::vector<diagnostics::Diagnostic> findings;
  for (const catalog::View& view : catalog.views) AddFindings(view, findings);
  for (const catalog::Routine& routine : catalog.routines) AddFindings(routine, findings);
  for (const catalog::Trigger& trigger : catalog.triggers) AddFindings(trigger, findings);
  return findings;
}

}  // namespace datamigrate::agents
