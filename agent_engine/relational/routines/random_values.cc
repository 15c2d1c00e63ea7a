#include "agent_engine/relational/routines/random_values.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace datamigrate::relational {
namespace {

using catalog::FoldName;

bool IsDraw(const Expr& expr) {
  static constexpr auto kDraws = std::to_array<std::string_view>(
      {"NEWID", "NEWSEQUENTIALID", "RAND", "RANDOM_FRACTION", "RANDOM_INTEGER"});
  return expr.kind == ExprKind::kCall &&
         std::ranges::find(kDraws, std::string_view(expr.text)) != kDraws.end();
}

using Columns = std::set<std::string>;  // Folded.

// Takes the items out that give columns nobody asks for. `places` are the columns that are wanted,
// by their place; operands of UNION ALL have the same ones.
void KeepItems(Query& query, const std::set<size_t>& places) {
  if (query.kind == QueryKind::kUnionAll) {
    KeepItems(*query.left, places);
    KeepItems(*query.right, places);
    return;
  }
  if (query.kind != QueryKind::kSelect || query.distinct) return;
  std::vector<SelectItem> kept;
  for (size_t i = 0; i < query.items.size(); ++i) {
    if (places.contains(i)) kept.push_back(std::move(query.items[i]));
  }
  query.items = std::move(kept);
}

// The draws that one query depends on: steps by index.
class DrawFinder {
 public:
  explicit DrawFinder(const Steps& steps) : steps_(steps) {}

  std::set<size_t> Find(const Query& query) {
    Read(query);
    while (!pending_.empty()) {
      const auto [step, columns] = *pending_.begin();
      pending_.erase(pending_.begin());
      Visit(step, columns);
    }
    return std::move(draws_);
  }

 private:
  void Visit(size_t step, const Columns& columns) {
    Columns& seen = seen_[step];
    const size_t known = seen.size();
    seen.insert(columns.begin(), columns.end());
    if (seen.size() == known && !visited_.insert(step).second) return;
    const Query& query = steps_.QueryOf(step);
    std::set<size_t> places;
    for (size_t i = 0; i < query.fields.size(); ++i) {
      if (seen.contains(FoldName(query.fields[i].name))) places.insert(i);
    }
    const QueryPtr pruned = Clone(query);
    // A step that reads itself goes on from columns that its readers may not name.
    if (!steps_.ReadBy(query).contains(step)) KeepItems(*pruned, places);
    if (HoldsRandom(*pruned)) draws_.insert(step);
    Read(*pruned);
  }

  // Every column that the query mentions may be one of any step that it reads.
  void Read(const Query& query) {
    const QueryPtr copy = Clone(query);
    Columns mentioned;
    std::vector<std::string> sources;
    ForEachPart(
        *copy,
        [&](Source& source) {
          if (source.kind == SourceKind::kNamed && source.name_parts.size() == 1)
            sources.push_back(source.name_parts[0]);
        },
        [&](Expr& expr) {
          if (expr.kind == ExprKind::kColumn) mentioned.insert(FoldName(expr.text));
        });
    for (const std::string& name : sources) {
      const auto step = steps_.Find(name);
      if (!step) continue;
      Columns& columns = pending_[*step];
      columns.insert(mentioned.begin(), mentioned.end());
    }
  }

  const Steps& steps_;
  std::map<size_t, Columns> seen_;
  std::set<size_t> visited_;
  std::map<size_t, Columns> pending_;
  std::set<size_t> draws_;
};

}  // namespace

bool HoldsRandom(const Expr& expr) {
  const ExprPtr copy = Clone(expr);
  bool found = false;
  ForEachPart(
      *copy, [](Source&) {}, [&](Expr& part) { found = found || IsDraw(part); });
  return found;
}

bool HoldsRandom(const Query& query) {
  const QueryPtr copy = Clone(query);
  bool found = false;
  ForEachPart(
      *copy, [](Source&) {}, [&](Expr& part) { found = found || IsDraw(part); });
  return found;
}

bool ShareRandom(const Steps& steps, const std::vector<const Query*>& queries) {
  std::set<size_t> drawn;
  for (const Query* query : queries) {
    for (const size_t step : DrawFinder(steps).Find(*query)) {
      if (!drawn.insert(step).second) return true;
    }
  }
  return false;
}

}  // namespace datamigrate::relational
