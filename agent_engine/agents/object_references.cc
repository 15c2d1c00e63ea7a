#include "agent_engine/agents/object_references.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"

namespace datamigrate::agents {
namespace {

using tsql::NodeKind;
using tsql::Role;

// The last two parts of a name; the schema may be empty.
catalog::ObjectName LastTwoParts(tsql::Node name) {
  const std::vector<std::string> parts = tsql::NameParts(name);
  if (parts.empty()) return {};
  return {parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back()};
}

std::optional<catalog::ObjectName> Resolve(const catalog::CatalogIndex& catalog,
                                           const catalog::ObjectName& written) {
  if (const auto* view = catalog.FindView(written.schema, written.name)) return view->name;
  if (const auto* table = catalog.FindTable(written.schema, written.name)) return table->name;
  if (const auto* routine = catalog.FindRoutine(written.schema, written.name)) return routine->name;
  return std::nullopt;
}

bool NamesAnObject(tsql::Node node) {
  return node.Is(NodeKind::kTableReference) || node.Is(NodeKind::kFunctionCall) ||
         node.Is(NodeKind::kExecuteStatement);
}

// Follows the first dependency that has no length yet; `state` marks those under way, which closes
// a cycle.
class OrderFinder {
 public:
  explicit OrderFinder(const std::vector<std::vector<size_t>>& reads)
      : reads_(reads), lengths_(reads.size(), kUnknown) {}

  std::vector<int> Run() {
    for (size_t i = 0; i < reads_.size(); ++i) Visit(i);
    return std::move(lengths_);
  }

 private:
  static constexpr int kUnknown = -1;
  static constexpr int kUnderWay = -2;

  // Depth-first with a stack of its own: a chain of views may be long.
  void Visit(size_t start) {
    if (lengths_[start] != kUnknown) return;
    std::vector<std::pair<size_t, size_t>> path = {{start, 0}};
    lengths_[start] = kUnderWay;
    while (!path.empty()) {
      auto& [object, next] = path.back();
      if (next < reads_[object].size()) {
        const size_t read = reads_[object][next++];
        if (lengths_[read] == kUnknown) {
          lengths_[read] = kUnderWay;
          path.emplace_back(read, 0);
        }
        continue;
      }
      lengths_[object] = LongestBelow(object);
      path.pop_back();
    }
  }

  int LongestBelow(size_t object) const {
    int longest = 0;
    for (size_t read : reads_[object]) {
      if (lengths_[read] >= 0) longest = std::max(longest, lengths_[read] + 1);
    }
    return longest;
  }

  const std::vector<std::vector<size_t>>& reads_;
  std::vector<int> lengths_;
};

}  // namespace

std::vector<catalog::ObjectName> ReferencedObjects(tsql::Node node,
                                                   const catalog::CatalogIndex& catalog) {
  std::vector<catalog::ObjectName> found;
  if (!node) return found;
  absl::flat_hash_set<std::string> seen;
  std::vector<tsql::Node> pending = {node};
  while (!pending.empty()) {
    const tsql::Node current = pending.back();
    pending.pop_back();
    if (NamesAnObject(current) && current.Has(Role::kName)) {
      const auto object = Resolve(catalog, LastTwoParts(current.Child(Role::kName)));
      if (object && seen.insert(object->ToString()).second) found.push_back(*object);
    }
    std::vector<tsql::Node> children = current.Children();
    std::ranges::reverse(children);
    pending.insert(pending.end(), children.begin(), children.end());
  }
  return found;
}

std::vector<int> DependencyOrder(const std::vector<std::vector<size_t>>& reads) {
  return OrderFinder(reads).Run();
}

}  // namespace datamigrate::agents
