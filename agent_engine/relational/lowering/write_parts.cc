#include "agent_engine/relational/lowering/write_parts.h"

#include <utility>

namespace datamigrate::relational {
namespace {

bool Contains(const Source& source, const Source* leaf) {
  if (&source == leaf) return true;
  return source.kind == SourceKind::kJoin &&
         (Contains(*source.left, leaf) || Contains(*source.right, leaf));
}

}  // namespace

void CollectLeaves(const Source& source, std::vector<const Source*>& leaves) {
  if (source.kind == SourceKind::kJoin) {
    CollectLeaves(*source.left, leaves);
    CollectLeaves(*source.right, leaves);
  } else {
    leaves.push_back(&source);
  }
}

bool TakeLeaf(SourcePtr& node, const Source* leaf, std::vector<ExprPtr>& conditions) {
  if (node.get() == leaf) {
    node = nullptr;
    return true;
  }
  if (node->join != JoinKind::kInner && node->join != JoinKind::kCross) return false;
  const bool is_left = Contains(*node->left, leaf);
  SourcePtr& side = is_left ? node->left : node->right;
  if (!TakeLeaf(side, leaf, conditions)) return false;
  if (side != nullptr) {
    if (node->condition) conditions.push_back(std::move(node->condition));
    node->condition = nullptr;
    node->join = JoinKind::kCross;
    return true;
  }
  if (node->condition) conditions.push_back(std::move(node->condition));
  SourcePtr other = std::move(is_left ? node->right : node->left);
  other->lateral = false;
  node = std::move(other);
  return true;
}

void AddItem(Query& query, ExprPtr expr, std::string name) {
  query.fields.push_back({name, expr->type});
  query.items.push_back({std::move(expr), std::move(name)});
}

SourcePtr Derived(QueryPtr query, std::string alias) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->query = std::move(query);
  source->alias = std::move(alias);
  return source;
}

std::vector<CommonTable> CloneTables(const std::vector<CommonTable>& tables) {
  std::vector<CommonTable> copies;
  for (const CommonTable& table : tables)
    copies.push_back({table.name, table.column_names, Clone(*table.query)});
  return copies;
}

ExprPtr And(ExprPtr left, ExprPtr right) {
  if (!left) return right;
  if (!right) return left;
  return MakeLogical(ExprKind::kAnd, std::move(left), std::move(right));
}

}  // namespace datamigrate::relational
