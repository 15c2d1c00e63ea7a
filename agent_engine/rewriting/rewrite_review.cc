#include "agent_engine/rewriting/rewrite_review.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_join.h"
#include "agent_engine/tsql/ast/syntax_tree.h"
#include "agent_engine/tsql/effects/effect.h"
#include "agent_engine/tsql/parser/parser.h"
#include "common/diagnostics/diagnostic.h"
#include "fmt/format.h"

namespace datamigrate::rewriting {
namespace {

using tsql::Effect;
using tsql::EffectFinding;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

// Parsed text with what was wrong with it; the text must outlive it.
struct Parsed {
  explicit Parsed(std::string_view text) : result(tsql::ParseBatch(text, {}, sink)) {}
  diagnostics::DiagnosticSink sink;
  tsql::ParseResult result;
};

NodeKind KindOf(std::string_view kind) {
  if (kind == "view") return NodeKind::kCreateView;
  return kind == "procedure" ? NodeKind::kCreateProcedure : NodeKind::kCreateFunction;
}

catalog::ObjectName NameOf(Node create) {
  const std::vector<std::string> parts = tsql::NameParts(create.Child(Role::kName));
  if (parts.empty()) return {};
  return {parts.size() > 1 ? parts[parts.size() - 2] : "dbo", parts.back()};
}

// "@from date", in order, without comments and blanks that differ.
std::vector<std::string> ParametersOf(Node create) {
  std::vector<std::string> parameters;
  for (const Node parameter : create.Children(Role::kParameter)) {
    parameters.push_back(catalog::FoldName(tsql::PrintTree(parameter)));
  }
  return parameters;
}

bool IsSameObject(const catalog::ObjectName& one, const catalog::ObjectName& other) {
  return catalog::EqualNames(one.schema, other.schema) && catalog::EqualNames(one.name, other.name);
}

// The statement that creates the object; says what is wrong where there is none.
std::optional<Node> FindCreate(const RefusedObject& original, const Parsed& parsed,
                               std::vector<std::string>& faults) {
  const std::vector<Node> statements = parsed.result.tree.Root().Children();
  if (!parsed.result.ok || statements.size() != 1) {
    faults.push_back(
        fmt::format("it must be one CREATE {} statement and nothing else", original.kind));
    for (const diagnostics::Diagnostic& diagnostic : parsed.sink.diagnostics()) {
      faults.push_back(diagnostics::Message(diagnostic));
    }
    return std::nullopt;
  }
  const Node create = statements.front();
  if (!create.Is(KindOf(original.kind)) || !IsSameObject(NameOf(create), original.name)) {
    faults.push_back(
        fmt::format("it must create the {} {}", original.kind, original.name.ToString()));
    return std::nullopt;
  }
  return create;
}

void CompareParameters(const RefusedObject& original, Node create,
                       std::vector<std::string>& faults) {
  const Parsed before(original.definition);
  const std::vector<Node> statements = before.result.tree.Root().Children();
  if (!before.result.ok || statements.size() != 1) return;
  const std::vector<std::string> wanted = ParametersOf(statements.front());
  if (ParametersOf(create) == wanted) return;
  faults.push_back(wanted.empty() ? "it must take no parameters"
                                  : fmt::format("its parameters must be the original's: {}",
                                                absl::StrJoin(wanted, ", ")));
}

// What passes if the original has it, too.
bool MayBeShared(Effect effect) {
  return effect == Effect::kWritesRows || effect == Effect::kCallsRoutine;
}

bool IsOfOriginal(const EffectFinding& finding, const std::vector<EffectFinding>& original) {
  return std::ranges::any_of(original, [&](const EffectFinding& other) {
    if (other.effect != finding.effect) return false;
    // Which statement writes a table does not matter; a routine is known by its name alone.
    if (finding.object.empty()) return catalog::EqualNames(other.what, finding.what);
    return std::ranges::equal(other.object, finding.object, catalog::EqualNames);
  });
}

// A module's own CREATE is what was asked for.
bool IsAllowed(const EffectFinding& finding, const std::vector<EffectFinding>& original) {
  switch (finding.effect) {
    case Effect::kReads:
    case Effect::kSession:
      return true;
    case Effect::kDefines:
      return !finding.is_in_definition;
    default:
      return MayBeShared(finding.effect) && IsOfOriginal(finding, original);
  }
}

void CompareEffects(const RefusedObject& original, std::string_view definition,
                    std::vector<std::string>& faults) {
  const std::vector<EffectFinding> before = tsql::FindEffectsOf(original.definition);
  for (const EffectFinding& finding : tsql::FindEffectsOf(definition)) {
    if (IsAllowed(finding, before)) continue;
    const std::string where =
        finding.object.empty() ? "" : ", of " + absl::StrJoin(finding.object, ".");
    std::string fault = fmt::format("{} {}{}: that may not be part of it", finding.what,
                                    tsql::EffectText(finding.effect), where);
    if (std::ranges::find(faults, fault) == faults.end()) faults.push_back(std::move(fault));
  }
}

}  // namespace

std::vector<std::string> ReviewRewrite(const RefusedObject& original, std::string_view definition) {
  std::vector<std::string> faults;
  const Parsed parsed(definition);
  const std::optional<Node> create = FindCreate(original, parsed, faults);
  if (create) CompareParameters(original, *create, faults);
  CompareEffects(original, definition, faults);
  return faults;
}

std::string WithoutComments(std::string_view definition) {
  const Parsed parsed(definition);
  return parsed.result.ok ? tsql::PrintTree(parsed.result.tree.Root()) : "";
}

}  // namespace datamigrate::rewriting
