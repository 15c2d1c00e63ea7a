#include "agent_engine/dialects/table_index.h"

#include <algorithm>
#include <memory>

namespace datamigrate::dialects {
namespace {

// Of rows of one name.
const FunctionRule* Best(const std::vector<const FunctionRule*>& rules, size_t arity,
                         TypeClass first) {
  const FunctionRule* best = nullptr;
  for (const FunctionRule* rule : rules) {
    if (rule->arity >= 0 && static_cast<size_t>(rule->arity) != arity) continue;
    if (rule->first == first && first != TypeClass::kAny) return rule;
    if (rule->first == TypeClass::kAny && best == nullptr) best = rule;
  }
  return best;
}

}  // namespace

const TableIndex& TableIndex::Of(const Dialect& dialect) {
  static const auto* const kIndexes = [] {
    auto* indexes = new std::vector<std::unique_ptr<const TableIndex>>();
    for (const Target target : kTargets) {
      const auto place = static_cast<size_t>(target);
      indexes->resize(std::max(indexes->size(), place + 1));
      (*indexes)[place] = std::make_unique<const TableIndex>(*FindDialect(target));
    }
    return indexes;
  }();
  return *(*kIndexes)[static_cast<size_t>(dialect.target)];
}

TableIndex::TableIndex(const Dialect& dialect)
    : dialect_(dialect),
      reserved_words_(dialect.reserved_words.begin(), dialect.reserved_words.end()) {
  for (const FunctionRule& rule : dialect.functions) own_[rule.source].push_back(&rule);
  for (const FunctionRule& rule : dialect.shared_functions) shared_[rule.source].push_back(&rule);
}

const FunctionRule* TableIndex::FindFunction(std::string_view name, size_t arity,
                                             TypeClass first) const {
  const FunctionRule* own = FindIn(own_, name, arity, first);
  return own != nullptr ? own : FindIn(shared_, name, arity, first);
}

const FunctionRule* TableIndex::FindIn(const Rules& rules, std::string_view name, size_t arity,
                                       TypeClass first) const {
  if (const auto found = rules.find(name); found != rules.end()) {
    if (const FunctionRule* rule = Best(found->second, arity, first)) return rule;
  }
  const size_t colon = name.find(':');
  if (colon == std::string_view::npos) return nullptr;
  const bool is_named = std::ranges::find(dialect_.date_parts, name.substr(colon + 1),
                                          &DatePartName::part) != dialect_.date_parts.end();
  if (!is_named) return nullptr;
  const auto found = rules.find(std::string(name.substr(0, colon)) + ":*");
  return found == rules.end() ? nullptr : Best(found->second, arity, first);
}

}  // namespace datamigrate::dialects
