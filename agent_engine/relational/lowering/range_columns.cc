#include "agent_engine/relational/lowering/range_columns.h"

#include <algorithm>

namespace datamigrate::relational {

const std::vector<RangeColumn>& RangeColumns::List() const {
  static const auto* const kNone = new std::vector<RangeColumn>();
  return columns_ ? *columns_ : *kNone;
}

const RangeColumn* RangeColumns::Find(std::string_view name) const {
  const auto found = std::ranges::find_if(
      List(), [&](const RangeColumn& column) { return catalog::EqualNames(column.name, name); });
  return found == List().end() ? nullptr : &*found;
}

void RangeColumns::MakeNullable() {
  if (std::ranges::all_of(List(), [](const RangeColumn& column) { return column.type.nullable; }))
    return;
  auto columns = std::make_shared<std::vector<RangeColumn>>(List());
  for (RangeColumn& column : *columns) column.type.nullable = true;
  columns_ = std::move(columns);
}

std::shared_ptr<const RelationFacts::Relation> RelationFacts::Find(const void* relation) const {
  const absl::MutexLock lock(&mutex_);
  const auto found = relations_.find(relation);
  return found == relations_.end() ? nullptr : found->second;
}

std::shared_ptr<const RelationFacts::Relation> RelationFacts::Remember(const void* relation,
                                                                       Relation facts) {
  auto remembered = std::make_shared<const Relation>(std::move(facts));
  const absl::MutexLock lock(&mutex_);
  return relations_.emplace(relation, std::move(remembered)).first->second;
}

}  // namespace datamigrate::relational
