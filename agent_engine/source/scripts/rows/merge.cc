// MERGE of StatementRunner.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/definition_reader.h"
#include "agent_engine/source/scripts/rows/statement_runner.h"

namespace datamigrate::source {

using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

namespace {

enum class Match { kMatched, kNotMatched, kNotMatchedBySource };

Match MatchOf(Node when) {
  const std::string words = WordsOf(when, Role::kMatched);
  if (words.find("source") != std::string::npos) return Match::kNotMatchedBySource;
  return words.starts_with("not") ? Match::kNotMatched : Match::kMatched;
}

}  // namespace

// "MERGE (Transact-SQL)": per row the first branch whose condition holds; a target row that two
// source rows match is an error where it would be changed twice.
absl::Status StatementRunner::Merge(Node statement) {
  if (statement.Has(Role::kTop))
    return absl::UnimplementedError("MERGE TOP is not run while scripts are read");
  const Node target = statement.Child(Role::kTarget);
  const auto number = TargetTable(target);
  if (!number.ok()) return number.status();
  const auto whens = statement.Children(Role::kWhenClause);
  const auto branch = [&](Match match, const Scope& scope) -> absl::StatusOr<Node> {
    for (Node when : whens) {
      if (MatchOf(when) != match) continue;
      const auto holds = evaluator_->Test(when.Child(Role::kCondition), &scope);
      if (!holds.ok()) return holds.status();
      if (holds->value_or(false)) return when.Child(Role::kAction);
    }
    return Node();
  };

  const Node with = statement.Child(Role::kWith);
  queries_->BeginCtes(with);
  auto source = queries_->SourceRows(statement.Child(Role::kUsing));
  queries_->EndCtes(with);
  if (!source.ok()) return source.status();
  auto table = queries_->SourceRows(target);
  if (!table.ok()) return table.status();
  const auto rows = tables_.Rows(*number);
  if (!rows.ok()) return rows.status();

  // Columns of a pair: the target's cells, then the source's; columns without a cell last.
  std::vector<ScopeColumn> columns;
  for (const bool missing : {false, true}) {
    for (const Relation* side : {&*table, &*source}) {
      for (const ScopeColumn& column : side->columns) {
        if (column.is_missing == missing) columns.push_back(column);
      }
    }
  }
  const auto pair = [&](const data::Row* left, const data::Row* right) {
    data::Row row = left == nullptr
                        ? data::Row((*rows)->empty() ? tables_.stored_columns(*number).size()
                                                     : (*rows)->front().size())
                        : *left;
    if (right != nullptr) row.insert(row.end(), right->begin(), right->end());
    row.resize(std::max(row.size(), columns.size()));
    return row;
  };

  std::vector<std::optional<data::Row>> result(((*rows)->begin()), ((*rows)->end()));
  std::vector<bool> is_matched(result.size(), false), is_changed(result.size(), false);
  const auto act = [&](Node action, size_t i, const Scope& scope) -> absl::Status {
    if (!action) return absl::OkStatus();
    if (is_changed[i]) {
      return absl::InvalidArgumentError(
          "MERGE would change one row twice: two source rows match it");
    }
    is_changed[i] = true;
    if (action.Is(NodeKind::kMergeDelete)) {
      result[i].reset();
      return absl::OkStatus();
    }
    const auto assignments = ReadAssignments(*number, action.Children(Role::kSet));
    if (!assignments.ok()) return assignments.status();
    return ApplyAssignments(*number, *assignments, scope, *result[i]);
  };

  std::vector<std::pair<Node, data::Row>> inserts;
  const Node condition = statement.Child(Role::kCondition);
  for (const data::Row& source_row : *source->rows) {
    bool has_match = false;
    for (size_t i = 0; i < (*rows)->size(); ++i) {
      if (absl::Status step = CountStep(); !step.ok()) return step;
      const data::Row both = pair(&(**rows)[i], &source_row);
      const Scope scope{&columns, &both, nullptr, nullptr};
      const auto holds = evaluator_->Test(condition, &scope);
      if (!holds.ok()) return holds.status();
      if (!holds->value_or(false)) continue;
      has_match = is_matched[i] = true;
      const auto action = branch(Match::kMatched, scope);
      if (!action.ok()) return action.status();
      if (absl::Status done = act(*action, i, scope); !done.ok()) return done;
    }
    if (has_match) continue;
    const data::Row both = pair(nullptr, &source_row);
    const Scope scope{&columns, &both, nullptr, nullptr};
    const auto action = branch(Match::kNotMatched, scope);
    if (!action.ok()) return action.status();
    if (*action) inserts.emplace_back(*action, both);
  }
  for (size_t i = 0; i < (*rows)->size(); ++i) {
    if (is_matched[i]) continue;
    const data::Row both = pair(&(**rows)[i], nullptr);
    const Scope scope{&columns, &both, nullptr, nullptr};
    const auto action = branch(Match::kNotMatchedBySource, scope);
    if (!action.ok()) return action.status();
    if (absl::Status done = act(*action, i, scope); !done.ok()) return done;
  }

  std::vector<data::Row> kept;
  for (auto& row : result) {
    if (row) kept.push_back(*std::move(row));
  }
  for (const auto& [action, both] : inserts) {
    const auto into = TargetColumns(*number, action.Child(Role::kColumns));
    if (!into.ok()) return into.status();
    const Scope scope{&columns, &both, nullptr, nullptr};
    auto given = GivenRows(action.Child(Role::kSource), &scope);
    if (!given.ok()) return given.status();
    for (GivenRow& values : *given) {
      auto row = PlaceValues(*number, *into, std::move(values));
      if (!row.ok()) return row.status();
      kept.push_back(*std::move(row));
    }
  }
  return InStore(tables_.Replace(*number, std::move(kept)));
}

}  // namespace datamigrate::source
