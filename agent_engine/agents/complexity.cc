#include "agent_engine/agents/complexity.h"

#include <algorithm>
#include <array>

namespace datamigrate::agents {
namespace {

using tsql::NodeKind;

struct Weight {
  NodeKind kind;
  int points;
  bool is_critical;
  std::string_view reason;  // Empty: too common to name.
};

constexpr auto kWeights = std::to_array<Weight>({
    {NodeKind::kJoin, 1, false, ""},
    {NodeKind::kCase, 1, false, ""},
    {NodeKind::kSetOperation, 2, false, "set operation"},
    {NodeKind::kScalarSubquery, 2, false, "sub-query"},
    {NodeKind::kDerivedTable, 2, false, "derived table"},
    {NodeKind::kExists, 2, false, "EXISTS"},
    {NodeKind::kInQuery, 2, false, "IN sub-query"},
    {NodeKind::kCommonTableExpression, 2, false, "common table expression"},
    {NodeKind::kOverClause, 2, false, "window function"},
    {NodeKind::kRollup, 3, false, "ROLLUP"},
    {NodeKind::kCube, 3, false, "CUBE"},
    {NodeKind::kGroupingSets, 3, false, "GROUPING SETS"},
    {NodeKind::kApply, 4, false, "APPLY"},
    {NodeKind::kPivot, 4, false, "PIVOT"},
    {NodeKind::kUnpivot, 4, false, "UNPIVOT"},
    {NodeKind::kForClause, 4, false, "FOR XML or JSON"},
    {NodeKind::kMethodCall, 4, false, "method call"},
    {NodeKind::kForSystemTime, 3, false, "FOR SYSTEM_TIME"},
    {NodeKind::kInsertStatement, 3, false, "INSERT"},
    {NodeKind::kUpdateStatement, 4, false, "UPDATE"},
    {NodeKind::kDeleteStatement, 3, false, "DELETE"},
    {NodeKind::kMergeStatement, 6, false, "MERGE"},
    {NodeKind::kTableVariableDeclaration, 4, false, "table variable"},
    {NodeKind::kIf, 4, false, "IF"},
    {NodeKind::kTryCatch, 2, false, "TRY ... CATCH"},
    {NodeKind::kFullTextPredicate, 8, false, "full-text search"},
    {NodeKind::kRowsetTable, 10, true, "OPENROWSET or OPENQUERY"},
    {NodeKind::kWhile, 10, true, "WHILE loop"},
    {NodeKind::kDeclareCursor, 12, true, "cursor"},
    {NodeKind::kGoto, 10, true, "GOTO"},
});

constexpr int kMediumFrom = 5;
constexpr int kComplexFrom = 15;
constexpr int kDynamicSqlPoints = 12;

void Add(ComplexityReport& report, bool& is_critical, const Weight& weight) {
  report.points += weight.points;
  is_critical = is_critical || weight.is_critical;
  if (!weight.reason.empty() &&
      std::ranges::find(report.reasons, weight.reason) == report.reasons.end()) {
    report.reasons.emplace_back(weight.reason);
  }
}

// EXEC of a text: its statement is known only when it runs.
bool IsDynamicSql(tsql::Node node) {
  return node.Is(NodeKind::kExecuteStatement) && node.Has(tsql::Role::kValue);
}

}  // namespace

std::string_view ComplexityName(Complexity complexity) {
  constexpr std::string_view kNames[] = {"simple", "medium", "complex", "critical"};
  return kNames[static_cast<size_t>(complexity)];
}

ComplexityReport ClassifyComplexity(tsql::Node node) {
  ComplexityReport report;
  if (!node) return report;
  bool is_critical = false;
  std::vector<tsql::Node> pending = {node};
  while (!pending.empty()) {
    const tsql::Node current = pending.back();
    pending.pop_back();
    const auto weight = std::ranges::find(kWeights, current.kind(), &Weight::kind);
    if (weight != kWeights.end()) Add(report, is_critical, *weight);
    if (IsDynamicSql(current)) {
      Add(report, is_critical,
          {NodeKind::kExecuteStatement, kDynamicSqlPoints, true, "dynamic SQL"});
    }
    for (tsql::Node child : current.Children()) pending.push_back(child);
  }
  std::ranges::sort(report.reasons);
  report.complexity = is_critical                     ? Complexity::kCritical
                      : report.points >= kComplexFrom ? Complexity::kComplex
                      : report.points >= kMediumFrom  ? Complexity::kMedium
                                                      : Complexity::kSimple;
  return report;
}

}  // namespace datamigrate::agents
