#include "agent_engine/tsql/effects/statement_policy.h"

#include <algorithm>
#include <utility>

namespace datamigrate::tsql {
namespace {

constexpr EffectSet kOfObjects = {Effect::kWritesRows, Effect::kDefines, Effect::kDrops};

bool IsSameName(std::string_view a, std::string_view b) {
  const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, fold, fold);
}

bool IsWritable(const std::vector<std::string>& object, const StatementPolicy& policy) {
  if (object.empty() || object.size() > 2) return false;
  const bool has_schema = object.size() == 2 && !object[0].empty();
  const std::string& schema = has_schema ? object[0] : policy.default_schema;
  return std::ranges::any_of(policy.writable_schemas, [&](const std::string& writable) {
    return IsSameName(schema, writable);
  });
}

std::string TextOf(const EffectFinding& finding, std::string_view where) {
  std::string text = finding.what + " " + std::string(EffectText(finding.effect));
  std::string name;
  for (const std::string& part : finding.object) name += (name.empty() ? "" : ".") + part;
  if (!name.empty() && name != finding.what) text += ", in " + name;
  return text + std::string(where);
}

Verdict VerdictOf(const EffectFinding& finding, const StatementPolicy& policy) {
  if (policy.allowed.Has(finding.effect)) return Verdict::kAllow;
  return policy.needs_person.Has(finding.effect) ? Verdict::kAskPerson : Verdict::kRefuse;
}

}  // namespace

StatementPolicy SourcePolicy() {
  StatementPolicy policy;
  policy.allowed = {Effect::kReads, Effect::kSession};
  return policy;
}

StatementPolicy TargetPolicy(std::vector<std::string> schemas) {
  StatementPolicy policy;
  policy.allowed = {Effect::kReads, Effect::kSession, Effect::kHolds, Effect::kWritesRows,
                    Effect::kDefines};
  policy.needs_person = {Effect::kDrops, Effect::kCallsRoutine};
  policy.writable_schemas = std::move(schemas);
  return policy;
}

Ruling Judge(const std::vector<EffectFinding>& findings, const StatementPolicy& policy) {
  Ruling ruling;
  for (const EffectFinding& finding : findings) {
    Verdict verdict = VerdictOf(finding, policy);
    std::string_view where;
    if (kOfObjects.Has(finding.effect) && verdict != Verdict::kRefuse &&
        !IsWritable(finding.object, policy)) {
      verdict = Verdict::kRefuse;
      where = ", which is not in a schema that may be written";
    }
    if (verdict == Verdict::kAllow) continue;
    ruling.reasons.push_back({finding, verdict, TextOf(finding, where)});
    ruling.verdict = std::max(ruling.verdict, verdict);
  }
  return ruling;
}

}  // namespace datamigrate::tsql
